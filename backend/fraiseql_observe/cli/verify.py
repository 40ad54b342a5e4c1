"""`fraiseql-observe verify`: does every panel show data?"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fraiseql_observe.errors import VerifyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fraiseql_observe.verify import Report

POLL_SECONDS = 2.0
ENV = "FRAISEQL_OBSERVE_"


@click.command()
@click.option(
    "--dashboards",
    "paths",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="DIR|FILE",
    help="Dashboards to verify; may be repeated. Default: those in provisioning/ here, else the packaged ones.",
)
@click.option("--prometheus", envvar=f"{ENV}PROMETHEUS_URL", show_envvar=True, metavar="URL", help="Your Prometheus.")
@click.option(
    "--postgres",
    envvar=f"{ENV}POSTGRES_URL",
    show_envvar=True,
    metavar="URL",
    help="Your audit database. The password is best in PGPASSWORD or ~/.pgpass.",
)
@click.option(
    "--audit",
    envvar=f"{ENV}URL",
    show_envvar=True,
    metavar="URL",
    help="Your alert backend, for dashboards that ask its audit proxy through Infinity.",
)
@click.option(
    "--audit-token",
    envvar=f"{ENV}TOKEN",
    show_envvar=True,
    metavar="TOKEN",
    help="Token with the scope audit:read; @FILE reads it from a file.",
)
@click.option(
    "--prometheus-token",
    envvar=f"{ENV}PROMETHEUS_TOKEN",
    show_envvar=True,
    metavar="TOKEN",
    help="Bearer token for Prometheus; @FILE reads it from a file.",
)
@click.option(
    "--prometheus-user",
    envvar=f"{ENV}PROMETHEUS_USER",
    show_envvar=True,
    metavar="NAME:PASSWORD",
    help="Basic authentication for Prometheus; @FILE reads it from a file.",
)
@click.option(
    "--range",
    "range_",
    metavar="FROM[..TO]",
    help="Range for all dashboards, such as now-15m or now-1d/d..now/d. Default: each dashboard's own.",
)
@click.option("--dashboard", multiple=True, metavar="NAME", help="Only dashboards of this title or uid; * and ? work.")
@click.option("--panel", multiple=True, metavar="TITLE", help="Only panels of this title; * and ? work.")
@click.option(
    "--var", "variables", multiple=True, metavar="NAME=VALUE", help="Value of a variable; repeat it for several values."
)
@click.option(
    "--ignore",
    multiple=True,
    metavar="DASHBOARD/PANEL",
    help="A panel that may lack data here; * and ? work. It is still reported, as ignored.",
)
@click.option(
    "--scrape-interval",
    default="15s",
    show_default=True,
    metavar="INTERVAL",
    help="Scrape interval set in Grafana's Prometheus data source; $__rate_interval derives from it.",
)
@click.option(
    "--wait",
    default=0.0,
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Ask again and again until nothing is missing or the time is over.",
)
@click.option(
    "--timeout",
    default=10.0,
    show_default=True,
    type=click.FloatRange(min=0.1),
    metavar="SECONDS",
    help="Longest time for one query.",
)
@click.option(
    "--concurrency",
    default=4,
    show_default=True,
    type=click.IntRange(1, 32),
    metavar="N",
    help="How many queries to ask at once.",
)
@click.option(
    "--json",
    "json_file",
    is_flag=False,
    flag_value="-",
    metavar="[FILE]",
    help="Write the report as JSON to FILE; without FILE to stdout, and then no table.",
)
def command(  # noqa: PLR0913  one argument an option
    *,
    paths: tuple[Path, ...],
    prometheus: str | None,
    postgres: str | None,
    audit: str | None,
    audit_token: str | None,
    prometheus_token: str | None,
    prometheus_user: str | None,
    range_: str | None,
    dashboard: tuple[str, ...],
    panel: tuple[str, ...],
    variables: tuple[str, ...],
    ignore: tuple[str, ...],
    scrape_interval: str,
    wait: float,
    timeout: float,
    concurrency: int,
    json_file: str | None,
) -> None:
    """Run every panel's query against your servers and say which show data.

    Only reads. Exits with 0 when nothing is missing, with 1 when something is or a server does not answer.
    """
    from fraiseql_observe.verify import (  # noqa: PLC0415  only this command pays for it
        Audit,
        Options,
        auth_from,
        default_dashboards,
        load_dashboards,
        verify,
    )

    if not (prometheus or postgres or audit):
        raise click.UsageError("Name a server: --prometheus URL, --postgres URL or --audit URL.")
    options = Options(
        range=_range(range_),
        variables=_variables(variables),
        dashboards=dashboard,
        panels=panel,
        ignore=ignore,
        scrape_interval=scrape_interval,
        timeout=timeout,
        concurrency=concurrency,
    )
    user, _, password = _secret(prometheus_user).partition(":")
    auth = auth_from(_secret(prometheus_token), user, password)
    proxy = Audit(audit, token=_secret(audit_token), timeout=timeout) if audit else None
    documents = load_dashboards(paths) if paths else default_dashboards()
    report = until_fed(
        lambda: verify(documents, prometheus, postgres, now=datetime.now(UTC), auth=auth, options=options, audit=proxy),
        wait,
    )
    _write(report, json_file)
    if not report.ok:
        click.get_current_context().exit(1)


def until_fed(attempt: Callable[[], Report], seconds: float) -> Report:
    """The first report in which nothing is missing, or the last before the time is over.

    Raises:
        VerifyError: that of the last attempt, when a server did not answer.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            report = attempt()
        except VerifyError as error:
            if time.monotonic() + POLL_SECONDS > deadline:
                raise
            click.echo(f"waiting: {error.message}", err=True)
        else:
            if report.ok or time.monotonic() + POLL_SECONDS > deadline:
                return report
            click.echo(f"waiting: {len(report.missing)} of {report.queries} queries without data", err=True)
        time.sleep(POLL_SECONDS)


def _write(report: Report, json_file: str | None) -> None:
    from fraiseql_observe.verify.terminal import show, verdict  # noqa: PLC0415

    text = json.dumps(report.as_json(), indent=2, ensure_ascii=False)
    if json_file == "-":
        click.echo(text)
        click.echo(verdict(report), err=True)
        return
    if json_file:
        _save(Path(json_file), text + "\n")
    show(report, sys.stdout)


def _save(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise VerifyError(
            f"The report cannot be written to {path}: {error.strerror}.", hint="name another file"
        ) from None


def _range(text: str | None) -> tuple[str, str] | None:
    if not text:
        return None
    start, _, end = text.partition("..")
    return start.strip(), end.strip() or "now"


def _variables(pairs: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    chosen: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise click.UsageError(f"`--var {pair}` is not NAME=VALUE.")
        chosen[name] += (value,)
    return dict(chosen)


def _secret(text: str | None) -> str:
    """A secret given outright or, as `@FILE`, in a file."""
    if not text or not text.startswith("@"):
        return text or ""
    try:
        return Path(text[1:]).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise VerifyError(
            f"The secret in {text[1:]} cannot be read: {error.strerror}.", hint="name a readable file"
        ) from None
