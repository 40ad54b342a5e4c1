"""`fraiseql-observe setup`: prepare a database for monitoring."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fraiseql_observe.cli.durations import DURATION
from fraiseql_observe.errors import AuditError, ObserveError

if TYPE_CHECKING:
    from fraiseql_observe.audit.check import Finding
    from fraiseql_observe.audit.ddl import Wishes
    from fraiseql_observe.audit.setup import Applied

PASSWORD_VARIABLE = "FRAISEQL_OBSERVE_READER_PASSWORD"  # noqa: S105  the name of a variable, not a secret


@click.group(name="setup", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Prepare a database or a server for monitoring."""


@command.command(short_help="Create what the audit dashboards read.")
@click.option("--database", "url", metavar="URL", envvar="DATABASE_URL", show_envvar=True, help="postgresql://…")
@click.option("--print", "print_only", is_flag=True, help="Show the SQL and change nothing.")
@click.option("--check", is_flag=True, help="Say whether the set-up is complete and the reader sees rows.")
@click.option(
    "--reader-password-file",
    type=click.Path(path_type=Path),
    help=f"Let the reader log in with the password in this file (or in {PASSWORD_VARIABLE}).",
)
@click.option("--app-role", metavar="ROLE", default="", help="Let this role write, if it does not own the database.")
@click.option("--maintainer-role", metavar="ROLE", default="", help="Let this role run `audit maintain`.")
@click.option(
    "--partition-by", type=click.Choice(["day", "week", "month"]), help="Length of new partitions; a day at first."
)
@click.option("--retention", type=DURATION, help="Drop rows that are older, such as 90d; 0 (at first) keeps them.")
@click.option("--rollup-retention", type=DURATION, help="The same for roll-ups; at least as long.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable result on stdout.")
@click.pass_context
def audit(
    ctx: click.Context,
    /,
    *,
    url: str | None,
    print_only: bool,
    check: bool,
    reader_password_file: Path | None,
    as_json: bool,
    **wanted: Any,
) -> None:
    """Create what the audit dashboards read: tables, views over FraiseQL's audit logs, a reader and a writer role.

    Run it again whenever the application gains an audit log of FraiseQL's own, and after an update of this program:
    what is there already stays, and a log of an older version is brought up to date while it is written.
    """
    from fraiseql_observe.audit import check as checks  # noqa: PLC0415  a command pays only for itself
    from fraiseql_observe.audit import setup  # noqa: PLC0415

    if print_only and check:
        raise click.UsageError("--print and --check exclude each other.")
    if print_only and as_json:
        raise click.UsageError("--print writes SQL: it and --json exclude each other.")
    if print_only:
        click.echo(setup.script(url or "", _wishes(**wanted)), nl=False)
        return
    if not url:
        raise click.UsageError("Missing option '--database': give the application's database, postgresql://…")
    if check:
        findings = checks.check(url)
        _show_findings(findings, as_json=as_json)
        ctx.exit(0 if all(finding.ok for finding in findings) else ObserveError.exit_code)
    password = _password(reader_password_file)
    _show_applied(setup.apply(url, reader_password=password, wishes=_wishes(**wanted)), as_json=as_json)


def _wishes(*, app_role: str, maintainer_role: str, **keeping: Any) -> Wishes:
    from fraiseql_observe.audit.ddl import Wishes  # noqa: PLC0415
    from fraiseql_observe.audit.keeping import Keeping  # noqa: PLC0415

    return Wishes(app_role, maintainer_role, Keeping(**keeping))


def _password(file: Path | None) -> str:
    """From the file or the environment, never from the command line, where every user of the machine sees it."""
    import os  # noqa: PLC0415

    if file is None:
        return os.environ.get(PASSWORD_VARIABLE, "")
    try:
        password = file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise AuditError(
            f"The password file {file} cannot be read: {reason}.", hint="check its path and rights"
        ) from None
    if not password or "\n" in password:
        raise AuditError(f"The password file {file} must hold one line.", hint="openssl rand -base64 24 > FILE")
    return password


def _show_applied(applied: Applied, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(applied.as_json()))
        return
    done = "is up to date" if applied.previous_version == applied.version else "is set up"
    click.echo(f"The audit schema in {applied.database} {done} (version {applied.version}).")
    click.echo("  reads also: " + (", ".join(applied.sources) or "no audit log of FraiseQL's own was found"))
    if applied.previous_version < applied.version:
        click.echo("  keep it: fraiseql-observe audit maintain --every 10s, or audit.maintenance_url of the service")
    if not applied.statement_stats:
        click.echo("  pg_stat_statements is not available: the panel of slow statements stays empty")
    if not applied.reader_login:
        click.echo("  the reader cannot log in yet: give --reader-password-file")


def _show_findings(findings: list[Finding], *, as_json: bool) -> None:
    if as_json:
        document: dict[str, Any] = {
            "ok": all(finding.ok for finding in findings),
            "checks": [finding.as_json() for finding in findings],
        }
        click.echo(json.dumps(document))
        return
    for finding in findings:
        mark = click.style("ok  ", fg="green") if finding.ok else click.style("FAIL", fg="red")
        click.echo(f"{mark}  {finding.subject}: {finding.detail}")
        if not finding.ok:
            click.echo(f"      try: {finding.hint}")
