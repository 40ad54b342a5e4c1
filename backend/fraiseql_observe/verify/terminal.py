"""Show a report to a person: a table with one line a query, then the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fraiseql_observe.verify.report import Report, Result, Status

if TYPE_CHECKING:
    from typing import TextIO

PIPE_WIDTH = 180  # nobody can scroll sideways in a pipe, but nobody wants titles cut there either
MARKS = {Status.DATA: ("ok", "green"), Status.MISSING: ("missing", "bold red"), Status.IGNORED: ("ignored", "yellow")}
UNITS = {"prometheus": "series", "postgres": "rows", "rules": "rules"}


def show(report: Report, file: TextIO) -> None:
    """Print the table and the verdict."""
    console = Console(file=file, width=None if file.isatty() else PIPE_WIDTH, highlight=False)
    console.print(table(report))
    for result in report.results:
        for warning in result.warnings:
            console.print(Text(f"warning: {result.dashboard} / {result.panel} / {result.query}: {warning}", "yellow"))
    console.print(Text(verdict(report), "bold green" if report.ok else "bold red"))


def table(report: Report) -> Table:
    """One line for each query; a dashboard and a panel are named once."""
    lines = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("dashboard", "panel", "query"):
        lines.add_column(heading, overflow="fold")
    lines.add_column("found", justify="right", no_wrap=True)
    lines.add_column("newest value, or why there is none", overflow="fold", ratio=1)
    lines.add_column("took", justify="right", no_wrap=True)
    lines.add_column("", no_wrap=True)
    before: Result | None = None
    for result in report.results:
        lines.add_row(*_cells(result, before))
        before = result
    return lines


def _cells(result: Result, before: Result | None) -> list[Text]:
    same_dashboard = before is not None and before.document == result.document
    same_panel = before is not None and before.panel_key == result.panel_key
    mark, style = MARKS.get(result.status, ("skipped", "dim"))
    return [
        Text("" if same_dashboard else result.dashboard, "bold"),
        Text("" if same_panel else result.panel),
        Text(result.query + (" (hidden)" if result.hidden else "")),
        Text(f"{result.count} {UNITS.get(result.kind, '')}".strip() if result.count else ""),
        Text(result.why or result.newest, "" if not result.why else style),
        Text(f"{result.seconds * 1000:.0f} ms"),
        Text(mark, style),
    ]


def verdict(report: Report) -> str:
    """One sentence."""
    counts = (
        f"{report.panels_with_data} of {report.panels} panels and {report.queries_with_data} of {report.queries} "
        f"queries in {report.dashboards} dashboards show data"
    )
    if report.ignored:
        counts += f"; {len(report.ignored)} queries without data ignored as asked"
    return counts + ("." if report.ok else f"; {len(report.missing)} missing.")
