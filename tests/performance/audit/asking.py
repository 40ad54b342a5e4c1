"""What the panels ask, for which ranges, and how long a plain connection of the reader takes to answer."""

from __future__ import annotations

import json
import math
import statistics
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import psycopg

from fraiseql_observe.audit.catalogue import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from fraiseql_observe.audit.question import Question

CATALOGUE = load()
_DASHBOARDS = Path(__file__).parents[3] / "provisioning" / "grafana" / "dashboards"


class Range(NamedTuple):
    """How far back a panel looks, and the width of a point that Grafana chooses for some 600 pixels."""

    length: timedelta
    bucket: timedelta


RANGES = {
    "15m": Range(timedelta(minutes=15), timedelta(seconds=2)),
    "24h": Range(timedelta(hours=24), timedelta(minutes=2)),
    "30d": Range(timedelta(days=30), timedelta(hours=1)),
}
MOST_SECONDS = 6.0  # of one question and range, after which it is not asked again
LEAST_TIMES = 3
SLOW = 2.0  # seconds


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of each answer after the first, which warms up; `rows` of the answer."""

    seconds: tuple[float, ...]
    rows: int

    @property
    def p50(self) -> float:
        return statistics.median(self.seconds)

    @property
    def p95(self) -> float:
        """By nearest rank: with fewer than twenty answers it is the slowest."""
        return sorted(self.seconds)[math.ceil(len(self.seconds) * 0.95) - 1]

    def as_json(self) -> dict[str, float]:
        return {"p50_ms": self.p50 * 1e3, "p95_ms": self.p95 * 1e3, "times": len(self.seconds), "rows": self.rows}


def panel_questions() -> dict[str, timedelta]:
    """The questions of the shipped dashboards, and the least width of a point that their panels set."""
    by_sql = {CATALOGUE[name].raw_sql: name for name in CATALOGUE}
    found: dict[str, timedelta] = {}
    for file in sorted(_DASHBOARDS.glob("*.json")):
        dashboard = json.loads(file.read_text(encoding="utf-8"))
        for panel in _panels(dashboard["panels"]):
            least = timedelta(seconds=int(panel.get("interval", "0s").removesuffix("s")))
            for target in panel.get("targets", ()):
                if name := by_sql.get(target.get("rawSql")):
                    found[name] = max(found.get(name, least), least)
    return {"tenants": timedelta(0), **dict(sorted(found.items()))}


def _panels(panels: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for panel in panels:
        yield panel
        yield from _panels(panel.get("panels", ()))


def given(span: Range, end: datetime, least: timedelta) -> dict[str, Any]:
    """The values of a question's parameters for a range that ends at `end`."""
    return {"from": end - span.length, "to": end, "bucket": max(span.bucket, least)}


def timed(ask: Callable[[], int], times: int) -> Times:
    """Ask once to warm up, then so many times or until it has taken long enough; what takes seconds is asked once."""
    began = time.perf_counter()
    rows = ask()
    first = time.perf_counter() - began
    if first > SLOW:
        return Times((first,), rows)
    seconds: list[float] = []
    while len(seconds) < LEAST_TIMES or (len(seconds) < times and sum(seconds) < MOST_SECONDS):
        seconds.append(stopped(ask))
    return Times(tuple(seconds), rows)


def stopped(ask: Callable[[], int]) -> float:
    """Seconds that it takes to ask once."""
    began = time.perf_counter()
    ask()
    return time.perf_counter() - began


class Direct:
    """A plain connection of the reader that names all tenants, as Grafana's PostgreSQL data source does."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True, prepare_threshold=None)
        self._connection.execute("set statement_timeout = 0")  # without roll-ups, the reader's limit is met
        self.tenants = [
            str(row[0]) for row in self._connection.execute("select tenant_id from fraiseql_observe.tenants")
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._connection.close()

    def ask(self, question: Question, values: Mapping[str, Any]) -> int:
        """How many rows the answer has, all of them read."""
        arguments = question.arguments(**{"tenants": self.tenants, **values})
        return len(self._connection.execute(question.bound_sql.encode(), arguments).fetchall())
