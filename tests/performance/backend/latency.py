"""How much later a message arrives when it goes through the backend: Alertmanager's own webhook beside ours behind it.

    python tests/performance/backend/latency.py

In turn: Alertmanager sends to the sink, and Alertmanager sends to the backend, which sends to the same sink. Each alert
is a group of its own. Time runs from the POST to Alertmanager's API until the sink has the message. Paced means 50
alerts a second; the burst is all of them at once. Servers have the first core, clock and sink the second.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import secrets
import statistics
import time
from contextlib import ExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
import payloads
from aiohttp import web
from servers import SERVER_CORE, alertmanager, backend, webhook_route

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ALERTS = 500
PACE = 50.0  # alerts a second
_NAME = re.compile(rb"app-(\d{6}):8000")


class Sink:
    """Notes when the message of each alert came first."""

    def __init__(self) -> None:
        self.seen: dict[int, float] = {}
        self.repeated = 0

    async def take(self, request: web.Request) -> web.Response:
        now = time.perf_counter()
        body = await request.read()
        for number in {int(found) for found in _NAME.findall(body)}:
            self.repeated += number in self.seen
            self.seen.setdefault(number, now)
        return web.Response()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        application = web.Application(client_max_size=16 << 20)
        application.router.add_post("/", self.take)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        try:
            yield f"http://127.0.0.1:{port}/"
        finally:
            await runner.cleanup()


async def _post_all(url: str, *, pace: float | None) -> dict[int, float]:
    """Push every alert; returns when each was pushed."""
    pushed: dict[int, float] = {}
    headers = {"Content-Type": "application/json"}

    async def push(session: aiohttp.ClientSession, number: int) -> None:
        pushed[number] = time.perf_counter()
        async with session.post(url, data=payloads.api(range(number, number + 1)), headers=headers) as answer:
            answer.raise_for_status()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=32)) as session:
        began = time.perf_counter()
        tasks = []
        for number in range(ALERTS):
            if pace:
                await asyncio.sleep(max(0.0, began + number / pace - time.perf_counter()))
            tasks.append(asyncio.create_task(push(session, number)))
        await asyncio.gather(*tasks)
    return pushed


async def _measure(*, through_us: bool, pace: float | None) -> list[float]:
    sink, token = Sink(), secrets.token_urlsafe(24)
    async with sink.listening() as url:
        with ExitStack() as stack:
            target, bearer = url, ""
            if through_us:
                webhook = {"type": "webhook", "url": url, "allow_private": True}
                settings = {"intake": {"token": token}, "destinations": {"sink": webhook}}
                server = await asyncio.to_thread(stack.enter_context, backend(settings, core=SERVER_CORE))
                target, bearer = f"{server.url}/webhooks/alertmanager", token
            configuration = webhook_route(target, token=bearer)
            peer = await asyncio.to_thread(stack.enter_context, alertmanager(configuration, core=SERVER_CORE))
            await asyncio.sleep(1.0)
            pushed = await _post_all(f"{peer.url}/api/v2/alerts", pace=pace)
            await until(lambda: len(sink.seen) == ALERTS)
            await asyncio.to_thread(stack.close)
    if sink.repeated:
        print(f"  {sink.repeated} came more than once")
    return sorted(sink.seen[number] - at for number, at in pushed.items())


async def until(done: object, *, within: float = 60) -> None:
    deadline = time.monotonic() + within
    while not done():  # type: ignore[operator]
        if time.monotonic() > deadline:
            raise SystemExit("not every alert arrived")
        await asyncio.sleep(0.02)


def _quantile(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))] * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds: int = parser.parse_args().rounds
    os.sched_setaffinity(0, {1})
    print(f"{ALERTS} alerts, medians of {rounds} rounds, milliseconds")
    print(f"{'pattern':<10}{'way':<24}{'p50':>8}{'p95':>8}{'p99':>8}{'max':>8}")
    for pattern, pace in (("paced", PACE), ("burst", None)):
        p95 = {}
        for way, through_us in (("Alertmanager", False), ("Alertmanager and ours", True)):
            runs = [asyncio.run(_measure(through_us=through_us, pace=pace)) for _ in range(rounds)]
            row = [statistics.median(_quantile(run, share) for run in runs) for share in (0.5, 0.95, 0.99, 1.0)]
            p95[through_us] = row[1]
            print(f"{pattern:<10}{way:<24}" + "".join(f"{value:8.1f}" for value in row))
        print(f"  p95: {p95[True] - p95[False]:+.1f} ms, {p95[True] / p95[False]:.2f} times")


if __name__ == "__main__":
    main()
