"""What the backend's own loops ask, on both engines: PostgreSQL refuses a read that locks."""

from __future__ import annotations

from store_samples import T0

from fraiseql_observe.alerts.manager import AlertManager
from fraiseql_observe.config.settings import Settings
from fraiseql_observe.incident.model import Severity, State
from fraiseql_observe.incident.payload import new_alert


async def test_every_loop_has_its_turn(engine):
    manager = AlertManager(Settings(), engine=engine, clock=lambda: T0)
    await manager.start(background=False)
    incident_id = await manager.send_alert(new_alert("Full", severity=Severity.CRITICAL))
    parts = manager._parts
    for loop in (parts.processor, parts._escalator, parts._auditor, parts._reconciler):
        await loop.turn()
    assert manager.telemetry.registry.get_sample_value("fraiseql_observe_incidents", {"state": "firing"}) == 1
    assert (await manager.incident(incident_id)).incident.state is State.FIRING
    await manager.close()
