"""What Alertmanager's list says about ours: pure, but for the memory of since when something differs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fraiseql_observe.incident import identity, payload
from fraiseql_observe.incident.model import Alert, AlertStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime, timedelta

    from fraiseql_observe.alerts.alertmanager import Listed, ListedGroup
    from fraiseql_observe.incident.model import Incident
    from fraiseql_observe.store.alerts import Identity, Kept


@dataclass(frozen=True, slots=True)
class Fires:
    """One of our firing alerts, without what it says: there may be very many."""

    fingerprint: str
    starts_ns: int
    incident_id: str
    receiver: str
    last_seen: datetime

    @property
    def identity(self) -> Identity:
        return self.fingerprint, self.starts_ns


@dataclass(slots=True)
class Memory:
    """Since when our alerts are not in its list, and since when its alerts (fingerprints) are not in ours.

    No time in it is later than the last look, though the clock may have been set back.
    """

    absent: dict[Identity, datetime] = field(default_factory=dict)
    unknown: dict[str, datetime] = field(default_factory=dict)


def lost_resolves(
    ours: Iterable[Fires], theirs: Collection[str], memory: Memory, *, suspects: Collection[str], asked: datetime,
    confirm_after: timedelta,
) -> list[Fires]:  # fmt: skip
    """Return those of our firing alerts that are over, though nobody said so.

    Args:
        ours: what fires here.
        theirs: fingerprints of what has not ended there.
        memory: since when alerts are absent; brought up to date.
        suspects: incidents whose alerts Alertmanager has already left out: no need to wait for them.
        asked: when the list was asked for; what was heard of since then is not judged by it.
        confirm_after: how long something must be absent.
    """
    absent = [one for one in ours if one.fingerprint not in theirs and one.last_seen < asked]
    memory.absent = {one.identity: min(memory.absent.get(one.identity, asked), asked) for one in absent}
    return [
        one for one in absent if one.incident_id in suspects or asked - memory.absent[one.identity] >= confirm_after
    ]


def lost_alerts(
    ours: Collection[str], theirs: Iterable[Listed], memory: Memory, *, doubtful: Collection[str], asked: datetime,
    confirm_after: timedelta,
) -> set[str]:  # fmt: skip
    """Return fingerprints of alerts that fire there and not here, though nobody told us.

    Args:
        ours: fingerprints of what fires here.
        theirs: what has not ended there.
        memory: since when alerts are unknown; brought up to date.
        doubtful: those that we were told to fire but hold for ended: no need to wait for them.
        asked: when the list was asked for.
        confirm_after: how long something must be unknown.
    """
    unknown = {one.fingerprint for one in theirs if one.active} - set(ours)
    memory.unknown = {name: min(memory.unknown.get(name, asked), asked) for name in unknown}
    return {name for name in unknown if name in doubtful or asked - memory.unknown[name] >= confirm_after}


def members(groups: Iterable[ListedGroup], keys: Collection[str]) -> set[str]:
    """Return fingerprints of all alerts in the groups with these keys: those of which we know that we miss some."""
    return {
        one.fingerprint
        for group in groups
        if identity.incident_key(group.receiver.name, group.labels) in keys
        for one in group.alerts
    }


def resolving(over: Iterable[Kept], incidents: Mapping[str, Incident], now: datetime) -> list[payload.Group]:
    """Return groups that tell the end of these alerts."""
    by_incident: dict[str, list[Alert]] = {}
    for kept in over:
        ended = replace(kept.alert, status=AlertStatus.RESOLVED, ended_at=now)
        by_incident.setdefault(kept.incident_id, []).append(ended)
    return [
        payload.Group(
            receiver=incidents[name].receiver,
            group_labels=incidents[name].group_labels,
            common_labels=incidents[name].common_labels,
            common_annotations=incidents[name].common_annotations,
            alerts=tuple(alerts[at : at + payload.MAX_ALERTS]),
            external_url=incidents[name].external_url,
        )
        for name, alerts in by_incident.items()
        if name in incidents
        for at in range(0, len(alerts), payload.MAX_ALERTS)
    ]


def firing(
    lost: Collection[str], groups: Iterable[ListedGroup], known: Mapping[str, Alert], now: datetime
) -> list[payload.Group]:
    """Return groups that tell the lost alerts; one that we hold for ended begins anew, now."""
    told = []
    for group in groups:
        chosen = [one for one in group.alerts if one.fingerprint in lost and one.active]
        if chosen:
            told.append(
                payload.Group(
                    receiver=group.receiver.name,
                    group_labels=group.labels,
                    common_labels=_common([one.labels for one in chosen]),
                    common_annotations=_common([one.annotations for one in chosen]),
                    alerts=tuple(_begun(one.alert(), known, now) for one in chosen[: payload.MAX_ALERTS]),
                )
            )
    return told


def _begun(alert: Alert, known: Mapping[str, Alert], now: datetime) -> Alert:
    return replace(alert, starts_ns=payload.nanoseconds(now)) if alert.fingerprint in known else alert


def _common(several: list[dict[str, str]]) -> dict[str, str]:
    first, *others = several
    return {name: value for name, value in first.items() if all(one.get(name) == value for one in others)}
