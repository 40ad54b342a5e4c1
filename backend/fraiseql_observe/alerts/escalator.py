"""The escalator: takes steps of escalations when they are due, unless the incident needs nobody by then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fraiseql_observe.alerts.desk import Desk
from fraiseql_observe.incident import people
from fraiseql_observe.incident.merge import Change
from fraiseql_observe.incident.model import EventKind
from fraiseql_observe.incident.plan import ESCALATION
from fraiseql_observe.store import escalations

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from fraiseql_observe.alerts.rules import Rules
    from fraiseql_observe.incident.model import Incident
    from fraiseql_observe.store.engine import Engine, Transaction

BATCH = 100  # steps in one transaction
IDLE = 60.0  # seconds


class Escalator:
    """Every replica may run one: a due step is claimed in the transaction that takes it.

    Args:
        engine: the store.
        rules: gives the rules that hold now.
        clock: gives the present.
        done: is told the desk of each turn, after its commit.
    """

    def __init__(
        self,
        engine: Engine,
        rules: Callable[[], Rules],
        *,
        clock: Callable[[], datetime],
        done: Callable[[Desk], None],
    ) -> None:
        self._engine, self._rules, self._clock, self._done = engine, rules, clock, done

    async def turn(self) -> float:
        """Take what is due; return the seconds until the next step."""
        rules, now = self._rules(), self._clock()
        if not await self._engine.read(lambda tx: _is_due(tx, now)):
            upcoming = await self._engine.read(escalations.next_due)
            return min(IDLE, max(0.001, (upcoming - self._clock()).total_seconds())) if upcoming else IDLE
        self._done(await self._engine.write(lambda tx: take(tx, rules, now)))
        return 0


def take(tx: Transaction, rules: Rules, now: datetime) -> Desk:
    """Take the steps that are due, each checked against the incident as it is in this transaction."""
    desk = Desk(tx, rules, now)
    steps = escalations.claim_due(tx, now, BATCH)
    known = desk.incidents([step.incident_id for step in steps])
    for step in steps:
        if step.incident_id in known:
            incident = desk.incidents([step.incident_id])[step.incident_id]
            desk.carry_out(_change(incident, now), step=step.number)
    desk.finish()
    return desk


def _change(incident: Incident, now: datetime) -> Change:
    if incident.snoozed_until is not None and incident.snoozed_until <= now:
        return people.wake(incident, ESCALATION, now)
    return Change(EventKind.ESCALATED, incident, ESCALATION, now)


def _is_due(tx: Transaction, now: datetime) -> bool:
    upcoming = escalations.next_due(tx)
    return upcoming is not None and upcoming <= now
