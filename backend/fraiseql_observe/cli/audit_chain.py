"""`fraiseql-observe audit verify-chain` and what belongs to it: breaks, and who has looked into them."""

from __future__ import annotations

import getpass
import json
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import click

from fraiseql_observe.cli.durations import DURATION
from fraiseql_observe.cli.options import json_option, settings_file
from fraiseql_observe.cli.store import exists, on_store, store_option, store_url, visited
from fraiseql_observe.errors import ConfigError, ObserveError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import timedelta

    from fraiseql_observe.audit.chain.verify import Rules
    from fraiseql_observe.config.settings import Settings
    from fraiseql_observe.store.engine import Engine, Transaction
    from fraiseql_observe.web.chain_report import Told

BROKEN = 3  # exit code
EXAMPLE = "sqlite:///chain.db"
STORE = "Where the last verified hashes and the breaks are kept, outside of the audit database. Default: `store.url`."


class Time(click.ParamType["datetime"]):
    """RFC 3339, or now-6h."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        from fraiseql_observe.audit.values import moment  # noqa: PLC0415  only who gives one pays for it

        try:
            return moment(value, datetime.now(UTC))
        except ValueError as error:
            self.fail(f"{value!r} {error}", param, ctx)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command was asked."""

    url: str
    source: str
    start: datetime | None
    end: datetime | None
    tenants: tuple[str, ...]
    again: bool

    @property
    def narrowed(self) -> bool:
        return bool(self.start or self.end or self.tenants)


@click.command("verify-chain", short_help="See whether FraiseQL's own log was tampered with.")
@click.option(
    "--database",
    "url",
    metavar="URL",
    envvar="DATABASE_URL",
    show_envvar=True,
    help="The database with FraiseQL's audit log, postgresql://…, as its owner or as a member of "
    "fraiseql_observe_verifier. Default: `audit.chain_url` of the settings, else `audit.url`.",
)
@click.option("--source", default="", metavar="SCHEMA.TABLE", help="Only this log. Default: every one with a chain.")
@click.option("--from", "start", type=Time(), metavar="TIME", help="Only rows from then on: RFC 3339, or now-6h.")
@click.option("--to", "end", type=Time(), metavar="TIME", help="Only rows before then, written likewise.")
@click.option("--tenant", "tenants", metavar="TENANT", multiple=True, help="Only this tenant; may be repeated.")
@click.option(
    "--keys",
    "keys_file",
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The signing keys, also former ones, one a line: signatures are checked too. Default: `audit.chain_keys`.",
)
@click.option(
    "--longest-transaction",
    type=DURATION,
    metavar="DURATION",
    help="No transaction that writes to the log lasts longer. Default: `audit.chain_longest_transaction`, 10m.",
)
@click.option("--again", is_flag=True, help="Read also what was verified before, and compare it with its seals.")
@click.option("--whole", is_flag=True, help="Read everything; ask for no checkpoint and keep none.")
@click.option("--store", "kept_in", metavar="URL", help=STORE)
@settings_file()
@json_option
@click.pass_context
def verify_chain(  # noqa: PLR0913  one argument an option
    ctx: click.Context,
    /,
    *,
    url: str | None,
    keys_file: Path | None,
    longest_transaction: timedelta | None,
    path: Path | None,
    kept_in: str | None,
    whole: bool,
    as_json: bool,
    **narrowing: Any,
) -> None:
    """Say whether somebody has tampered with FraiseQL's own audit log.

    FraiseQL's table audit_events can chain its rows: each holds a hash of what it says and of the row before it. This
    command reads the log, computes every hash anew, and names each row that is changed, removed, put in, moved, forked
    off or badly signed. What FraiseQL itself does to its chains is said as a note, not as a break.

    How far it came is kept in the backend's store, so the next time only new rows are read. --from, --to and --tenant
    look at a part, and keep nothing.

    Exit code 0: verified. 3: broken. 1: it could not be verified, or not all of it.
    """
    settings = _settings(path)
    asked = Asked(_database(url, settings), **narrowing)
    rules = _rules(settings, keys_file, longest_transaction)
    if whole or asked.narrowed:
        if asked.again or kept_in:
            raise click.UsageError(
                "--again and --store need the checkpoint; --whole, --from, --to, --tenant read without."
            )
        told = _read(asked, rules)
    else:
        told = _continued(asked, rules, settings, kept_in)
    if not told:
        what = f"There is no log {asked.source} with a hash chain" if asked.source else "No log here has a hash chain"
        raise ObserveError(f"{what}.", hint="FraiseQL's migration 002_unified_audit.sql makes one: table audit_events")
    _say(told, as_json=as_json)
    ctx.exit(BROKEN if any(one.broken for one in told) else 1 if any(one.state != "verified" for one in told) else 0)


@click.command(short_help="List the breaks of hash chains that were found.")
@click.option("--all", "everything", is_flag=True, help="Also those that somebody has accepted.")
@store_option
@settings_file()
@json_option
def breaks(*, everything: bool, url: str | None, path: Path | None, as_json: bool) -> None:
    """List the breaks of hash chains that were found, by this command or by the backend."""
    from fraiseql_observe.store import audit_chain  # noqa: PLC0415
    from fraiseql_observe.web import chain_views  # noqa: PLC0415
    from fraiseql_observe.web.chain_report import kept_lines  # noqa: PLC0415

    found = visited(store_url(path, url), lambda engine: engine.read(audit_chain.breaks))
    shown = [one for one in found if everything or one.accepted_at is None]
    if as_json:
        click.echo(json.dumps([chain_views.kept(one) for one in shown], indent=2))
        return
    for line in kept_lines(shown):
        click.echo(line)
    if not shown:
        click.echo("No break is known.", err=True)


@click.command("accept-break", short_help="Say that somebody has looked into a break.")
@click.argument("break_ids", metavar="ID...", nargs=-1, required=True)
@click.option("--comment", "-c", required=True, metavar="TEXT", help="What was found out; it is kept.")
@store_option
@settings_file()
def accept_break(*, break_ids: tuple[str, ...], comment: str, url: str | None, path: Path | None) -> None:
    """Say that somebody has looked into a break: it stays on record, and is alerted on no longer."""
    from fraiseql_observe.store import audit_chain  # noqa: PLC0415

    by, at = f"cli ({getpass.getuser()})", datetime.now(UTC)
    for one in break_ids:
        accept = partial(audit_chain.accept, id=one, by=by, comment=comment, at=at)
        visited(store_url(path, url), partial(_write, work=accept))
        click.echo(f"{one}: accepted.", err=True)


def _settings(path: Path | None) -> Settings:
    from fraiseql_observe.config.load import load  # noqa: PLC0415

    return load(path, os.environ)


def _database(url: str | None, settings: Settings) -> str:
    found = url or settings.audit.chain_url.reveal() or settings.audit.url.reveal()
    if not found:
        raise click.UsageError("Missing option '--database': give the database with the audit log, postgresql://…")
    return found


def _rules(settings: Settings, keys_file: Path | None, longest: timedelta | None) -> Rules:
    from fraiseql_observe.audit.chain.verify import Rules  # noqa: PLC0415  only this command pays for it

    try:
        text = keys_file.read_text(encoding="utf-8") if keys_file else settings.audit.chain_keys.reveal()
    except (OSError, UnicodeError):
        raise ConfigError(f"The keys in {keys_file} cannot be read.", hint="one key a line, in UTF-8") from None
    keys = tuple(key for key in text.splitlines() if key)
    return Rules(keys, settings.audit.chain_longest_transaction if longest is None else longest)


def _read(asked: Asked, rules: Rules) -> list[Told]:
    from fraiseql_observe.audit.chain.verify import verify  # noqa: PLC0415
    from fraiseql_observe.web.chain_report import Told  # noqa: PLC0415

    with _Progress() as progress:
        found = verify(
            asked.url,
            start=asked.start,
            end=asked.end,
            tenants=asked.tenants,
            source=asked.source,
            keys=rules.keys,
            longest_transaction=rules.longest_transaction,
            progress=progress,
        )
    return [Told.of(one) for one in found]


def _continued(asked: Asked, rules: Rules, settings: Settings, kept_in: str | None) -> list[Told]:
    """Go on from the checkpoint; where there is no store yet, read everything."""
    from fraiseql_observe.web import chain_report  # noqa: PLC0415

    store = kept_in or settings.store.url.reveal()
    if not kept_in and not exists(store):
        said = f"There is no store at {store}, so everything is read and no checkpoint is kept"
        click.echo(f"{said}; --store {EXAMPLE} keeps one.", err=True)
        return _read(asked, rules)
    with _Progress() as progress:
        return on_store(  # type: ignore[no-any-return]
            store,
            lambda engine: chain_report.go_on(
                engine, asked.url, rules, source=asked.source, again=asked.again, progress=progress
            ),
        )


def _write(engine: Engine, work: Callable[[Transaction], Any]) -> Awaitable[Any]:
    return engine.write(work)


def _say(told: Sequence[Told], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([one.as_json() for one in told], indent=2))
        return
    for one in told:
        for line in one.lines():
            click.echo(line)


class _Progress:
    """How far the reading has come, on one line of a terminal's stderr; elsewhere nothing."""

    def __enter__(self) -> Self:
        self._shown = sys.stderr.isatty()
        return self

    def __call__(self, source: str, rows: int, at: datetime) -> None:
        if self._shown:
            click.echo(f"\r\x1b[K{source}: {rows:,} rows, up to {at:%Y-%m-%d %H:%M}", err=True, nl=False)

    def __exit__(self, *_: object) -> None:
        if self._shown:
            click.echo("\r\x1b[K", err=True, nl=False)
