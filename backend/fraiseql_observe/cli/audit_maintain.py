"""`fraiseql-observe audit maintain`: keep the audit log's partitions, retention and roll-ups."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from typing import TYPE_CHECKING

import click

from fraiseql_observe.cli.durations import DURATION
from fraiseql_observe.errors import AuditError

if TYPE_CHECKING:
    from datetime import timedelta

    from fraiseql_observe.audit.maintain import Maintainer, Turn

SHORTEST = 1.0  # seconds from turn to turn
PATIENCE = 10  # turns for a lock
_FAILED = 30.0  # seconds to wait at most after a failure


@click.command(short_help="Make partitions, drop old ones, keep the roll-ups.")
@click.option(
    "--database",
    "url",
    metavar="URL",
    envvar="DATABASE_URL",
    show_envvar=True,
    help="The audit database, as its owner or a member of fraiseql_observe_maintainer. Default: "
    "`audit.maintenance_url` of the settings.",
)
@click.option("--every", type=DURATION, help="Go on for ever, with a turn so often; without, until all is done.")
@click.option(
    "--rebuild", is_flag=True, help="First empty the roll-ups, to make them anew from the rows. As the owner."
)
@click.option("--json", "as_json", is_flag=True, help="Write each turn as a line of JSON.")
def maintain(*, url: str | None, every: timedelta | None, rebuild: bool, as_json: bool) -> None:
    """Keep the audit log: make partitions, drop old ones, bring the roll-ups up to date.

    It may run in several places at once; one works, the others wait for their turn. `serve` does the same where
    `audit.maintenance_url` is set.
    """
    if every is None:
        asyncio.run(_once(_database(url), rebuild, as_json))
        return
    if every.total_seconds() < SHORTEST:
        raise click.BadParameter("is less than a second", param_hint="--every")
    if rebuild:
        raise click.UsageError("--rebuild and --every exclude each other.")
    asyncio.run(_always(_database(url), every.total_seconds(), as_json))


def _database(url: str | None) -> str:
    if url:
        return url
    from fraiseql_observe.config.load import load  # noqa: PLC0415  only who gives no URL pays for it

    configured: str = load(None, os.environ).audit.maintenance_url.reveal()
    if not configured:
        raise click.UsageError("Missing option '--database': give the audit database, postgresql://…")
    return configured


async def _once(url: str, rebuild: bool, as_json: bool) -> None:  # noqa: FBT001
    from fraiseql_observe.audit.maintain import maintaining  # noqa: PLC0415  a command pays only for itself

    async with maintaining(url) as maintainer:
        if rebuild:
            await maintainer.rebuild()
        waited = 0
        while waited < PATIENCE:
            turn = await maintainer.turn()
            _show(turn, as_json=as_json)
            if turn.busy:
                click.echo("Another maintainer is at work.", err=True)
                return
            if turn.waiting:
                waited += 1
                await asyncio.sleep(SHORTEST)
            elif not turn.more:
                await _summary(maintainer, as_json=as_json)
                return
        raise AuditError("Somebody holds a lock that a part of the work needs.", hint="try again later")


async def _always(url: str, every: float, as_json: bool) -> None:  # noqa: FBT001
    """Until SIGINT or SIGTERM; a turn that has begun ends as a whole or leaves nothing."""
    task = asyncio.ensure_future(_turns(url, every, as_json))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await asyncio.wait({task})
    if not task.cancelled():
        task.result()


async def _turns(url: str, every: float, as_json: bool) -> None:  # noqa: FBT001
    from fraiseql_observe.audit.maintain import maintaining  # noqa: PLC0415

    failures = 0
    while True:
        try:
            async with maintaining(url) as maintainer:
                while True:
                    turn = await maintainer.turn()
                    failures = 0
                    if not turn.idle:
                        _show(turn, as_json=as_json)
                    await asyncio.sleep(0 if turn.more and not turn.waiting else every)
        except AuditError as error:
            failures += 1
            click.echo(f"error: {error.message}" + (f" ({error.hint})" if error.hint else ""), err=True)
            await asyncio.sleep(min(_FAILED, 2.0**failures))


def _show(turn: Turn, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(turn.as_json()))
        return
    done = [
        f"{number:,} {what}"
        for number, what in (
            (turn.made, "partitions made"),
            (turn.rows, "rows into the roll-ups"),
            (turn.emptied, "partitions made for rows of the default one"),
            (turn.dropped, "partitions dropped"),
        )
        if number
    ]
    if done:
        click.echo(", ".join(done))


async def _summary(maintainer: Maintainer, *, as_json: bool) -> None:
    if as_json:
        return
    status = await maintainer.status()
    click.echo(
        f"The log has {status.partitions} partitions, {status.partitions_ahead} of them for times to come; "
        f"the roll-ups lack {status.behind_rows:,} rows."
    )
