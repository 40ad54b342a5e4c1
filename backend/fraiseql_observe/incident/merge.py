"""What a told group means for what is known: which occurrences began and ended, and what that does to incidents.

An incident's key is that of its group, but an occurrence stays with the incident that it began in.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - public annotations
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta  # noqa: TC003
from typing import TYPE_CHECKING

from fraiseql_observe.incident.fate import fate
from fraiseql_observe.incident.model import (
    Actor,
    Alert,
    AlertStatus,
    EventKind,
    Incident,
    Severity,
    State,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fraiseql_observe.incident import payload

_NAMES = 20  # alerts that an event names
_TITLE = 300  # characters
_RANKS = list(Severity)  # declared from the worst to the mildest


@dataclass(frozen=True, slots=True)
class Held:
    """An occurrence and the incident it belongs to."""

    alert: Alert
    incident_id: str


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one incident, and the incident after it."""

    kind: EventKind
    incident: Incident
    actor: Actor
    at: datetime
    comment: str = ""
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before: latest occurrences by fingerprint, incidents by id, latest incident of the group."""

    latest: Mapping[str, Held]
    incidents: Mapping[str, Incident]
    current: Incident | None


@dataclass(frozen=True, slots=True)
class Merged:
    """`changes` in their order, `alerts` to write, `seen` to note; doubts are for Alertmanager to settle."""

    changes: tuple[Change, ...] = ()
    alerts: tuple[Held, ...] = ()
    seen: tuple[Held, ...] = ()
    doubtful: frozenset[str] = frozenset()  # fingerprints
    suspicious: frozenset[str] = frozenset()  # incident ids whose alerts were not all told


def merge(
    group: payload.Group,
    known: Known,
    *,
    actor: Actor,
    now: datetime,
    reopen_within: timedelta,
    complete: bool,
    make_id: Callable[[], str],
) -> Merged:
    """Merge one told group.

    Args:
        group: what was told.
        known: what is known of its label sets, its group, and the incidents that these belong to.
        actor: who told it.
        now: the present.
        reopen_within: how soon after its resolution an incident is opened again instead of a new one.
        complete: it claims to be the whole group, so that members it lacks are suspicious.
        make_id: gives the id of a new incident.
    """
    sorted_out = _sort_out(group, known, now)
    incidents = dict(known.incidents)
    changes: list[Change] = []
    home = known.current
    if sorted_out.begun:
        begun = list(sorted_out.begun.values())
        home, kind = _home(group, begun, home, now, reopen_within, make_id)
        incidents[home.id] = home
        changes.append(Change(kind, home, actor, now, data=_named(begun)))
        if kind is EventKind.OPENED and home.state is State.RESOLVED:
            changes.append(Change(EventKind.RESOLVED, home, actor, now))
    for incident_id, alerts in sorted_out.ended.items():
        change = _end(incidents[incident_id], alerts, actor, now)
        incidents[incident_id] = change.incident
        changes.append(change)
    home = incidents.get(home.id, home) if home else None
    return Merged(
        changes=tuple(changes),
        alerts=(
            *(Held(alert, incident_id) for incident_id, alerts in sorted_out.ended.items() for alert in alerts),
            *(Held(alert, home.id) for alert in sorted_out.begun.values() if home),
            *sorted_out.rewritten.values(),
        ),
        seen=tuple(sorted_out.seen),
        doubtful=frozenset(sorted_out.doubtful),
        suspicious=frozenset({home.id}) if home and complete and _lacks(group, home) else frozenset(),
    )


@dataclass(slots=True)
class _SortedOut:
    """The fates of a group's alerts; `begun` by identity, `ended` by incident, `rewritten` by fingerprint."""

    begun: dict[tuple[str, int], Alert] = field(default_factory=dict)
    ended: dict[str, list[Alert]] = field(default_factory=dict)
    rewritten: dict[str, Held] = field(default_factory=dict)
    seen: list[Held] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)


def _sort_out(group: payload.Group, known: Known, now: datetime) -> _SortedOut:
    out = _SortedOut()
    latest = dict(known.latest)
    for told in group.alerts:
        held = latest.get(told.fingerprint)
        found = fate(told, held.alert if held else None, now)
        if held and found.ended:
            _put_ended(out, Held(found.ended, held.incident_id))
            latest[told.fingerprint] = Held(found.ended, held.incident_id)
        if found.begun:
            out.begun[told.fingerprint, told.starts_ns] = found.begun
            latest[told.fingerprint] = Held(found.begun, "")  # told twice in one group: its incident is yet to be found
        if held and found.seen:
            latest[told.fingerprint] = Held(found.seen, held.incident_id)
            _put_seen(out, held, found.seen)
        if found.doubtful:
            out.doubtful.append(told.fingerprint)
    return out


def _put_ended(out: _SortedOut, held: Held) -> None:
    if held.incident_id:
        out.ended.setdefault(held.incident_id, []).append(held.alert)
    else:
        out.begun[held.alert.fingerprint, held.alert.starts_ns] = held.alert


def _put_seen(out: _SortedOut, held: Held, now: Alert) -> None:
    if not held.incident_id:
        out.begun[now.fingerprint, now.starts_ns] = now
    elif now != held.alert:
        out.rewritten[now.fingerprint] = Held(now, held.incident_id)
    else:
        out.seen.append(held)


def _home(
    group: payload.Group,
    begun: list[Alert],
    current: Incident | None,
    now: datetime,
    reopen_within: timedelta,
    make_id: Callable[[], str],
) -> tuple[Incident, EventKind]:
    """Find the incident that begun alerts belong to, with them in it, and say what that does to it."""
    if current and (current.state is not State.RESOLVED or not _firing(begun)):
        return _joined(current, group, begun, now), EventKind.ALERTS_ADDED
    if current and current.resolved_at and now - current.resolved_at <= reopen_within:
        return _reopened(_joined(current, group, begun, now)), EventKind.REOPENED
    return _opened(group, begun, now, make_id()), EventKind.OPENED


def _opened(group: payload.Group, begun: list[Alert], now: datetime, new_id: str) -> Incident:
    firing = _firing(begun)
    return Incident(
        id=new_id,
        key=group.key,
        state=State.FIRING if firing else State.RESOLVED,
        severity=_worst(severity(alert.labels) for alert in begun),
        title=title(group),
        receiver=group.receiver,
        group_labels=group.group_labels,
        common_labels=group.common_labels,
        common_annotations=group.common_annotations,
        opened_at=now,
        updated_at=now,
        version=0,
        firing=firing,
        total=len(begun),
        resolved_at=None if firing else now,
        external_url=group.external_url,
    )


def _joined(incident: Incident, group: payload.Group, begun: list[Alert], now: datetime) -> Incident:
    return replace(
        incident,
        severity=_worst([incident.severity, *(severity(alert.labels) for alert in begun)]),
        common_labels=group.common_labels,
        common_annotations=group.common_annotations,
        firing=incident.firing + _firing(begun),
        total=incident.total + len(begun),
        updated_at=now,
    )


def _firing(alerts: Iterable[Alert]) -> int:
    return sum(alert.status is AlertStatus.FIRING for alert in alerts)


def _worst(severities: Iterable[Severity]) -> Severity:
    return min(severities, key=_RANKS.index)


def _reopened(incident: Incident) -> Incident:
    return replace(
        incident,
        state=State.FIRING,
        reopened=incident.reopened + 1,
        acknowledged_at=None,
        acknowledged_by="",
        resolved_at=None,
        resolved_by="",
        snoozed_until=None,
    )


def _end(incident: Incident, ended: list[Alert], actor: Actor, now: datetime) -> Change:
    """Take ended alerts out of what fires; the last of them resolves the incident."""
    left = replace(incident, firing=max(incident.firing - len(ended), 0), updated_at=now)
    if left.firing or incident.state is State.RESOLVED:
        return Change(EventKind.ALERTS_RESOLVED, left, actor, now, data=_named(ended))
    return Change(EventKind.RESOLVED, resolved(left, actor, now), actor, now, data=_named(ended))


def resolved(incident: Incident, actor: Actor, now: datetime) -> Incident:
    """Return the incident resolved by somebody."""
    return replace(
        incident,
        state=State.RESOLVED,
        resolved_at=now,
        resolved_by=actor.name,
        updated_at=now,
        snoozed_until=None,
        silenced_by="",
    )


def _lacks(group: payload.Group, incident: Incident) -> bool:
    """Tell whether fewer alerts were told to fire than are known to, or some were left out."""
    told = {alert.fingerprint for alert in group.alerts if alert.status is AlertStatus.FIRING}
    return incident.state is not State.RESOLVED and (group.truncated > 0 or len(told) < incident.firing)


def severity(labels: Mapping[str, str]) -> Severity:
    """Return the severity that the labels name; anything else is a warning."""
    try:
        return Severity(labels.get("severity", "").lower())
    except ValueError:
        return Severity.WARNING


def title(group: payload.Group) -> str:
    """Return what people call it: the summary that all have in common, else the names of the alerts."""
    names = ", ".join(dict.fromkeys(alert.name for alert in group.alerts))
    return " ".join((group.common_annotations.get("summary") or names or "unnamed alert").split())[:_TITLE]


def _named(alerts: Iterable[Alert]) -> dict[str, object]:
    alerts = list(alerts)
    names = list(dict.fromkeys(alert.name[:_TITLE] for alert in alerts))[:_NAMES]
    return {"alerts": len(alerts), "names": names}
