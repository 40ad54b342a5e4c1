"""A clock that was a day ahead and is set back, on both engines."""

from __future__ import annotations

from datetime import timedelta

from store_samples import LEASE, T0, at, delivery, incident, step

from fraiseql_observe.alerts.auditor import Auditor
from fraiseql_observe.alerts.channels import DISABLED
from fraiseql_observe.alerts.processor import WATCHDOG_SEEN
from fraiseql_observe.config.settings import Settings
from fraiseql_observe.incident.model import State
from fraiseql_observe.store import channels, deliveries, escalations, incidents, leases, outbox, settings
from fraiseql_observe.telemetry import Telemetry

DAY = timedelta(days=1)


class Clock:
    def __init__(self) -> None:
        self.now = T0

    def __call__(self):
        return self.now


async def test_what_a_clock_put_off_while_it_was_ahead_is_not_a_day_late(engine, write, read):
    clock = Clock()
    auditor = Auditor(engine, Settings, clock=clock, telemetry=Telemetry(), nudge=lambda: None)
    before = step(1, due_at=at(7200), created_at=at(-60))
    await write(escalations.schedule, [before])
    await auditor.turn()

    clock.now = T0 + DAY
    ahead = step(2, due_at=at(300) + DAY, created_at=at(0) + DAY, incident_id="inc_2")
    await write(incidents.insert, incident(), {})
    await write(
        outbox.enqueue,
        [delivery(f"dlv_{lane}", destination=lane, created_at=clock.now, due_at=at(600) + DAY) for lane in "abc"],
        collapse=False,
    )
    await write(
        outbox.enqueue,
        [delivery("dlv_crashed", destination="d", created_at=clock.now, due_at=clock.now)],
        collapse=False,
    )
    await write(outbox.claim, clock.now, "d", 1, lease=LEASE)
    await write(escalations.schedule, [ahead])
    await write(channels.pause, "busy", at(60) + DAY)
    await write(channels.pause, "gone", DISABLED)
    assert await write(leases.take, "reconciler", "dead", at(180) + DAY, now=clock.now)
    await write(settings.put, WATCHDOG_SEEN, clock.now.isoformat())
    await auditor.turn()

    clock.now = at(10)
    await auditor.turn()
    due = {one.id: one.due_at - T0 for one in (await read(deliveries.search, limit=9)).deliveries}
    assert due["dlv_a"] <= timedelta(seconds=610)
    assert await write(escalations.claim_due, at(299)) == []
    assert [one.id for one in await write(escalations.claim_due, at(310))] == [ahead.id]
    assert [one.id for one in await write(escalations.claim_due, at(7200))] == [before.id]
    paused = await read(channels.paused, at(11))
    assert (paused["busy"] <= at(70), paused["gone"]) == (True, DISABLED)
    assert await write(leases.take, "reconciler", "alive", at(400), now=at(200))
    assert [one.id for one in await write(outbox.expired, at(11) + LEASE, 9)] == ["dlv_crashed"]
    assert await read(settings.get, WATCHDOG_SEEN) == at(10).isoformat()


async def test_a_clock_that_runs_ahead_makes_nobody_forget(engine, write, read):
    clock = Clock()
    auditor = Auditor(engine, Settings, clock=clock, telemetry=Telemetry(), nudge=lambda: None)
    await auditor.turn()
    old = incident(state=State.RESOLVED, resolved_at=T0)
    await write(incidents.insert, old, {})
    clock.now = T0 + timedelta(days=3650)
    await auditor.turn()
    clock.now += timedelta(minutes=30)
    await auditor.turn()
    assert (await read(incidents.get, old.id)).id == old.id
    clock.now += timedelta(minutes=31)
    await auditor.turn()
    assert await read(incidents.find, [old.id]) == {}
