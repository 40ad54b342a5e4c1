"""What is over is forgotten whole, a batch at a time; what is not over stays."""

from __future__ import annotations

from store_samples import LEASE, T0, at, attempt, delivery, event, incident, kept, step

from fraiseql_observe.incident.model import AlertStatus, DeliveryState, Receipt, State
from fraiseql_observe.incident.windows import Window
from fraiseql_observe.store import (
    alerts,
    channels,
    escalations,
    events,
    incidents,
    leases,
    outbox,
    receipts,
    retention,
    windows,
)

TABLES = ("incident", "alert", "event", "delivery", "attempt", "receipt", "escalation")


def _fill(tx, number, state=State.RESOLVED, resolved_at=None):
    id_ = f"inc_{number}"
    incidents.insert(tx, incident(id_, state=state, resolved_at=resolved_at))
    alerts.upsert(tx, [kept(f"a{number}", 1, incident_id=id_)])
    events.append(tx, [event(id_)])
    outbox.enqueue(tx, [delivery(f"dlv_{number}", incident_id=id_)], collapse=False)
    [claimed] = outbox.claim(tx, T0, "chat", 9, lease=LEASE)
    outbox.finish(tx, delivery(f"dlv_{number}", incident_id=id_, state=DeliveryState.SENT), attempt(claimed))
    receipts.put(tx, Receipt(id_, "chat", {}))
    escalations.schedule(tx, [step(0, incident_id=id_)])


async def _count(engine):
    return {
        table: (await engine.read(lambda tx, table=table: tx.rows(f"select count(*) as n from {table}")))[0]["n"]
        for table in TABLES
    }


async def test_what_is_over_is_forgotten_in_batches(engine, write):
    for number in range(5):
        await write(_fill, number, resolved_at=at(number))
    await write(_fill, 5, State.FIRING)
    await write(_fill, 6, resolved_at=at(3))
    await write(outbox.enqueue, [delivery("late", incident_id="inc_6")], collapse=False)
    assert await write(retention.prune, at(4), batch=3) == retention.Pruned(3, 0, 0, more=True)
    assert await write(retention.prune, at(4), batch=3) == retention.Pruned(1, 0, 0, more=False)
    left = await _count(engine)
    assert left == {**dict.fromkeys(TABLES, 3), "delivery": 4}
    assert (await engine.read(lambda tx: incidents.find(tx, ["inc_4", "inc_5", "inc_6"]))).keys() == {
        "inc_4",
        "inc_5",
        "inc_6",
    }


async def test_an_incident_without_an_end_does_not_collect_alerts_for_ever(write, read):
    await write(incidents.insert, incident())
    ended = {"status": AlertStatus.RESOLVED, "ended_at": at(1)}
    old = [kept("a1", n, seen=at(n), **ended) for n in range(5)]
    await write(alerts.upsert, [*old, kept("a2", 1, seen=at(0)), kept("a3", 1, seen=at(9), **ended)])
    assert await write(retention.prune, at(5), batch=4) == retention.Pruned(0, 4, 0, more=True)
    assert await write(retention.prune, at(5), batch=4) == retention.Pruned(0, 1, 0, more=False)
    assert [one.identity for one in await read(alerts.of, "inc_1")] == [("a2", 1), ("a3", 1)]


async def test_what_has_ended_goes_too(write, read):
    await write(windows.add, Window("win_1", (), at(0), at(1), "ada", T0))
    await write(windows.add, Window("win_2", (), at(0), at(9), "ada", T0))
    await write(channels.pause, "a", at(1))
    await write(channels.pause, "b", at(9))
    await write(leases.take, "a", "me", at(1), now=T0)
    assert await write(retention.prune, at(5)) == retention.Pruned(0, 0, 1, more=False)
    assert [one.id for one in await read(windows.since, at(-9))] == ["win_2"]
    assert await read(channels.paused, at(-9)) == {"b": at(9)}
    assert await write(leases.take, "a", "other", at(9), now=at(0))
