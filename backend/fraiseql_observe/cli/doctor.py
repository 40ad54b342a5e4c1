"""`fraiseql-observe doctor`: is everything set up right, and what is to be done where it is not?"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from fraiseql_observe.cli.options import json_option, settings_file
from fraiseql_observe.errors import ObserveError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fraiseql_observe.doctor.finding import Finding

ENV = "FRAISEQL_OBSERVE_"
MARKS = {"ok": ("ok", "green"), "note": ("note", "yellow"), "wrong": ("WRONG", "red"), "skipped": ("-", "white")}


@click.command()
@settings_file()
@click.option(
    "--database",
    metavar="URL",
    envvar="DATABASE_URL",
    show_envvar=True,
    default="",
    help="The audit database for a user who sees its whole set-up, such as its owner. `audit.url` of the settings is "
    "looked at too.",
)
@click.option(
    "--prometheus",
    metavar="URL",
    envvar=f"{ENV}PROMETHEUS_URL",
    show_envvar=True,
    default="",
    help="Your Prometheus. Default: `prometheus.url` of the settings.",
)
@click.option("--metrics", metavar="URL", default="", help="The application's /metrics, asked directly.")
@click.option("--grafana", metavar="URL", default="", help="Your Grafana, with its path prefix.")
@click.option(
    "--timeout",
    "seconds",
    type=click.FloatRange(0.1, 120),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="How long one question may take; a subject has three times as long for all of its.",
)
@click.option("--quiet", is_flag=True, help="Leave out what is right, and what was not looked at.")
@json_option
def command(*, path: Path | None, seconds: float, quiet: bool, as_json: bool, **urls: str) -> None:
    """Look at everything that can be set up wrong, and say what to do; changes nothing, sends nothing.

    It looks at the settings, the store, the running backend, the destinations, Alertmanager and Prometheus, the rules,
    the application's metrics, the audit database, Grafana, and the clocks of the machines they run on. Exit code 1 when
    something is wrong.
    """
    from fraiseql_observe.doctor import settings  # noqa: PLC0415  only this command pays for it
    from fraiseql_observe.doctor.asked import Asked  # noqa: PLC0415
    from fraiseql_observe.doctor.checkup import check_up  # noqa: PLC0415
    from fraiseql_observe.doctor.finding import Level, sound  # noqa: PLC0415

    read, first = settings.read(path, os.environ)
    found = check_up(Asked(read, lambda: datetime.now(UTC), **urls, seconds=seconds), first)
    shown = [one for one in found if not quiet or one.level in (Level.WRONG, Level.NOTE)]
    if as_json:
        document = {"ok": sound(found), "findings": [one.as_json() for one in shown]}
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        _show(shown, len([one for one in found if one.level is Level.WRONG]))
    if not sound(found):
        click.get_current_context().exit(ObserveError.exit_code)


def _show(findings: Sequence[Finding], wrong: int) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, expand=True)
    table.add_column("", width=max(len(mark) for mark, _ in MARKS.values()))
    for title, share in (("Subject", 3), ("What was found", 4), ("What to do", 4)):
        table.add_column(title, overflow="fold", ratio=share)
    for one in findings:
        mark, colour = MARKS[one.level.value]
        table.add_row(Text(mark, colour), *(Text(_clean(text)) for text in (one.subject, one.found, one.advice)))
    Console().print(table)
    things = "1 thing is" if wrong == 1 else f"{wrong} things are"
    click.echo(f"{things} wrong." if wrong else "Nothing is wrong.", err=True)


def _clean(text: str) -> str:
    """Without what steers a terminal: servers' own words are among it."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
