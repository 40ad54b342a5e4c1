"""The questions through the audit proxy of a real service: what it adds, and what many viewers cost the database."""

from __future__ import annotations

import http.client
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from statistics import median
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from asking import CATALOGUE, RANGES, Direct, given, stopped

from fraiseql_observe.demo.servers import BackendServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import timedelta

    from audit_log import AuditLog

TOKEN = "fqo_measuring_0123456789abcdef"
REFRESH = 10.0  # seconds between two looks of a viewer
LOOKS = 3
_SPENT = "select active_time from pg_stat_database where datname = current_database()"
_QUESTIONS = """
select coalesce(sum(calls), 0)::bigint
  from pg_stat_statements
 where userid = 'fraiseql_observe_reader'::regrole
   and dbid = (select oid from pg_database where datname = current_database())
   and query like 'DECLARE%%'
"""


@contextmanager
def service(url: str, **audit: Any) -> Iterator[BackendServer]:
    """`serve` with the audit questions over HTTP, asked as the user of `url`."""
    settings = {
        "audit": {"url": url, **audit},
        "auth": {"tokens": {"viewer": {"token": TOKEN, "scopes": ["audit:read"]}}},
    }
    with BackendServer(settings) as running:
        yield running


class Viewer:
    """A connection that asks as Grafana's Infinity data source does: every parameter in the address, gzip."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, name: str, values: Mapping[str, str]) -> int:
        """The bytes of an answer.

        Raises:
            RuntimeError: it was no answer.
        """
        address = f"/api/observability/audit/queries/{name}?{urlencode(values)}"
        headers = {"Authorization": f"Bearer {TOKEN}", "Accept-Encoding": "gzip", "Accept": "application/json"}
        self._connection.request("GET", address, headers=headers)
        response = self._connection.getresponse()
        body = response.read()
        if response.status != http.client.OK:
            raise RuntimeError(f"{name}: {response.status} {body[:300]!r}")
        return len(body)

    def close(self) -> None:
        self._connection.close()


def written(values: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, str]:
    """The values as they stand in an address, those that the question has."""
    texts = {
        name: f"{int(value.timestamp() * 1000)}" if isinstance(value, datetime) else f"{int(value.total_seconds())}s"
        for name, value in values.items()
    }
    return {name: text for name, text in texts.items() if name in parameters}


@dataclass(frozen=True, slots=True)
class Added:
    """Median seconds of the one and the other way to ask, and the median of their differences, asked in turn."""

    direct: float
    proxy: float
    difference: float


def added(log: AuditLog, panels: Mapping[str, timedelta], times: int) -> dict[str, dict[str, Added]]:
    """What the proxy adds to each question: asked in turn over HTTP, without its cache, and directly."""
    found: dict[str, dict[str, Added]] = {}
    with service(log.reader_url, freshness="0s") as running, Direct(log.reader_url) as direct:
        viewer = Viewer(running.port)
        for name, least in panels.items():
            question = CATALOGUE[name]
            found[name] = {}
            for label, span in RANGES.items():
                values = given(span, log.filled.end, least)
                texts = written(values, question.parameters)
                found[name][label] = _in_turn(
                    lambda question=question, values=values: direct.ask(question, values),
                    lambda name=name, texts=texts: viewer.ask(name, texts),
                    times,
                )
        viewer.close()
    return found


def _in_turn(one: Any, other: Any, times: int) -> Added:
    one(), other()
    pairs = [(stopped(one), stopped(other)) for _ in range(times)]
    differences = [second - first for first, second in pairs]
    return Added(median(first for first, _ in pairs), median(second for _, second in pairs), median(differences))


@dataclass(frozen=True, slots=True)
class Cost:
    """What viewers cost the database: questions that it was asked, and seconds that it spent on them."""

    viewers: int
    looks: int
    questions: int
    seconds: float
    slowest: float


def viewers(log: AuditLog, panels: Sequence[str], counts: Sequence[int]) -> list[Cost]:
    """What so many viewers of the same panels cost the database, each looking at a moment of their own."""
    log.run("create extension if not exists pg_stat_statements")
    found = []
    with service(log.reader_url) as running:
        _look(running.port, panels, 0, 1)  # connections are made, plans and pages warm
        for count in counts:
            time.sleep(REFRESH)  # what was kept is old
            log.run("select pg_stat_statements_reset()")
            before = _spent(log)
            looks = _looks(running.port, panels, count)
            time.sleep(1.5)  # PostgreSQL's counters are a second late
            found.append(Cost(count, len(looks), log.run(_QUESTIONS)[0][0], _spent(log) - before, max(looks)))
    return found


def _looks(port: int, panels: Sequence[str], count: int) -> list[float]:
    """Of so many viewers, spread over the period."""
    delays = [place / count * REFRESH for place in range(count)]
    with ThreadPoolExecutor(count) as pool:
        return list(chain.from_iterable(pool.map(lambda late: _look(port, panels, late, LOOKS), delays)))


def _look(port: int, panels: Sequence[str], late: float, looks: int) -> list[float]:
    """Look so many times, at the same moment of each period; the seconds until all panels had their answer."""
    seconds = []
    began = time.monotonic() + late
    for number in range(looks):
        time.sleep(max(0.0, began + number * REFRESH - time.monotonic()))
        started = time.perf_counter()
        with ThreadPoolExecutor(len(panels)) as pool:
            list(pool.map(lambda name: _panel(port, name), panels))
        seconds.append(time.perf_counter() - started)
    return seconds


def _panel(port: int, name: str) -> None:
    bucket = round(RANGES["24h"].bucket.total_seconds())
    values = {"from": "now-24h", "to": "now", "bucket": f"{bucket}s"}
    viewer = Viewer(port)
    try:
        viewer.ask(name, {key: value for key, value in values.items() if key in CATALOGUE[name].parameters})
    finally:
        viewer.close()


def _spent(log: AuditLog) -> float:
    """Seconds that the database's sessions have been running statements, the owner's among them."""
    return float(log.run(_SPENT)[0][0]) / 1000
