"""The processor: works accepted webhooks into incidents, in the order of their arrival."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from fraiseql_observe.alerts.desk import LOCK, Desk
from fraiseql_observe.errors import ObserveError, StoreError
from fraiseql_observe.incident import payload
from fraiseql_observe.incident.ids import new_id
from fraiseql_observe.incident.merge import Held, Known, merge, severity
from fraiseql_observe.incident.model import Actor, AlertStatus, EventKind
from fraiseql_observe.store import alerts, inbox, incidents, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from fraiseql_observe.alerts.rules import Rules
    from fraiseql_observe.incident.merge import Change, Merged
    from fraiseql_observe.incident.model import Alert, Incident
    from fraiseql_observe.store.engine import Engine, Transaction
    from fraiseql_observe.telemetry import Telemetry

log = logging.getLogger(__name__)

BATCH = 64  # webhooks, or alerts in them, in one transaction: intake waits no longer than these take
SMALL_BATCH = 4  # in a flood, between breaks
BREAK = 0.05  # seconds
LONGEST_LAG = timedelta(seconds=15)  # a webhook that waits for so long waits for no break any more
IDLE = 60.0  # seconds
PATIENCE = 10  # tries of one webhook that the store refuses, before it is kept aside
WATCHDOG_SEEN = "watchdog_last_seen"
OWN = frozenset({"reconciler", "python"})
"""Sources that are ourselves: they tell single alerts, not whole groups."""

_NAMES = {"alertmanager": "Alertmanager", "grafana": "Grafana", "reconciler": "Reconciliation", "python": "Program"}


@dataclass(slots=True)
class Outcome:
    """What one batch did; `opened` comes with the alerts that opened it."""

    items: int = 0
    more: bool = False  # perhaps
    lag: timedelta = timedelta(0)  # how long the first of them waited
    told: Counter[tuple[str, str]] = field(default_factory=Counter)  # alerts by status and severity
    changes: list[Change] = field(default_factory=list)
    steps: list[tuple[str, int]] = field(default_factory=list)
    opened: list[tuple[Incident, tuple[Alert, ...]]] = field(default_factory=list)
    suspicious: set[str] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)
    watchdog: datetime | None = None


class Processor:
    """Only one works at a time, whatever the number of replicas.

    Args:
        engine: the store.
        rules: gives the rules that hold now.
        clock: gives the present.
        telemetry: counts what is kept aside.
        done: is told what a batch did, after its commit.
        busy: tells whether webhooks are waiting for the store; they come first.
    """

    def __init__(
        self,
        engine: Engine,
        rules: Callable[[], Rules],
        *,
        clock: Callable[[], datetime],
        telemetry: Telemetry,
        done: Callable[[Outcome], None],
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        self._engine, self._rules, self._clock = engine, rules, clock
        self._telemetry, self._done, self._busy = telemetry, done, busy
        self._refusals: Counter[str] = Counter()
        self._lag = timedelta(0)

    async def turn(self) -> float:
        """Work one batch in; return 0 when there may be more, else how many seconds nothing needs to be done."""
        limit = await self._give_way()
        try:
            outcome = await self._engine.write(self._work(limit), durable=False)
        except Exception as error:
            if not isinstance(error, StoreError):  # of that the loop tells, once for many times
                log.warning("a batch of webhooks failed; trying them one by one", exc_info=True)
            await self._one_by_one()
            return 0
        self._done(outcome)
        self._lag = outcome.lag
        return 0 if outcome.more else IDLE

    async def catch_up(self) -> None:
        """Work in everything that is there now; what comes meanwhile may have to wait."""
        waiting = (await self._engine.read(inbox.backlog)).count
        for _ in range(waiting + 1):
            if await self.turn():
                return

    async def _give_way(self) -> int:
        """In a flood let webhooks be taken in first, but not for ever; return how many may be worked in at once."""
        if self._busy() and self._lag < LONGEST_LAG:
            await asyncio.sleep(BREAK)
            if self._busy():
                return SMALL_BATCH
        return BATCH

    async def _one_by_one(self) -> None:
        """Work in the oldest webhooks singly; one that cannot be is kept aside, with its reason.

        Raises:
            StoreError: the store does not work; everything stays where it is.
        """
        for _ in range(BATCH):
            try:
                outcome = await self._engine.write(self._work(1), durable=False)
            except StoreError as error:
                if not await self._given_up(error):
                    raise
                continue
            except Exception as error:  # noqa: BLE001 - whatever a webhook holds, the next one must be worked in
                await self._keep_aside(error)
                continue
            self._done(outcome)
            if not outcome.items:
                return

    async def _given_up(self, error: StoreError) -> bool:
        """Tell whether the store refused this one webhook so often that it is the webhook's fault."""
        first = await self._engine.read(lambda tx: inbox.claim(tx, 1))
        if not first:
            return False
        self._refusals[first[0].id] += 1
        if self._refusals[first[0].id] < PATIENCE:
            return False
        await self._keep_aside(error)
        return True

    async def _keep_aside(self, error: Exception) -> None:
        why = error.message if isinstance(error, ObserveError) else f"{type(error).__name__} while it was worked in"

        def work(tx: Transaction) -> str:
            tx.lock(LOCK)
            items = inbox.claim(tx, 1)
            for item in items:
                inbox.keep_rejected(tx, item.source, item.received_at, item.body, why)
            inbox.done(tx, [item.id for item in items])
            return items[0].id if items else ""

        kept = await self._engine.write(work)
        self._refusals.pop(kept, None)
        self._telemetry.inbox_rejected.inc()
        log.error("webhook %s was kept aside: %s", kept, why, exc_info=error, extra={"inbox": kept})

    def _work(self, limit: int) -> Callable[[Transaction], Outcome]:
        rules, now = self._rules(), self._clock()

        def work(tx: Transaction) -> Outcome:
            desk = Desk(tx, rules, now)
            items = inbox.claim(tx, limit)
            groups = _portion(items, limit)
            outcome = Outcome(items=len(groups), more=len(groups) < len(items) or len(items) == limit)
            if groups:
                outcome.lag = now - items[0].received_at
                _Batch(tx, desk, rules, now, outcome).merge(groups)
                desk.finish()
                inbox.done(tx, [item.id for item, _ in groups])
            outcome.changes, outcome.steps = desk.changes, desk.steps
            return outcome

        return work


def _portion(items: Sequence[inbox.Item], most: int) -> list[tuple[inbox.Item, payload.Group]]:
    """Read the oldest webhooks, at least one, until so many alerts are together."""
    groups, alerts = [], 0
    for item in items:
        group = payload.parse(item.body, own=item.source in OWN)
        groups.append((item, group))
        alerts += len(group.alerts)
        if alerts >= most:
            break
    return groups


class _Batch:
    """What a batch of groups touches: read in few statements before, kept up to date while they are merged."""

    def __init__(self, tx: Transaction, desk: Desk, rules: Rules, now: datetime, outcome: Outcome) -> None:
        self._tx, self._desk, self._rules, self._now, self._outcome = tx, desk, rules, now, outcome
        self._latest: dict[str, Held] = {}
        self._current: dict[str, str] = {}  # latest incident of each key

    def merge(self, groups: Sequence[tuple[inbox.Item, payload.Group]]) -> None:
        kept = [(item, self._without_watchdog(group)) for item, group in groups]
        self._load([group for _, group in kept])
        self._outcome.told = Counter(
            (alert.status.value, severity(alert.labels).value) for _, group in kept for alert in group.alerts
        )
        for item, group in kept:
            self._merge(item, group)

    def _without_watchdog(self, group: payload.Group) -> payload.Group:
        """Take note of the alert that must always fire; it opens no incident."""
        others = tuple(alert for alert in group.alerts if alert.name != self._rules.watchdog)
        if len(others) == len(group.alerts):
            return group
        if any(a.name == self._rules.watchdog and a.status is AlertStatus.FIRING for a in group.alerts):
            settings.put(self._tx, WATCHDOG_SEEN, self._now.isoformat())
            self._outcome.watchdog = self._now
        return replace(group, alerts=others)

    def _load(self, groups: Sequence[payload.Group]) -> None:
        prints = {alert.fingerprint for group in groups for alert in group.alerts}
        keys = {group.key for group in groups}
        latest = alerts.latest(self._tx, prints) if prints else {}
        current = incidents.latest(self._tx, keys) if prints else {}
        self._desk.know(current.values())
        self._current = {key: incident.id for key, incident in current.items()}
        known = self._desk.incidents({kept.incident_id for kept in latest.values()})
        self._latest = {
            name: Held(kept.alert, kept.incident_id) for name, kept in latest.items() if kept.incident_id in known
        }

    def _merge(self, item: inbox.Item, group: payload.Group) -> None:
        if not group.alerts:
            return
        prints = {alert.fingerprint for alert in group.alerts}
        latest = {name: self._latest[name] for name in prints if name in self._latest}
        current = self._current.get(group.key, "")
        known = self._desk.incidents({held.incident_id for held in latest.values()} | ({current} if current else set()))
        merged = merge(
            group,
            Known(latest, known, known.get(current)),
            actor=group.actor or Actor(_NAMES.get(item.source, item.source), item.source),
            now=self._now,
            reopen_within=self._rules.reopen_within,
            complete=item.source not in OWN,
            make_id=lambda: new_id("inc", self._now),
        )
        self._keep(group, merged)

    def _keep(self, group: payload.Group, merged: Merged) -> None:
        for change in merged.changes:
            incident = self._desk.carry_out(change, destinations=group.destinations)
            if change.kind in {EventKind.OPENED, EventKind.REOPENED}:
                self._current[group.key] = incident.id
                self._outcome.opened.append((incident, group.alerts))
        self._latest |= {held.alert.fingerprint: held for held in merged.alerts}
        self._desk.write_alerts(merged.alerts, merged.seen)
        self._outcome.suspicious |= merged.suspicious
        self._outcome.doubtful |= merged.doubtful
