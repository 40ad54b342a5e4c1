"""Where changes of incidents are carried out: collected within one transaction, then written in few statements."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fraiseql_observe.alerts.rules import labels
from fraiseql_observe.incident import policy as policies
from fraiseql_observe.incident.model import Action, EventKind
from fraiseql_observe.incident.plan import Situation, plan
from fraiseql_observe.incident.windows import holding
from fraiseql_observe.store import alerts, deliveries, escalations, events, incidents, outbox, windows

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from fraiseql_observe.alerts.rules import Rules
    from fraiseql_observe.incident.merge import Change, Held
    from fraiseql_observe.incident.model import Delivery, Event, Incident
    from fraiseql_observe.incident.plan import Plan
    from fraiseql_observe.incident.policy import DueStep, Policy
    from fraiseql_observe.incident.windows import Window
    from fraiseql_observe.store.engine import Transaction

LOCK = "processor"
"""Whoever changes incidents holds this lock, so that nobody's change is lost."""


class Desk:
    """One transaction's changes. Nothing is written before `finish`, but it reads as if it were."""

    def __init__(self, tx: Transaction, rules: Rules, now: datetime) -> None:
        tx.lock(LOCK)
        self.changes: list[Change] = []
        self.steps: list[tuple[str, int]] = []  # policy and step, taken
        self.events: list[Event] = []
        self._tx, self._rules, self._now = tx, rules, now
        self._incidents: dict[str, Incident] = {}
        self._versions: dict[str, int] = {}  # as stored; 0 for a new incident
        self._dirty: dict[str, None] = {}
        self._policies: dict[str, Policy] = {}
        self._told: dict[str, set[str]] = {}
        self._windows: list[Window] | None = None
        self._alerts: dict[tuple[str, int], Held] = {}
        self._seen: set[tuple[str, int]] = set()
        self._deliveries: list[Delivery] = []
        self._cancelled: set[str] = set()
        self._next: dict[str, DueStep] = {}

    def incidents(self, ids: Collection[str]) -> dict[str, Incident]:
        """Give these incidents, as changed here."""
        missing = [one for one in set(ids) if one not in self._incidents]
        self.know(incidents.find(self._tx, missing).values() if missing else ())
        return {one: self._incidents[one] for one in ids if one in self._incidents}

    def know(self, loaded: Collection[Incident]) -> None:
        """Take up incidents as they are stored."""
        for incident in loaded:
            if incident.id not in self._incidents:
                self._incidents[incident.id] = incident
                self._versions[incident.id] = incident.version

    def carry_out(self, change: Change, *, destinations: tuple[str, ...] = (), step: int = 0) -> Incident:
        """Plan what follows from a change and keep it for writing; return the incident after it."""
        incident = change.incident
        if change.kind is EventKind.OPENED:
            self._policies[incident.id] = self._rules.policy_of(incident, destinations, self._now)
            self._told[incident.id] = set()
            self._versions[incident.id] = 0
        situation = Situation(
            policy=self._policy(incident.id),
            listeners=self._rules.listeners,
            told=frozenset(self._told_of(incident.id)),
            window=holding(self._active(), labels(incident), self._now),
            step=step,
        )
        planned = plan(change, situation, self._now)
        self._keep(change, planned)
        return self._incidents[incident.id]

    def write_alerts(self, held: Collection[Held], seen: Collection[Held]) -> None:
        """Keep occurrences for writing, and note those that were only heard of again."""
        self._alerts |= {(one.alert.fingerprint, one.alert.starts_ns): one for one in held}
        self._seen |= {(one.alert.fingerprint, one.alert.starts_ns) for one in seen}

    def finish(self) -> None:
        """Write everything and wake whoever waits for it."""
        self._write_incidents()
        alerts.upsert(
            self._tx, [alerts.Kept(one.alert, one.incident_id, self._now, self._now) for one in self._alerts.values()]
        )
        alerts.touch(self._tx, self._seen - self._alerts.keys(), self._now)
        events.append(self._tx, self.events)
        escalations.cancel(self._tx, {one for one in self._cancelled if self._versions[one]})
        escalations.schedule(self._tx, self._next.values())
        self._enqueue()
        topics = {"incidents": self.events or self._alerts, "outbox": self._deliveries, "escalations": self._next}
        for topic in (name for name, reason in topics.items() if reason):
            self._tx.wake(topic)

    def _keep(self, change: Change, planned: Plan) -> None:
        incident = planned.incident
        stored = self._versions.setdefault(incident.id, change.incident.version)
        if planned.events or incident != self._incidents.get(incident.id):
            policy = incident.policy if stored else self._policies[incident.id].name
            incident = replace(incident, version=stored + 1, policy=policy)
            self._dirty[incident.id] = None
        self._incidents[incident.id] = incident
        if planned.cancels:
            self._cancelled.add(incident.id)
            self._next.pop(incident.id, None)
        if planned.next:
            self._next[incident.id] = planned.next
        self.events += planned.events
        self._deliveries += planned.deliveries
        self._told_of(incident.id).update(one.destination for one in planned.deliveries)
        self.changes.append(change)
        for event in planned.events:
            if event.kind is EventKind.ESCALATED:
                self.steps.append((str(event.data["policy"]), int(str(event.data["step"]))))

    def _write_incidents(self) -> None:
        """Write what is resolved before what opens: a group has one unresolved incident."""
        for incident_id in self._dirty:
            if self._versions[incident_id]:
                incidents.update(self._tx, self._incidents[incident_id])
        opened = [one for one in self._dirty if not self._versions[one]]
        incidents.insert_all(
            self._tx, [(self._incidents[one], policies.snapshot(self._policies[one])) for one in opened]
        )

    def _enqueue(self) -> None:
        """Of several updates that one transaction has for somebody, the last says it all."""
        last = {(one.incident_id, one.destination): one.id for one in self._deliveries}
        needed = [
            one
            for one in self._deliveries
            if one.action is not Action.UPDATE or last[one.incident_id, one.destination] == one.id
        ]
        for edits in (True, False):
            chosen = [one for one in needed if self._rules.listeners[one.destination].edits is edits]
            if chosen:
                outbox.enqueue(self._tx, chosen, collapse=edits)

    def _policy(self, incident_id: str) -> Policy:
        if incident_id not in self._policies:
            kept = policies.restore(incidents.snapshot(self._tx, incident_id))
            self._policies[incident_id] = kept or self._rules.default
        return self._policies[incident_id]

    def _told_of(self, incident_id: str) -> set[str]:
        if incident_id not in self._told:
            self._told[incident_id] = set(deliveries.destinations_of(self._tx, [incident_id]).get(incident_id, ()))
        return self._told[incident_id]

    def _active(self) -> list[Window]:
        if self._windows is None:
            self._windows = windows.active(self._tx, self._now)
        return self._windows
