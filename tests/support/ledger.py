"""A ledger of what a backend accepted and what arrived; the senders fill one side, the sink the other.

Senders try again like Alertmanager: after 5xx and broken connections, never after 4xx.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

HOST = "127.0.0.1"
START = datetime(2026, 1, 1, tzinfo=UTC)
SENDERS = 4


@dataclass
class Ledger:
    """Numbers of alerts: `accepted` by status, as the backend answered; `arrived` by what the message said."""

    accepted: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    arrived: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    copies: Counter[str] = field(default_factory=Counter)  # of a delivery
    attempts: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    deliveries: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    answers: Counter[str] = field(default_factory=Counter)

    async def take(self, request: web.Request) -> web.Response:
        delivery = request.headers["webhook-id"]
        body = await request.json()
        incident, kind = body["data"]["incident"], body["type"]
        self.copies[delivery] += 1
        self.attempts[delivery].append(body["data"]["attempt"])
        self.deliveries[incident["id"], kind].add(delivery)
        self.arrived[kind].add(int(incident["group_labels"]["number"]))
        return web.Response()

    @property
    def extra(self) -> int:
        """How many messages came that had come before."""
        return sum(self.copies.values()) - len(self.copies)

    def told_twice(self) -> dict[tuple[str, str], set[str]]:
        """Return changes that were told by more than one delivery."""
        return {key: ids for key, ids in self.deliveries.items() if len(ids) > 1}

    def copies_that_are_no_further_attempt(self) -> list[str]:
        repeated = [delivery for delivery, copies in self.copies.items() if copies > 1]
        return [each for each in repeated if len(set(self.attempts[each])) < len(self.attempts[each])]

    def missing(self) -> dict[str, set[int]]:
        pairs = {"firing": "incident.trigger", "resolved": "incident.resolve"}
        return {status: self.accepted[status] - self.arrived[kind] for status, kind in pairs.items()}


@asynccontextmanager
async def sink(ledger: Ledger) -> AsyncIterator[str]:
    """A webhook destination that fills the ledger; gives its URL."""
    application = web.Application(client_max_size=8 << 20)
    application.router.add_post("/", ledger.take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, 0).start()
        yield f"http://{HOST}:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


def webhook(number: int, status: str) -> bytes:
    labels = {"alertname": "Killed", "severity": "critical", "number": str(number)}
    begun = START + timedelta(milliseconds=number)
    ended = begun + timedelta(minutes=1) if status == "resolved" else None
    member = {
        "status": status,
        "labels": labels,
        "annotations": {"summary": f"number {number}"},
        "startsAt": begun.isoformat(),
        "endsAt": ended.isoformat() if ended else "0001-01-01T00:00:00Z",
        "generatorURL": "",
        "fingerprint": f"{number + 1:016x}",
    }
    body: dict[str, Any] = {
        "version": "4",
        "groupKey": f'{{}}:{{number="{number}"}}',
        "status": status,
        "receiver": "fraiseql-observe",
        "groupLabels": {"number": str(number)},
        "commonLabels": labels,
        "commonAnnotations": {},
        "externalURL": "",
        "truncatedAlerts": 0,
        "alerts": [member],
    }
    return json.dumps(body).encode()


async def send(session: aiohttp.ClientSession, urls: Sequence[str], body: bytes, ledger: Ledger) -> None:
    """Try one after the other until it is accepted; a 4xx would be the end with Alertmanager, so it is one here."""
    for url in cycle(urls):
        try:
            async with session.post(url, data=body) as answer:
                ledger.answers[str(answer.status)] += 1
                if answer.status == 200:
                    return
                assert answer.status == 503, await answer.text()
        except (aiohttp.ClientError, TimeoutError, ConnectionError):
            ledger.answers["none"] += 1
        await asyncio.sleep(0.01)


async def storm(urls: Sequence[str], ledger: Ledger, first: int, ended: asyncio.Event) -> None:
    """Fire a new alert again and again, and resolve it a moment later."""
    number = first
    timeout = aiohttp.ClientTimeout(total=2)
    async with aiohttp.ClientSession(timeout=timeout, headers={"Content-Type": "application/json"}) as session:
        while not ended.is_set():
            for status in ("firing", "resolved"):
                await send(session, urls, webhook(number, status), ledger)
                ledger.accepted[status].add(number)
                await asyncio.sleep(0.02)
            number += SENDERS


async def everything_arrived(ledger: Ledger) -> None:
    """Wait; on a machine that starves the lives, a delivery that each of them left half done backs off for minutes."""
    for _ in range(2400):
        if not any(ledger.missing().values()):
            return
        await asyncio.sleep(0.1)
