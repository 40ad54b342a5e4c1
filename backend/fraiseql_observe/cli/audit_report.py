"""`fraiseql-observe audit report`: the compliance report of a period, as a page, a PDF or its data."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fraiseql_observe.cli.audit_access import noted
from fraiseql_observe.cli.options import audit_database, audit_settings, database_option, whoami
from fraiseql_observe.errors import ObserveError

if TYPE_CHECKING:
    from fraiseql_observe.report.material import Material

MOST_ROWS = 999  # the questions give 1000 at most, and one tells whether there are more


@click.command()
@click.option(
    "--from",
    "start",
    metavar="TIME",
    default="now-30d",
    show_default=True,
    help="Begin of the period: RFC 3339, such as 2026-10-01T00:00:00Z, or now-30d.",
)
@click.option("--to", "end", metavar="TIME", default="now", show_default=True, help="Its end, written likewise.")
@click.option("--tenant", "tenants", metavar="TENANT", multiple=True, help="Only rows of this tenant; may be repeated.")
@database_option
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the page (or, with --json, the data) here. Default: standard output.",
)
@click.option(
    "--pdf",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Print the page into this file too, through the Chromium on PATH.",
)
@click.option("--json", "as_json", is_flag=True, help="Write the data behind the report in place of the page.")
@click.option(
    "--rows",
    type=click.IntRange(1, MOST_ROWS),
    default=50,
    show_default=True,
    help="Most rows of each list; the report says where there are more.",
)
@click.option(
    "--chain-database",
    "chain_url",
    metavar="URL",
    help="The same database for a user who may verify hash chains. Default: `audit.chain_url` of the settings, else "
    "that of --database.",
)
@click.option(
    "--chain/--no-chain", default=True, show_default=True, help="Verify hash chains: reads every row of them."
)
@click.option("--by", "made_by", metavar="NAME", help="Who makes the report. Default: the user of this machine.")
def report(*, output: Path | None, pdf: Path | None, as_json: bool, made_by: str | None, **asked: Any) -> None:
    """Make a compliance report of a period, for auditors.

    It is one HTML page that needs nothing else, laid out for screens and for A4 paper. Every number in it is the answer
    to a question of the catalogue, asked as the role that may only read; the page says how each is made, what it leaves
    out, and the sha256 of its data, by which two reports can be compared.

    Exit code 1 when a question could not be answered; the report is written all the same and says which.
    """
    from fraiseql_observe.report import page, pdf_file  # noqa: PLC0415  only this command pays for it

    program = pdf_file.browser() if pdf else ""  # before the database works for nothing
    material = _gathered(made_by=made_by or whoami(), **asked)
    html = "" if as_json and not pdf else page.render(material)
    if output or as_json or not pdf:
        _write(_json(material) if as_json else html, output)
    if pdf:
        pdf_file.print_page(html, pdf, program=program)
    if not material.whole:
        click.echo("Some questions could not be answered; the report says which.", err=True)
        click.get_current_context().exit(ObserveError.exit_code)


def _gathered(*, url: str | None, chain_url: str | None, chain: bool, made_by: str, **wanted: Any) -> Material:
    from fraiseql_observe.report.gather import Chained, Wanted, gather  # noqa: PLC0415

    settings = None if url else audit_settings()
    database = audit_database(url)
    chained = Chained(chain_url or database if chain else "")
    if chain and settings is not None and settings.chain_url and not chain_url:
        keys = tuple(settings.chain_keys.reveal().split())
        chained = Chained(settings.chain_url.reveal(), keys, settings.chain_longest_transaction)
    period = {"from": [wanted["start"]], "to": [wanted["end"]]}
    with noted("report", period, wanted["tenants"]) as rows:
        material = asyncio.run(gather(database, Wanted(**wanted), chained, datetime.now(UTC), made_by))
        rows[0] = sum(len(one.rows) for one in material.answers.values())
    return material


def _json(material: Material) -> str:
    return json.dumps(material.as_json(), indent=2, ensure_ascii=False) + "\n"


def _write(text: str, output: Path | None) -> None:
    content = text.encode("utf-8", "replace")
    if output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise ObserveError(
            f"The report cannot be written to {output}: {error.strerror}.", hint="name another file"
        ) from None
