"""What one durable append costs: the store's group commit beside bare sqlite3 that commits as many rows at once.

    python tests/performance/backend/append.py [--seconds 3] [--postgres URL]

The bare side writes the same rows into the same table in one thread without an event loop: batches of 256 (the most
that group commit takes) and of one (a commit for each webhook). The difference to the former is what queue, thread and
futures cost. The table goes to stdout; run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import tempfile
import time
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING

from fraiseql_observe.store import groupcommit, inbox, open_store
from fraiseql_observe.store.sqlite_file import connect
from fraiseql_observe.store.statement import for_sqlite

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from typing import Any

    from fraiseql_observe.store.engine import Engine

BODY = b'{"version":"4","groupKey":"{}:{alertname=\\"A\\"}","alerts":[' + b"x" * 740 + b"]}"  # one alert, 0.8 kB
TASKS = (1, 16, 64, 256)


def main() -> None:
    options = _options()
    print(f"{'':34}{'rows/s':>10}{'p50 ms':>9}{'p95 ms':>9}{'rows/commit':>13}{'of bare':>9}")
    with tempfile.TemporaryDirectory() as folder:
        bare = asyncio.run(_bare(Path(folder) / "bare.db", groupcommit.BATCH, options.seconds))
        single = asyncio.run(_bare(Path(folder) / "single.db", 1, options.seconds))
        _print("sqlite3, bare, 256 rows a commit", bare, [], groupcommit.BATCH, bare)
        _print("sqlite3, bare, 1 row a commit", single, [], 1, bare)
        for tasks in TASKS:
            url = f"sqlite:///{folder}/{tasks}.db"
            _print(f"SQLite engine, {tasks} senders", *asyncio.run(_engine(url, tasks, options.seconds)), bare)
        for tasks in TASKS if options.postgres else ():
            _print(
                f"PostgreSQL engine, {tasks} senders",
                *asyncio.run(_engine(options.postgres, tasks, options.seconds)),
                bare,
            )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each line")
    parser.add_argument("--postgres", default="", help="URL of a database to measure in, too")
    return parser.parse_args()


def _print(what: str, rate: float, latencies: list[float], rows: float, bare: float) -> None:
    cuts = quantiles(latencies, n=20) if len(latencies) > 1 else []
    times = f"{1000 * cuts[9]:>9.2f}{1000 * cuts[18]:>9.2f}" if cuts else " " * 18
    print(f"{what:34}{rate:>10,.0f}{times}{rows:>13.1f}{rate / bare:>9.2f}", flush=True)


def _rows() -> Iterator[dict[str, Any]]:
    prefix = secrets.token_hex(8)
    now = datetime.now(UTC)
    return (inbox.row(f"box_{prefix}{number:012}", "alertmanager", now, BODY) for number in count())


async def _bare(path: Path, batch: int, seconds: float) -> float:
    """Write without the engine into the table it made; rows a second."""
    await (await open_store(f"sqlite:///{path}", clock=lambda: datetime.now(UTC))).close()
    connection = connect(path)
    done = _write(connection, batch, seconds)
    connection.close()
    return done / seconds


def _write(connection: sqlite3.Connection, batch: int, seconds: float) -> int:
    statement, rows, done = for_sqlite(inbox.INSERT).text, _rows(), 0
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        connection.execute("begin immediate")
        connection.executemany(statement, [next(rows) for _ in range(batch)])
        connection.execute("commit")
        done += batch
    return done


async def _engine(url: str, tasks: int, seconds: float) -> tuple[float, list[float], float]:
    """Append one row at a time from so many senders; rows a second, latencies, rows in a commit."""
    engine = await open_store(url, clock=lambda: datetime.now(UTC))
    commits = _count_commits(engine)
    rows, latencies = _rows(), []
    end = time.perf_counter() + seconds

    async def send() -> None:
        while (begin := time.perf_counter()) < end:
            await engine.append(inbox.INSERT, [next(rows)])
            latencies.append(time.perf_counter() - begin)

    await asyncio.gather(*(send() for _ in range(tasks)))
    await engine.close()
    return len(latencies) / seconds, latencies, len(latencies) / next(commits)


def _count_commits(engine: Engine) -> count[int]:
    commits = count()
    group = getattr(engine, "_writer", None) or engine._appender
    commit = group._commit

    def counted(batch: Any) -> None:
        next(commits)
        commit(batch)

    group._commit = counted
    return commits


if __name__ == "__main__":
    main()
