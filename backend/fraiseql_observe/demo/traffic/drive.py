"""The traffic itself: several independent crowds on one clock, until it is cancelled."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from fraiseql_observe.demo.traffic import operations
from fraiseql_observe.demo.traffic.operations import ANYBODY, Operation

if TYPE_CHECKING:
    from random import Random

    from fraiseql_observe.demo.traffic.client import BlogClient
    from fraiseql_observe.demo.traffic.crowd import Crowd

IN_FLIGHT = 40  # requests at most; beyond it visitors wait, as behind any load balancer
RELEASE = 20.0  # seconds between two releases of the client, each with new persisted queries
BURST = 15.0  # seconds between two bursts of the slow report
BURST_SIZE = 12  # more than the blog has connections
FAILED_LOGIN = 45.0  # seconds between two, after the first three: below what should wake anybody
NONSENSE = 4.0  # seconds between two malformed requests
ARCHIVE = 60.0  # seconds between two attempts of the client that comes back
ATTEMPT = 8.0  # seconds that each takes
MALFORMED = (
    '{"query": "query Broken { posts(limit: 3) { id title }"}',
    '{"query": "query Posts { posts { id } }", "operationName": "Forged"}',
    '{"query": ',
    '{"query": "{ tags { name } }"}',
)


@dataclass
class Traffic:
    client: BlogClient
    crowd: Crowd
    rng: Random
    rate: float
    seen: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._began = time.monotonic()
        self._room = asyncio.Semaphore(IN_FLIGHT)

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._began

    async def run(self) -> None:
        """Send until cancelled."""
        async with asyncio.TaskGroup() as crowds:
            for behaviour in (self.visit, self.burst, self.fail_to_log_in, self.send_nonsense, self.ask_the_archive):
                crowds.create_task(behaviour())

    async def visit(self) -> None:
        """The steady mix, `rate` operations a second."""
        async with asyncio.TaskGroup() as visits:
            while True:
                await self._room.acquire()
                visits.create_task(self._visit_once())
                await asyncio.sleep(self.rng.uniform(0.5, 1.5) / self.rate)

    async def _visit_once(self) -> None:
        try:
            await self.perform(operations.pick(self.rng))
        finally:
            self._room.release()

    async def perform(self, operation: Operation) -> None:
        """Have somebody suitable do it; nothing happens when nobody can yet."""
        caller = self.crowd.somebody(self.rng, self.elapsed, operation.roles)
        if caller is None:
            return
        known = self.crowd.known[caller.tenant_id]
        variables = operation.variables(self.rng, known)
        if variables is None:
            return
        try:
            answer = await self.client.run(operation, caller, variables, release=int(self.elapsed / RELEASE))
        except httpx.TransportError:
            self.seen["unanswered"] += 1
            return
        self.seen[operation.document] += 1
        known.learn(answer.body)

    async def burst(self) -> None:
        """Everybody wants the slow report at once: there are not enough connections, so they wait."""
        while True:
            await asyncio.sleep(BURST)
            await asyncio.gather(*(self.perform(operations.REPORT) for _ in range(BURST_SIZE)))

    async def fail_to_log_in(self) -> None:
        attempts = 0
        while True:
            caller = self.rng.choice(self.crowd.people)
            token = [self.client.forged_token(caller), self.client.expired_token(caller), None][attempts % 3]
            await self._post('{"query": "query Users { users { id name } }"}', token, "failed login")
            attempts += 1
            await asyncio.sleep(2.0 if attempts < 3 else FAILED_LOGIN)  # noqa: PLR2004  one of each kind at first

    async def send_nonsense(self) -> None:
        """Bad JSON, broken syntax, forged names, and documents without a name."""
        for number in range(2**63):
            caller = self.crowd.somebody(self.rng, self.elapsed, ANYBODY)
            token = self.client.token(caller) if caller else None
            await self._post(MALFORMED[number % len(MALFORMED)], token, "nonsense")
            await asyncio.sleep(NONSENSE)

    async def ask_the_archive(self) -> None:
        """Two clients ask for what is not there: one stops for good, the other comes back each minute."""
        while True:
            if self.elapsed < ATTEMPT:
                await self.perform(operations.STOPS)
            if self.elapsed % ARCHIVE < ATTEMPT:
                await self.perform(operations.COMES_BACK)
            await asyncio.sleep(3.0)

    async def _post(self, body: str, token: str | None, kind: str) -> None:
        try:
            await self.client.post(body, token=token)
        except httpx.TransportError:
            kind = "unanswered"
        self.seen[kind] += 1

    def summary(self) -> str:
        return json.dumps({"seconds": round(self.elapsed, 1), "sent": dict(self.seen.most_common())})
