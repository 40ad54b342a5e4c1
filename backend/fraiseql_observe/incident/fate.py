"""What one told alert means for its label set, of which only the latest occurrence matters.

Whatever the order in which alerts are told, and however often: the latest occurrence fires unless a resolve of its own
start was told, or one of an earlier start that reaches beyond its beginning. (Alertmanager moves a start back when it
merges two alerts, and then resolves both under the earlier start.)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fraiseql_observe.incident import payload
from fraiseql_observe.incident.model import Alert, AlertStatus

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Fate:
    """What one told alert means for its label set.

    `ended` fired and is over now; `begun` was not known (and may be over already); `seen` is as it was.
    `doubtful`: it is said to fire, but we were told that it is over.
    """

    ended: Alert | None = None
    begun: Alert | None = None
    seen: Alert | None = None
    doubtful: bool = False


def fate(told: Alert, latest: Alert | None, now: datetime) -> Fate:
    """Say what one told alert means, given the latest known occurrence of its label set."""
    return _firing(told, latest) if told.status is AlertStatus.FIRING else _resolved(told, latest, now)


def _firing(told: Alert, latest: Alert | None) -> Fate:
    if latest is None:
        return Fate(begun=told)
    fires = latest.status is AlertStatus.FIRING
    if told.starts_ns <= latest.starts_ns or (not fires and told.starts_ns <= _end_ns(latest)):
        again = replace(latest, annotations=told.annotations, generator_url=told.generator_url)
        return Fate(seen=again) if fires else Fate(doubtful=True)
    # Only one of a label set fires at a time: the resolve of the earlier one was lost.
    return Fate(begun=told, ended=_over(latest, payload.moment(told.starts_ns)) if fires else None)


def _resolved(told: Alert, latest: Alert | None, now: datetime) -> Fate:
    end = min(told.ended_at or now, now)
    if latest is None:
        return Fate(begun=_over(told, end))
    fires = latest.status is AlertStatus.FIRING
    if told.starts_ns > latest.starts_ns:
        ended = _over(latest, payload.moment(told.starts_ns)) if fires else None
        reaches = not fires and latest.ended_at and told.starts_ns <= _end_ns(latest)
        return Fate(begun=_over(told, max(end, latest.ended_at or end) if reaches else end), ended=ended)
    if told.starts_ns < latest.starts_ns and payload.nanoseconds(end) < latest.starts_ns:
        return Fate()  # it was over before the latest began
    if fires:
        return Fate(ended=_over(latest, end))
    return Fate(seen=_over(latest, max(end, latest.ended_at or end)))


def _over(alert: Alert, end: datetime) -> Alert:
    return replace(alert, status=AlertStatus.RESOLVED, ended_at=end)


def _end_ns(alert: Alert) -> int:
    return payload.nanoseconds(alert.ended_at) if alert.ended_at else alert.starts_ns
