"""What the backend pays in processor time for a webhook, and for an incident from its webhook to its message.

    python tests/performance/backend/cost.py

Unlike a clock on the wall, processor time depends little on what else the machine does: compare changes by it. It is
told for the thread of the event loop and for those of the store.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import statistics
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import payloads
from latency import ALERTS, Sink, until
from sender import send
from servers import SERVER_CORE, backend

if TYPE_CHECKING:
    from fraiseql_observe.demo.servers.server import Server

CONNECTIONS = 64
WARM_UP = 200
FLOODS = ((1, 20_000), (10, 6_000))  # alerts in a webhook, webhooks
PATH = "/webhooks/alertmanager"


class Cost(NamedTuple):
    """Microseconds of processor time each."""

    loop: float
    store: float


def _spent(server: Server) -> Cost:
    if server.pid is None:
        raise SystemExit(f"{server.name} does not run")
    tasks = Path(f"/proc/{server.pid}/task")
    spent = {int(task.name): int((task / "schedstat").read_text().split()[0]) / 1000 for task in tasks.iterdir()}
    loop = spent.pop(server.pid)
    return Cost(loop, sum(spent.values()))


def _each(before: Cost, after: Cost, count: int) -> Cost:
    return Cost((after.loop - before.loop) / count, (after.store - before.store) / count)


def _webhook(size: int, count: int) -> Cost:
    token = secrets.token_urlsafe(24)
    bodies, warm_up = payloads.webhooks(count, size), payloads.webhooks(WARM_UP, size, first=10_000_000)
    with backend({"intake": {"token": token}}, core=SERVER_CORE) as server:
        send(server.port, PATH, warm_up, connections=4, token=token)
        before = _spent(server)
        send(server.port, PATH, bodies, connections=CONNECTIONS, token=token)
        return _each(before, _spent(server), count)


async def _incident() -> Cost:
    sink, token = Sink(), secrets.token_urlsafe(24)
    async with sink.listening() as url:
        webhook = {"type": "webhook", "url": url, "allow_private": True}
        settings = {"intake": {"token": token}, "destinations": {"sink": webhook}}
        server = backend(settings, core=SERVER_CORE)
        await asyncio.to_thread(server.__enter__)
        try:
            await _told(server, sink, payloads.webhooks(WARM_UP, 1, first=ALERTS), token)
            await asyncio.sleep(WARM_UP / 200)  # the pace of a webhook's destination
            before = _spent(server)
            await _told(server, sink, payloads.webhooks(ALERTS, 1), token)
            return _each(before, _spent(server), ALERTS)
        finally:
            await asyncio.to_thread(server.__exit__, None, None, None)


async def _told(server: Server, sink: Sink, bodies: list[bytes], token: str) -> None:
    wanted = len(sink.seen) + len(bodies)
    await asyncio.to_thread(send, server.port, PATH, bodies, connections=CONNECTIONS, token=token)
    await until(lambda: len(sink.seen) == wanted)


def _line(what: str, costs: list[Cost]) -> None:
    loop, store = (statistics.median(column) for column in zip(*costs, strict=True))
    print(f"{what:<44}{loop:>8.0f}{store:>8.0f}{loop + store:>8.0f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds: int = parser.parse_args().rounds
    os.sched_setaffinity(0, {1})
    print(f"{f'microseconds, medians of {rounds} rounds':<44}{'loop':>8}{'store':>8}{'sum':>8}")
    for size, count in FLOODS:
        _line(f"webhook, alerts in it: {size}", [_webhook(size, count) for _ in range(rounds)])
    _line("incident, from its webhook to its message", [asyncio.run(_incident()) for _ in range(rounds)])


if __name__ == "__main__":
    main()
