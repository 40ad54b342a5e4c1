"""How many webhooks a second the backend makes durable, beside what Alertmanager takes without making anything durable.

    python tests/performance/backend/intake.py

Both servers run in turn on the first core, the load comes from the second. Ours answers after the commit of a SQLite
store with FULL synchronisation, checks a bearer token, and works the same alerts into incidents meanwhile; the time
until its inbox is empty is told too. Each figure is the median of the rounds, with the least and the greatest.
"""

from __future__ import annotations

import argparse
import os
import secrets
import statistics
import time
from typing import TYPE_CHECKING, NamedTuple

import payloads
from metrics import wait_for_empty_inbox
from sender import Result, send
from servers import SERVER_CORE, alertmanager_without_receivers, backend

if TYPE_CHECKING:
    from collections.abc import Callable


class Shape(NamedTuple):
    """`size` alerts in each of `count` bodies."""

    size: int
    count: int


SHAPES = (Shape(1, 40_000), Shape(10, 8_000))
CONNECTIONS = 64


def _ours(shape: Shape) -> tuple[Result, float]:
    token = secrets.token_urlsafe(24)
    bodies = payloads.webhooks(shape.count, shape.size)
    with backend({"intake": {"token": token}}, core=SERVER_CORE) as server:
        send(server.port, "/webhooks/alertmanager", _warm_up(shape), connections=4, token=token)
        result = send(server.port, "/webhooks/alertmanager", bodies, connections=CONNECTIONS, token=token)
        began = time.perf_counter()
        wait_for_empty_inbox(server.url)
        return result, result.seconds + time.perf_counter() - began


def _warm_up(shape: Shape) -> list[bytes]:
    return payloads.webhooks(500, shape.size, first=10_000_000)


def _theirs(shape: Shape) -> tuple[Result, float]:
    bodies = payloads.apis(shape.count, shape.size)
    with alertmanager_without_receivers(core=SERVER_CORE) as server:
        send(server.port, "/api/v2/alerts", payloads.apis(500, shape.size, first=10_000_000), connections=4)
        result = send(server.port, "/api/v2/alerts", bodies, connections=CONNECTIONS)
        return result, result.seconds


def _rounds(run: Callable[[Shape], tuple[Result, float]], shape: Shape, rounds: int) -> list[tuple[Result, float]]:
    return [run(shape) for _ in range(rounds)]


def _line(name: str, shape: Shape, runs: list[tuple[Result, float]]) -> float:
    rates = sorted(each.rate for each, _ in runs)
    p95 = statistics.median(each.quantile(0.95) for each, _ in runs) * 1000
    p50 = statistics.median(each.quantile(0.50) for each, _ in runs) * 1000
    worked = statistics.median(shape.count * shape.size / whole for _, whole in runs)
    refused = sum(each.refused for each, _ in runs)
    middle = statistics.median(rates)
    print(
        f"{name:<14}{shape.size:>7}{rates[0]:>10.0f}{middle:>10.0f}{rates[-1]:>10.0f}{middle * shape.size:>11.0f}"
        f"{p50:>9.1f}{p95:>9.1f}{refused:>9}{worked:>14.0f}"
    )
    return middle


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds: int = parser.parse_args().rounds
    os.sched_setaffinity(0, {1})
    print(f"{CONNECTIONS} connections, {rounds} rounds")
    print("server         alerts/   least   requests/s  most    alerts/s   p50 ms   p95 ms  refused  worked in/s")
    for shape in SHAPES:
        peer = _line("alertmanager", shape, _rounds(_theirs, shape, rounds))
        ours = _line("ours, durable", shape, _rounds(_ours, shape, rounds))
        print(f"  ratio {ours / peer:.2f}")


if __name__ == "__main__":
    main()
