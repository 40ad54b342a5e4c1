"""The dispatcher: takes due deliveries from the outbox, sends them, and writes down what became of them.

One loop, one transaction a turn: results of what ended go in, new work comes out. It turns when the outbox is woken,
when a sending ends, and when something falls due; nothing is polled but the search for crashed sendings.
"""

from __future__ import annotations

import asyncio
import logging
import random
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from fraiseql_observe.alerts import ledger, outcomes
from fraiseql_observe.alerts.channels import DISABLED, Channel, Channels
from fraiseql_observe.alerts.counting import Counting
from fraiseql_observe.alerts.sending import Sender
from fraiseql_observe.errors import NotFoundError, StoreError
from fraiseql_observe.incident.model import DeliveryState
from fraiseql_observe.store import channels as store_channels
from fraiseql_observe.store import outbox

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from fraiseql_observe.alerts.ledger import Taken
    from fraiseql_observe.alerts.outcomes import Result
    from fraiseql_observe.alerts.sending import BuildMessage
    from fraiseql_observe.incident.model import Delivery
    from fraiseql_observe.notify.base import Destination
    from fraiseql_observe.store.engine import Engine
    from fraiseql_observe.telemetry import Telemetry

ROOM = 64  # deliveries on their way at once, over all channels
SWEEP = timedelta(seconds=5)  # between searches for crashed sendings
STORE_WAITS = (0.1, 0.5, 1.0, 2.0, 5.0)  # seconds, while the store cannot be written
ALIVE = timedelta(seconds=60)
FAR = datetime(9000, 1, 1, tzinfo=UTC)  # as "past every deadline": a store with one writer has no other sender

_GIVEN_UP = frozenset({DeliveryState.DEAD, DeliveryState.AMBIGUOUS})

log = logging.getLogger(__name__)


class Dispatcher:
    """One for each process; several processes share the outbox."""

    def __init__(
        self,
        engine: Engine,
        destinations: Mapping[str, Destination],
        *,
        clock: Callable[[], datetime],
        telemetry: Telemetry,
        build_message: BuildMessage,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._sleep = sleep
        self._chance = chance
        self._sender = Sender(build_message, clock, chance)
        self._counting = Counting(telemetry)
        self._channels = Channels()
        self._destinations: dict[str, Destination] = {}
        self._running: dict[str, asyncio.Task[None]] = {}  # by delivery
        self._results: list[Result] = []
        self._wake = asyncio.Event()
        self._ended = asyncio.Event()
        self._draining = False
        self._started = False
        self._store_failures = 0
        self._turned_at: datetime | None = None
        self._next_turn: datetime | None = None
        self._next_sweep: datetime | None = None
        self.reconfigure(destinations)

    @property
    def healthy(self) -> bool:
        """Whether the loop turned lately and the store took what it wrote."""
        turned = self._turned_at
        return self._started and turned is not None and abs(self._clock() - turned) < ALIVE

    def reconfigure(self, destinations: Mapping[str, Destination]) -> None:
        """Use these destinations from now on; what is being sent ends with the earlier ones, which stay open."""
        self._destinations = dict(destinations)
        self._channels.configure(destinations)
        self._wake.set()

    def rests(self, name: str) -> bool:
        """Whether a destination is left alone by its breaker now; False for one that is not configured."""
        destination = self._destinations.get(name)
        return destination is not None and self._breaker_open(destination, self._clock())

    async def enable(self, name: str) -> None:
        """Serve a destination again that had answered 410 Gone.

        Raises:
            NotFoundError: there is no destination of that name.
        """
        destination = self._destinations.get(name)
        if destination is None:
            raise NotFoundError(f"There is no destination {name!r}.")
        await self._engine.write(lambda tx: store_channels.resume(tx, destination.channel))
        self._wake.set()

    async def run(self) -> None:
        """Serve until drained or cancelled; store faults are waited out."""
        unlisten = self._engine.listen("outbox", self._wake.set)
        self._started = True
        self._ended.clear()
        try:
            await self._turn()
            while not (self._draining and not self._running and not self._results):
                await self._wait()
                await self._turn()
        finally:
            unlisten()
            self._started = False
            for task in self._running.values():
                task.cancel()
            self._ended.set()

    async def drain(self, within: float) -> None:
        """Claim nothing more, let what is being sent end within `within` seconds, give back what was not begun.

        What is cut off is written down as ambiguous. Without a store that takes it, the leases end by themselves.
        """
        self._draining = True
        self._wake.set()
        if self._running:
            await asyncio.wait(self._running.values(), timeout=within)
        for task in list(self._running.values()):
            task.cancel()
        if self._started:
            try:
                await asyncio.wait_for(self._ended.wait(), STORE_WAITS[-1])
            except TimeoutError:
                log.warning("the store did not take the last results; they are sent again after their lease")

    async def _turn(self) -> None:
        """Write and claim once, then begin what was claimed."""
        now = self._clock()
        self._wake.clear()
        results, self._results = self._results, []
        sweeps = self._sweeps(now)
        turn = ledger.Turn(
            now=now,
            destinations=self._destinations,
            allowances=self._channels.allowances(now),
            room=0 if self._draining else ROOM - len(self._running),
            results=results,
            crashed_before=self._crashed_before(now) if sweeps else None,
            running=frozenset(self._running),
        )
        try:
            # Lost in a power cut, it is done again: what was sent is then sent twice, as after any crash.
            taken = await self._engine.write(lambda tx: ledger.take(tx, turn, self._chance), durable=False)
            if sweeps:
                self._counting.queue(await self._engine.read(partial(outbox.counts, now=now)), now)
        except Exception as error:  # noqa: BLE001 - the loop must outlive any fault, and say so
            self._results = results + self._results
            self._postpone(now, error)
            return
        self._store_failures = 0
        self._turned_at = now
        for delivery in taken.claimed:
            self._begin(delivery, turn.destinations[delivery.destination])
        self._learn(taken, now)

    def _begin(self, delivery: Delivery, destination: Destination) -> None:
        channel = self._channels.get(destination.channel)
        if channel is not None:
            channel.began()
        self._running[delivery.id] = asyncio.create_task(self._serve(delivery, destination, channel))

    def _learn(self, taken: Taken, now: datetime) -> None:
        """Count what ended, and say when to turn next."""
        for result in taken.ended:
            self._counting.ended(result)
            if result.delivery.state in _GIVEN_UP:
                log.warning("a delivery was given up", extra=_told(result.delivery))
        for result in taken.lost:
            log.warning(
                "a delivery was taken over while it was being sent; it may arrive twice", extra=_told(result.delivery)
            )
        disabled = {name for name, until in taken.paused.items() if until >= DISABLED}
        resting = {each.channel for each in self._destinations.values() if self._breaker_open(each, now)}
        self._counting.channels(self._destinations, disabled, resting)
        pauses = [until for name, until in taken.paused.items() if name in taken.waiting and until < DISABLED]
        full = len(self._running) >= ROOM  # then a sending must end first, and that wakes us
        ready = None if full else self._channels.ready_at(taken.waiting - set(taken.paused), now)
        times = [*pauses, ready, taken.next_due, self._next_sweep]
        self._next_turn = min((at for at in times if at is not None), default=None)

    async def _serve(self, delivery: Delivery, destination: Destination, channel: Channel | None) -> None:
        refusals = 0 if channel is None else channel.refusals
        result = outcomes.given_back(delivery, delivery.due_at)
        try:
            result = await self._sender.send(delivery, destination, refusals=refusals)
        finally:
            if channel is not None:
                channel.ended(result, self._clock(), self._chance())
            self._results.append(result)
            self._running.pop(delivery.id, None)
            self._wake.set()

    async def _wait(self) -> None:
        """Until woken, or until something falls due."""
        if self._wake.is_set() and not self._store_failures:
            return
        delay = 0.0 if self._next_turn is None else max(0.0, (self._next_turn - self._clock()).total_seconds())
        timer = asyncio.ensure_future(self._sleep(min(delay, SWEEP.total_seconds())))
        woken = asyncio.ensure_future(self._wake.wait())
        waits_for = {timer} if self._store_failures else {timer, woken}
        try:
            await asyncio.wait(waits_for, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            woken.cancel()

    def _postpone(self, now: datetime, error: Exception) -> None:
        """Nothing was written and nothing is lost: results wait here, work waits there."""
        wait = STORE_WAITS[min(self._store_failures, len(STORE_WAITS) - 1)]
        if not self._store_failures:
            ours = not isinstance(error, StoreError)
            log.error("the store was not written; sending waits", exc_info=error if ours else None)
        self._store_failures += 1
        self._next_turn = now + timedelta(seconds=wait)

    def _sweeps(self, now: datetime) -> bool:
        """Whether it is time to look for crashed sendings; also after the clock jumped."""
        due = self._next_sweep is None or not timedelta(0) < self._next_sweep - now <= SWEEP
        if due:
            self._next_sweep = now + SWEEP
        return due

    def _crashed_before(self, now: datetime) -> datetime:
        return now if self._engine.skip_locked else FAR

    def _breaker_open(self, destination: Destination, now: datetime) -> bool:
        channel = self._channels.get(destination.channel)
        return channel is not None and channel.breaker.rests(now)


def _told(delivery: Delivery) -> dict[str, str]:
    return {"delivery": delivery.id, "destination": delivery.destination, "reason": delivery.reason}
