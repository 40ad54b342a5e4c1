"""What a destination is given to say: the store's newest state, read for each try."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from deliveries import Sink
from samples import NOW, OPENED, alert, delivery, incident

from fraiseql_observe.alerts.message import HISTORY, PREVIOUS, Builder, change
from fraiseql_observe.errors import NotFoundError, StoreError
from fraiseql_observe.incident.message import ALERTS, Enrichment, Links
from fraiseql_observe.incident.model import Action, Actor, AlertStatus, Event, EventKind, Receipt, State
from fraiseql_observe.store import alerts, events, incidents, open_store, receipts


def event(number, kind, minutes=0):
    at = OPENED + timedelta(minutes=minutes)
    return Event("inc_1", at, kind, Actor("anna", "console"), id=f"evt_{number}")


@pytest.fixture
async def engine(tmp_path):
    opened = await open_store(f"sqlite:///{tmp_path}/observe.db", clock=lambda: NOW)
    yield opened
    await opened.close()


async def built(engine, wanted, *, enrichment=None):
    async def enrich(_incident, _alerts, _destination):
        return enrichment or Enrichment()

    return await Builder(engine).build(
        wanted, Sink(), now=NOW, links=lambda one, _alerts, _now: Links(console=one.id), enrich=enrich
    )


async def test_the_newest_state_is_told_whatever_the_delivery_was_queued_for(engine):
    first = incident(id="inc_1", total=2)
    earlier = [
        incident(id=f"inc_0{n}", state=State.RESOLVED, opened_at=OPENED - timedelta(days=n)) for n in range(1, 9)
    ]
    resolved = alert(2, status=AlertStatus.RESOLVED)

    def work(tx):
        for one in (*earlier, first):
            incidents.insert(tx, one)
        incidents.update(tx, replace(first, state=State.ACKNOWLEDGED, acknowledged_by="anna", version=2))
        alerts.upsert(tx, [alerts.Kept(each, "inc_1", OPENED, NOW) for each in (resolved, alert(1))])
        events.append(
            tx, [event(1, EventKind.OPENED), event(2, EventKind.DELIVERED), event(3, EventKind.ACKNOWLEDGED, 1)]
        )
        receipts.put(tx, Receipt("inc_1", "sink", {"ts": "1.5"}))

    await engine.write(work)
    wanted = delivery(incident_id="inc_1", attempts=3, step=2)
    given = await built(engine, wanted, enrichment=Enrichment(users=3))
    assert (given.incident.state, given.incident.acknowledged_by) == (State.ACKNOWLEDGED, "anna")
    assert [each.status for each in given.alerts] == [AlertStatus.FIRING, AlertStatus.RESOLVED]
    assert (given.action, given.attempt, given.step, given.delivery_id) == (Action.TRIGGER, 3, 2, wanted.id)
    assert given.change.id == "evt_1"
    assert [each.kind for each in given.history] == [EventKind.OPENED, EventKind.ACKNOWLEDGED]
    assert [each.id for each in given.previous] == ["inc_01", "inc_02", "inc_03", "inc_04", "inc_05"][:PREVIOUS]
    assert (given.receipt, given.enrichment.users, given.links.console) == ({"ts": "1.5"}, 3, "inc_1")
    assert given.omitted == 0


async def test_it_is_bounded_however_big_the_incident(engine):
    def work(tx):
        incidents.insert(tx, incident(id="inc_1", total=5000, firing=5000))
        alerts.upsert(tx, [alerts.Kept(alert(number), "inc_1", OPENED, NOW) for number in range(ALERTS + 50)])
        events.append(tx, [event(number, EventKind.COMMENTED) for number in range(200)])

    await engine.write(work)
    given = await built(engine, delivery(incident_id="inc_1"))
    assert (len(given.alerts), given.omitted) == (ALERTS, 5000 - ALERTS)
    assert len(given.history) == HISTORY
    assert given.receipt == {}


async def test_an_incident_that_is_gone_is_said(engine):
    with pytest.raises(NotFoundError):
        await built(engine, delivery(incident_id="inc_1"))


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        (Action.TRIGGER, EventKind.ESCALATED),
        (Action.UPDATE, EventKind.COMMENTED),
        (Action.ACKNOWLEDGE, EventKind.ACKNOWLEDGED),
        (Action.RESOLVE, EventKind.RESOLVED),
        (Action.REOPEN, EventKind.REOPENED),
    ],
)
def test_the_change_is_the_newest_event_that_fits(action, kind):
    history = [
        event(number, each)
        for number, each in enumerate(
            [
                EventKind.OPENED,
                EventKind.ACKNOWLEDGED,
                EventKind.RESOLVED,
                EventKind.REOPENED,
                EventKind.ESCALATED,
                EventKind.COMMENTED,
                EventKind.DELIVERED,
            ]
        )
    ]
    assert change(delivery(action=action), history).kind is kind


def test_a_change_that_the_timeline_lost_is_made_up():
    assert change(delivery(action=Action.RESOLVE), []).kind is EventKind.RESOLVED


async def test_messages_asked_for_at_once_are_read_together_and_fail_alone(engine, monkeypatch):
    await engine.write(lambda tx: [incidents.insert(tx, incident(id=f"inc_{n}", key=str(n))) for n in range(50)])
    reads, read = [], engine.read

    async def counted(work):
        reads.append(work)
        return await read(work)

    monkeypatch.setattr(engine, "read", counted)
    builder = Builder(engine)

    async def enrich(*_given):
        return Enrichment()

    def build_one(name):
        wanted = delivery(incident_id=name)
        return builder.build(wanted, Sink(), now=NOW, links=lambda *_given: Links(), enrich=enrich)

    names = [f"inc_{n}" for n in range(50)]
    cancelled = asyncio.create_task(build_one("inc_1"))
    gathering = asyncio.gather(*map(build_one, [*names, "inc_none"]), return_exceptions=True)
    await asyncio.sleep(0)
    cancelled.cancel()
    *found, missing = await gathering
    assert [each.incident.id for each in found] == names
    assert isinstance(missing, NotFoundError)
    assert len(reads) <= 3

    async def broken(_work):
        raise StoreError("The store is away.")

    monkeypatch.setattr(engine, "read", broken)
    with pytest.raises(StoreError):
        await build_one("inc_1")
