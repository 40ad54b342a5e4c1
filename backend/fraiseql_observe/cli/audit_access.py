"""`fraiseql-observe audit access`: who asked the audit log what; and the note that the command line makes of itself."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from fraiseql_observe.cli.options import json_option, settings_file, whoami
from fraiseql_observe.cli.store import exists, on_store, store_option, store_url, visited
from fraiseql_observe.errors import AskError, ObserveError, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from fraiseql_observe.store.audit_access import Access

HEADINGS = ("AT", "WHO", "FOR", "FROM", "QUESTION", "OUTCOME", "ROWS", "MS", "PARAMETERS")
SHOWN = 80  # characters of the parameters in a table


@click.command(short_help="List who asked the audit log what.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000), help="How many at most.")
@click.option("--who", default="", metavar="NAME", help="Only of the token or user of this name.")
@click.option(
    "--outcome", type=click.Choice([str(one) for one in Outcome]), help="Only what became this, such as refused."
)
@store_option
@settings_file()
@json_option
def access(*, limit: int, who: str, outcome: str | None, url: str | None, path: Path | None, as_json: bool) -> None:
    """List who asked the audit log what, newest first: over HTTP and on this command line.

    Questions that were refused or failed are there too, and what was asked without a right to. Who only holds a login
    of the database and asks it directly is not: that is for PostgreSQL's own log.
    """
    from fraiseql_observe.store import audit_access  # noqa: PLC0415  only this command pays for it

    find = partial(audit_access.latest, limit=limit, who=who, outcome=outcome or "")
    found: list[Access] = visited(store_url(path, url), lambda engine: engine.read(find))
    if as_json:
        click.echo(json.dumps([asdict(one) | {"at": one.at.isoformat()} for one in found], indent=2))
        return
    for line in _table([HEADINGS, *(_row(one) for one in found)]) if found else ():
        click.echo(line)
    if not found:
        click.echo("Nobody has asked, as far as is known.", err=True)


@contextmanager
def noted(question: str, given: Mapping[str, Sequence[str]], tenants: Sequence[str]) -> Iterator[list[int]]:
    """Note a question of the command line in the store of the settings, if there is one; the block says its rows.

    A store that cannot be written is said on stderr, and keeps nobody from the answer.
    """
    began, rows, outcome = time.perf_counter(), [0], Outcome.FAILED
    try:
        yield rows
        outcome = Outcome.ANSWERED
    except AskError as error:
        outcome = error.outcome
        raise
    finally:
        asked = {**given, **({"tenants": list(tenants)} if tenants else {})}
        _note(question, asked, outcome, rows[0], time.perf_counter() - began)


def _note(question: str, given: Mapping[str, Sequence[str]], outcome: Outcome, rows: int, seconds: float) -> None:
    from fraiseql_observe.incident.ids import new_id  # noqa: PLC0415
    from fraiseql_observe.store import audit_access  # noqa: PLC0415

    now = datetime.now(UTC)
    entry = audit_access.Access(
        id=new_id("acc", now),
        at=now,
        who=f"cli ({whoami()})",
        token_id="",
        on_behalf_of="",
        address="",
        request_id="",
        question=question,
        parameters=audit_access.parameters(given),
        outcome=outcome,
        rows=rows,
        duration_ms=round(seconds * 1000),
    )
    try:
        store = store_url(None, None)
        if exists(store):
            on_store(store, lambda engine: engine.append(audit_access.INSERT, [audit_access.row(entry)]))
    except ObserveError as error:
        click.echo(f"This question is not in the log of who asked what: {error.message}", err=True)


def _row(one: Access) -> tuple[str, ...]:
    parameters = one.parameters if len(one.parameters) <= SHOWN else f"{one.parameters[:SHOWN]}…"
    cells = (one.who, one.on_behalf_of or "-", one.address or "-", one.question, one.outcome)
    numbers = (str(one.rows), str(one.duration_ms))
    return (f"{one.at:%Y-%m-%d %H:%M:%S}", *(_clean(cell) for cell in cells), *numbers, _clean(parameters))


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _clean(text: str) -> str:
    """Without what steers a terminal: clients choose names and parameters."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
