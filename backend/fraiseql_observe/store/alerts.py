"""Occurrences of alerts, each with the incident it belongs to and when it was last heard of."""

# ruff: noqa: S608 - what is put into statements are our own lists of columns

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fraiseql_observe.incident.model import Alert, AlertStatus
from fraiseql_observe.store.columns import dump, load, micros, micros_or_none, moment, moment_or_none, text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from fraiseql_observe.store.engine import Transaction

Identity = tuple[str, int]  # fingerprint, starts_ns

_COLUMNS = (
    "fingerprint, starts_ns, incident_id, status, labels, annotations, ended_at, generator_url, first_seen, last_seen"
)
_NAMES = _COLUMNS.split(", ")
_KEPT = ("identity", "fingerprint", "starts_ns", "first_seen")
_UPSERT = f"""
insert into alert (identity, {_COLUMNS}) values (:identity, {", ".join(f":{name}" for name in _NAMES)})
on conflict (identity) do update set {", ".join(f"{name} = excluded.{name}" for name in _NAMES if name not in _KEPT)}
"""
_BY_IDENTITY = f"select {_COLUMNS} from alert where identity = any(:identities)"
_LATEST = f"""
select {_COLUMNS} from alert where (fingerprint, starts_ns) in (
  select fingerprint, max(starts_ns) from alert where fingerprint = any(:fingerprints) group by fingerprint
)
"""
_OF = f"""
select {_COLUMNS} from alert where incident_id = :incident_id order by status, starts_ns, fingerprint limit :limit
"""
_OF_ALL = f"""
select {_COLUMNS} from alert where incident_id = any(:incidents) order by status, starts_ns, fingerprint
"""
_TOUCH = "update alert set last_seen = :seen where identity = any(:identities) and last_seen < :seen"
_STALE = f"""
select {_COLUMNS} from alert where status = 'firing' and last_seen < :before order by last_seen limit :limit
"""
_ALL_FIRING = f"""
select {_COLUMNS} from alert where status = 'firing' and identity > :after order by identity limit :limit
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """An alert as it is stored."""

    alert: Alert
    incident_id: str
    first_seen: datetime
    last_seen: datetime

    @property
    def identity(self) -> Identity:
        return identity(self.alert)


def identity(alert: Alert) -> Identity:
    return alert.fingerprint, alert.starts_ns


def by_identity(tx: Transaction, identities: Collection[Identity]) -> dict[Identity, Kept]:
    """Give those of these occurrences that are known."""
    rows = tx.rows(_BY_IDENTITY, {"identities": [_key(one) for one in identities]})
    return {kept.identity: kept for kept in map(_kept, rows)}


def latest(tx: Transaction, fingerprints: Collection[str]) -> dict[str, Kept]:
    """Give the occurrence of each label set that started last, firing or not."""
    rows = tx.rows(_LATEST, {"fingerprints": list(fingerprints)})
    return {row["fingerprint"]: _kept(row) for row in rows}


def all_firing(tx: Transaction, after: Identity | None = None, limit: int = 1000) -> list[Kept]:
    """Give every firing occurrence, a batch at a time: `after` is the last identity of the batch before."""
    parameters = {"after": _key(after) if after else "", "limit": limit}
    return [_kept(row) for row in tx.rows(_ALL_FIRING, parameters)]


def of(tx: Transaction, incident_id: str, limit: int = 100) -> list[Kept]:
    """Give the incident's alerts: those that fire first, then by start."""
    return [_kept(row) for row in tx.rows(_OF, {"incident_id": incident_id, "limit": limit})]


def of_all(tx: Transaction, incidents: Collection[str]) -> dict[str, list[Kept]]:
    """Give all alerts of each incident, in the order of `of`; for incidents that have few."""
    found: dict[str, list[Kept]] = {one: [] for one in incidents}
    for row in tx.rows(_OF_ALL, {"incidents": list(found)}):
        found[row["incident_id"]].append(_kept(row))
    return found


def upsert(tx: Transaction, rows: Iterable[Kept]) -> None:
    """Write occurrences; of one that is known, `first_seen` stays."""
    tx.many(_UPSERT, [_row(kept) for kept in rows])


def touch(tx: Transaction, identities: Collection[Identity], seen: datetime) -> None:
    """Note that these were heard of; never moves back."""
    if identities:
        tx.execute(_TOUCH, {"identities": [_key(one) for one in identities], "seen": micros(seen)})


def stale(tx: Transaction, before: datetime, limit: int = 1000) -> list[Kept]:
    """Give firing occurrences without a word since a time, longest silence first."""
    return [_kept(row) for row in tx.rows(_STALE, {"before": micros(before), "limit": limit})]


def _key(identity: Identity) -> str:
    return f"{identity[0]}:{identity[1]}"


def _row(kept: Kept) -> dict[str, Any]:
    alert = kept.alert
    return {
        "identity": _key(kept.identity),
        "fingerprint": alert.fingerprint,
        "starts_ns": alert.starts_ns,
        "incident_id": kept.incident_id,
        "status": alert.status.value,
        "labels": dump(dict(alert.labels)),
        "annotations": dump(dict(alert.annotations)),
        "ended_at": micros_or_none(alert.ended_at),
        "generator_url": text(alert.generator_url),
        "first_seen": micros(kept.first_seen),
        "last_seen": micros(kept.last_seen),
    }


def _kept(row: Mapping[str, Any]) -> Kept:
    alert = Alert(
        fingerprint=row["fingerprint"],
        starts_ns=row["starts_ns"],
        status=AlertStatus(row["status"]),
        labels=load(row["labels"]),
        annotations=load(row["annotations"]),
        ended_at=moment_or_none(row["ended_at"]),
        generator_url=row["generator_url"],
    )
    return Kept(alert, row["incident_id"], moment(row["first_seen"]), moment(row["last_seen"]))
