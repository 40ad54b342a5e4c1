"""How long the panels' audit questions take on millions of rows, with the roll-ups and without, and what viewers cost.

    python tests/performance/audit/measure.py --millions 1 3 10 --json figures.json

For each size a database of its own with an audit log over 30 days; then every question of the panels for 15 minutes,
24 hours and 30 days, warm, over a plain connection of the reader: with the roll-ups, and in the same run with the
roll-ups marked as not covering anything, so that the same question reads rows. On the largest log also: the audit proxy
(`serve` over HTTP, its cache off) and the plain connection in turn, and what 50 viewers of one dashboard cost the
database beside what one costs, as its own counters say.

The server is started for it, with the settings in audit_log.py, and is gone afterwards; with `--url` (of a superuser,
pg_stat_statements loaded) the databases stay and are used again.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import over_http
import writing
from asking import CATALOGUE, RANGES, Direct, Range, Times, given, panel_questions, timed
from audit_log import AuditLog, audit_log, server

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

MILLION = 1_000_000
TIMES = 20
GOAL = 0.050  # seconds
DASHBOARD = "compliance_"
WRITTEN = 20_000  # rows
LONG = {label: span for label, span in RANGES.items() if label != "15m"}  # that short, rows answer anyway


def main() -> None:
    arguments = _arguments()
    panels = {name: least for name, least in panel_questions().items() if arguments.only in name}
    report: dict[str, Any] = {"sizes": {}}
    with server(arguments.url) as url:
        for millions in sorted(arguments.millions):
            log = audit_log(url, round(millions * MILLION))
            report["sizes"][f"{millions:g}"] = _measure(log, panels, arguments)
        if not arguments.no_http:
            report["proxy"] = _proxy(log, panels)
            report["viewers"] = _viewers(log, panels)
        report["writing"] = _writing(log)
    report["load"] = os.getloadavg()
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--millions", type=float, nargs="+", default=[10], help="rows of each log, such as 1 3 10 100")
    parser.add_argument("--url", default="", help="of a superuser; by default a server is started")
    parser.add_argument("--only", default="", help="questions whose name holds this")
    parser.add_argument("--times", type=int, default=TIMES)
    parser.add_argument("--no-rows", action="store_true", help="not without the roll-ups")
    parser.add_argument("--no-http", action="store_true", help="neither the proxy nor viewers")
    parser.add_argument("--json", help="write the figures to this file")
    return parser.parse_args()


def _measure(log: AuditLog, panels: Mapping[str, timedelta], arguments: argparse.Namespace) -> dict[str, Any]:
    filled = log.filled
    print(
        f"\n{filled.rows:,} rows, written in {filled.seconds:.0f} s, {filled.wal / filled.rows:.0f} bytes of WAL a row"
    )
    added, seconds = log.roll_up()
    sizes = log.sizes()
    print(f"{added:,} rows added to the roll-ups in {seconds:.0f} s")
    print(", ".join(f"{what}: {size / filled.rows:.0f} bytes a row" for what, size in sorted(sizes.items())))
    rolled_up = _answers(log, panels, RANGES, arguments.times)
    rows = None
    if not arguments.no_rows:
        with log.without_roll_ups():
            rows = _answers(log, panels, LONG, 3)
    _print(rolled_up, rows)
    return {
        "rolled_up_rows": added,
        "roll_up_seconds": seconds,
        "sizes": sizes,
        "filled": json.loads(json.dumps(asdict(filled), default=str)),
        "rolled_up": _as_json(rolled_up),
        "rows": rows and _as_json(rows),
    }


Answers = dict[str, dict[str, Times]]


def _answers(log: AuditLog, panels: Mapping[str, timedelta], spans: Mapping[str, Range], times: int) -> Answers:
    with Direct(log.reader_url) as direct:

        def answer(name: str, least: timedelta, span: Range) -> Times:
            values = given(span, log.filled.end, least)
            return timed(lambda: direct.ask(CATALOGUE[name], values), times)

        return {
            name: {label: answer(name, least, span) for label, span in spans.items()} for name, least in panels.items()
        }


def _print(rolled_up: Answers, rows: Answers | None) -> None:
    heads = "".join(f"{f'{label} p50':>10}{'p95':>8}{'rows':>10}{'ratio':>8}" for label in RANGES)
    print(f"{'ms':<34}{heads}")
    for name, by_range in rolled_up.items():
        cells = []
        for label, times in by_range.items():
            plain = rows[name][label].p50 if rows and label in LONG else float("nan")
            missed = "!" if times.p95 > GOAL else " "
            cells.append(
                f"{times.p50 * 1e3:>10.1f}{times.p95 * 1e3:>8.1f}{missed}{plain * 1e3:>9.1f}{plain / times.p50:>8.1f}"
            )
        print(f"{name:<34}{''.join(cells)}")
        sys.stdout.flush()


def _as_json(answers: Answers) -> dict[str, Any]:
    return {name: {label: times.as_json() for label, times in each.items()} for name, each in answers.items()}


def _proxy(log: AuditLog, panels: Mapping[str, timedelta]) -> dict[str, Any]:
    found = over_http.added(log, panels, TIMES)
    print(f"\n{'ms':<34}" + "".join(f"{f'{label} direct':>14}{'proxy':>8}{'more':>8}" for label in RANGES))
    for name, by_range in found.items():
        cells = (
            f"{each.direct * 1e3:>14.1f}{each.proxy * 1e3:>8.1f}{each.difference * 1e3:>8.1f}"
            for each in by_range.values()
        )
        print(f"{name:<34}{''.join(cells)}")
    return {name: {label: asdict(each) for label, each in by_range.items()} for name, by_range in found.items()}


def _viewers(log: AuditLog, panels: Mapping[str, timedelta]) -> list[dict[str, Any]]:
    shown = [name for name in panels if name.startswith(DASHBOARD)] or list(panels)
    costs = over_http.viewers(log, shown, (1, 50))
    print(f"\n{len(shown)} panels, {over_http.LOOKS} looks, one each {over_http.REFRESH:.0f} s")
    for cost in costs:
        print(
            f"{cost.viewers:>3} viewers: {cost.questions:>5} questions asked of the database, "
            f"{cost.seconds:.2f} s of its time, slowest look {cost.slowest:.2f} s"
        )
    return [asdict(cost) for cost in costs]


def _writing(log: AuditLog) -> dict[str, Any]:
    cost = writing.written(log, WRITTEN)
    print(
        f"\n{cost.rows:,} rows more in batches of {writing.BATCH}: {cost.rows / cost.seconds:,.0f} a second, "
        f"{cost.wal / cost.rows:.0f} bytes of WAL a row"
    )
    return asdict(cost)


if __name__ == "__main__":
    main()
