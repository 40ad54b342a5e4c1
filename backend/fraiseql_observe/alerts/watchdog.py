"""The dead man's switch: an alert that always fires must keep coming in, or alerts do not reach us."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from fraiseql_observe.alerts.processor import WATCHDOG_SEEN
from fraiseql_observe.incident import payload
from fraiseql_observe.incident.ids import new_id
from fraiseql_observe.incident.model import AlertStatus, Severity
from fraiseql_observe.store import alerts, inbox, settings

if TYPE_CHECKING:
    from fraiseql_observe.config.watchdog import WatchdogSettings
    from fraiseql_observe.incident.model import Alert
    from fraiseql_observe.store.engine import Transaction

NAME = "AlertsDoNotArrive"
RECEIVER = "own"
"""The receiver of alerts that programs send and of our own: no Alertmanager is asked about them."""


def check(tx: Transaction, watchdog: WatchdogSettings, started: datetime, now: datetime) -> bool:
    """Open an incident when the watchdog stays away, and resolve it when it is back; return whether either was so.

    It is expected from its first arrival on, and again for the whole time after our own start.
    """
    kept = settings.get(tx, WATCHDOG_SEEN)
    if not kept or not watchdog.expect_within:
        return False
    seen = datetime.fromisoformat(kept)
    missing = now - max(seen, started) > watchdog.expect_within
    told = _alert(watchdog.alert, seen)
    known = alerts.latest(tx, [told.fingerprint]).get(told.fingerprint)
    fires = known is not None and known.alert.status is AlertStatus.FIRING
    if missing == fires:
        return False
    if missing:
        # All replicas find the same start, so that they open one incident.
        told = _alert(watchdog.alert, seen, starts_at=seen + watchdog.expect_within)
    elif known:
        told = _alert(watchdog.alert, seen, starts_at=payload.moment(known.alert.starts_ns), ended_at=now)
    group = payload.Group(RECEIVER, {"alertname": NAME}, told.labels, told.annotations, (told,))
    row = inbox.row(new_id("box", now), "reconciler", now, payload.render(group))
    tx.execute(inbox.INSERT, row)
    tx.wake("inbox")
    return True


def set_back(tx: Transaction, now: datetime) -> None:
    """Expect it from now on when it was last seen by a clock that was ahead; else its absence would not be missed."""
    kept = settings.get(tx, WATCHDOG_SEEN)
    if kept and datetime.fromisoformat(kept) > now:
        settings.put(tx, WATCHDOG_SEEN, now.isoformat())


def _alert(name: str, seen: datetime, *, starts_at: datetime | None = None, ended_at: datetime | None = None) -> Alert:
    return payload.new_alert(
        NAME,
        severity=Severity.CRITICAL,
        labels={"watchdog": name},
        annotations={
            "summary": "Alerts do not arrive",
            "description": f"{name}, which always fires, was last told {seen:%Y-%m-%d %H:%M:%S} UTC: see whether "
            "Prometheus evaluates its rules, Alertmanager runs, and its webhook reaches this service.",
        },
        starts_at=starts_at,
        ended_at=ended_at,
    )
