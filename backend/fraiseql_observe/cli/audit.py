"""`fraiseql-observe audit`: ask the audit log a question of the catalogue, directly in its database."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fraiseql_observe.cli.audit_access import access, noted
from fraiseql_observe.cli.audit_chain import accept_break, breaks, verify_chain
from fraiseql_observe.cli.audit_maintain import maintain
from fraiseql_observe.cli.audit_report import report
from fraiseql_observe.cli.options import audit_database, database_option
from fraiseql_observe.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fraiseql_observe.audit.answer import Answer
    from fraiseql_observe.audit.question import Question

Given = dict[str, list[str]]


def _asking(function: Callable[..., None]) -> Callable[..., None]:
    """The options of every command that asks."""
    options = (
        click.argument("name"),
        click.option(
            "--from",
            "start",
            metavar="TIME",
            default="now-24h",
            show_default=True,
            help="Begin of the range: RFC 3339, such as 2026-11-23T09:30:00Z, or now-6h.",
        ),
        click.option(
            "--to", "end", metavar="TIME", default="now", show_default=True, help="Its end, written likewise."
        ),
        click.option(
            "--param",
            "params",
            metavar="NAME=VALUE",
            multiple=True,
            help="Another parameter of the question, such as limit=5; `audit list` names them.",
        ),
        click.option(
            "--tenant", "tenants", metavar="TENANT", multiple=True, help="Only rows of this tenant; may be repeated."
        ),
        database_option,
        click.option(
            "--questions",
            "folder",
            metavar="FOLDER",
            type=click.Path(path_type=Path),
            help="Questions of your own beside the shipped ones.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


@click.group()
def command() -> None:
    """Ask the audit log, report on it, and keep it in order.

    Questions are those of the catalogue, asked as the role that may only read, whoever the URL names.
    """


command.add_command(maintain)
command.add_command(report)
command.add_command(access)
command.add_command(verify_chain)
command.add_command(breaks)
command.add_command(accept_break)


@command.command("list")
@click.option(
    "--questions",
    "folder",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Questions of your own beside the shipped ones.",
)
def list_(*, folder: Path | None) -> None:
    """List the questions: name, parameters and title."""
    from fraiseql_observe.audit.catalogue import with_own  # noqa: PLC0415  only this command pays for it

    for name, question in with_own(folder).questions.items():
        click.echo(f"{name}({', '.join(question.parameters)}): {question.title}")


@command.command(short_help="Ask a question and write the answer.")
@_asking
@click.option("--format", "wanted", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True)
def query(*, wanted: str, **asked: Any) -> None:
    """Ask question NAME of the catalogue and write the answer: a table for people, JSON or CSV for programs.

    A long range may be read from roll-ups, in whole hours or days: the question's description says so.
    """
    from fraiseql_observe.audit.direct import ask  # noqa: PLC0415

    question, given = _question(**asked)
    url, tenants = audit_database(asked["url"]), asked["tenants"]
    with noted(question.name, given, tenants) as rows:
        answer = asyncio.run(ask(url, question, given, tenants, datetime.now(UTC)))
        rows[0] = len(answer.rows)
    if wanted == "table":
        _table(answer)
    else:
        for piece in answer.json() if wanted == "json" else answer.csv():
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.write(b"\n" if wanted == "json" else b"")
        sys.stdout.buffer.flush()
    if answer.truncated:
        click.echo(f"There is more: these are the first {len(answer.rows)} rows.", err=True)


@command.command(short_help="Show how PostgreSQL would answer a question.")
@_asking
@click.option("--analyze", is_flag=True, help="Run it, and show what it took.")
def explain(*, analyze: bool, **asked: Any) -> None:
    """Show the plan by which PostgreSQL would answer question NAME."""
    from fraiseql_observe.audit.direct import explain as explained  # noqa: PLC0415

    question, given = _question(**asked)
    url = audit_database(asked["url"])
    with noted(question.name, {**given, "explain": []}, asked["tenants"]):
        lines = asyncio.run(explained(url, question, given, asked["tenants"], datetime.now(UTC), analyze=analyze))
    click.echo("\n".join(lines))


def _question(
    *, name: str, start: str, end: str, params: tuple[str, ...], folder: Path | None, **_: Any
) -> tuple[Question, Given]:
    from fraiseql_observe.audit.catalogue import with_own  # noqa: PLC0415

    questions = with_own(folder).questions
    if name not in questions:
        raise ConfigError(f"There is no question {name!r}.", hint="fraiseql-observe audit list")
    question = questions[name]
    given: Given = {"from": [start], "to": [end]} if "from" in question.parameters else {}
    for param in params:
        key, equals, value = param.partition("=")
        if not equals:
            raise click.BadParameter(f"{param!r} is not NAME=VALUE", param_hint="--param")
        given.setdefault(key, []).append(value)
    return question, given


def _table(answer: Answer) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(title=answer.question.title)
    for column in answer.question.columns:
        table.add_column(Text(column.title), justify="right" if column.type == "number" else "left")
    for row in answer.rows:
        table.add_row(*(Text("" if value is None else _clean(value)) for value in row))
    Console().print(table)


def _clean(value: object) -> str:
    """Without what steers a terminal: audit rows hold what strangers sent."""
    return "".join(character if character.isprintable() else "\ufffd" for character in str(value))
