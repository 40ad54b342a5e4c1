"""Two dispatchers on one PostgreSQL: nothing is sent twice, order is kept, and a 429 reaches both."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from deliveries import Sink
from samples import incident, message

from fraiseql_observe.alerts.dispatcher import Dispatcher
from fraiseql_observe.errors import DeliveryError, Reason
from fraiseql_observe.incident.model import Action, Delivery, DeliveryState
from fraiseql_observe.notify.base import Sent
from fraiseql_observe.store import incidents, open_store, outbox
from fraiseql_observe.telemetry import Telemetry

INCIDENTS, EACH = 60, 3


def clock():
    return datetime.now(UTC)


async def build(delivery, _destination):
    about = incident(id=delivery.incident_id)
    return replace(message(delivery.action, incident=about), delivery_id=delivery.id)


@pytest.fixture
async def engines(database_url):
    opened = [await open_store(database_url, clock=clock) for _ in range(2)]
    yield opened
    for engine in opened:
        await engine.close()


@pytest.fixture
async def serve(engines):
    tasks = []

    def start(answer, **settings):
        for engine in engines:
            sinks = {"sink": Sink(answer=answer, **settings)}
            made = Dispatcher(engine, sinks, clock=clock, telemetry=Telemetry(), build_message=build)
            tasks.append(asyncio.create_task(made.run()))

    yield start
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def storm(tx):
    for number in range(INCIDENTS):
        name = f"inc_{number:03}"
        incidents.insert(tx, incident(id=name, key=name))
        rows = [
            Delivery(
                id=f"dlv_{number:03}_{place}",
                incident_id=name,
                destination="sink",
                kind="webhook",
                action=Action.UPDATE,
                state=DeliveryState.NEW,
                created_at=clock(),
                due_at=clock(),
            )
            for place in range(EACH)
        ]
        outbox.enqueue(tx, rows, collapse=False)
    tx.wake("outbox")


async def all_sent(engine):
    for _ in range(1200):
        page = await engine.read(lambda tx: outbox.search(tx, DeliveryState.SENT, limit=500))
        if len(page.deliveries) == INCIDENTS * EACH:
            return
        await asyncio.sleep(0.05)
    pytest.fail("not everything was sent")


async def test_nothing_twice_and_in_order(engines, serve):
    told = defaultdict(list)

    async def answer(given):
        await asyncio.sleep(0.002)
        told[given.incident.id].append(given.delivery_id)
        return Sent()

    serve(answer)
    await engines[0].write(storm)
    await all_sent(engines[1])
    assert sum(map(len, told.values())) == INCIDENTS * EACH
    assert all(each == sorted(each) for each in told.values())


async def test_a_429_to_one_rests_both(engines, serve):
    refused, told = [], []

    async def answer(given):
        if not refused:
            refused.append(clock())
            raise DeliveryError(
                "Slow down.", reason=Reason.RATE_LIMITED, retryable=True, retry_after=timedelta(seconds=2)
            )
        told.append(clock())
        return Sent()

    serve(answer, concurrency=1)
    await engines[0].write(storm)
    await all_sent(engines[0])
    # The other may have had one on its way, or claimed it before the pause was committed.
    early = [at for at in told if at - refused[0] < timedelta(seconds=1.5)]
    assert len(early) <= 5
    assert len(told) == INCIDENTS * EACH
