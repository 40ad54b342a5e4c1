"""Forgetting what is over: resolved incidents older than the history goes, with all that belongs to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fraiseql_observe.store.columns import micros

if TYPE_CHECKING:
    from datetime import datetime

    from fraiseql_observe.store.engine import Transaction

# `not in` keeps SQLite from taking the index of states instead of that of times.
_OVER = """
select id from incident i where resolved_at < :before and state not in ('firing', 'acknowledged') and not exists (
  select 1 from delivery d where d.incident_id = i.id and d.state in ('new', 'retry', 'sending')
) order by resolved_at limit :limit
"""
_PARTS = (
    "delete from attempt where delivery_id in (select id from delivery where incident_id = any(:ids))",
    "delete from delivery where incident_id = any(:ids)",
    "delete from receipt where incident_id = any(:ids)",
    "delete from event where incident_id = any(:ids)",
    "delete from alert where incident_id = any(:ids)",
    "delete from escalation where incident_id = any(:ids)",
    "delete from incident where id = any(:ids)",
)
# An incident that never ends would collect the ends of its alerts for ever.
_ALERTS = """
delete from alert where identity in (
  select identity from alert where status = 'resolved' and last_seen < :before order by last_seen limit :limit
)
"""
_WINDOWS = "delete from maintenance where ends_at < :before"
_CHANNELS = "delete from channel where paused_until < :before"
_LEASES = "delete from lease where until < :before"


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many went; `more` when there is more than one batch, so that the caller comes again."""

    incidents: int
    alerts: int  # resolved ones of incidents that stay
    windows: int
    more: bool


BATCH = 200  # about 10 ms, for which webhooks wait where there is one writer


def prune(tx: Transaction, before: datetime, *, batch: int = BATCH) -> Pruned:
    """Remove incidents resolved before a time with their alerts, events, deliveries, attempts and receipts.

    Also resolved alerts last heard of before it, whatever their incident, and windows, pauses and leases that ended
    before it. At most `batch` incidents and as many alerts go in one transaction.
    """
    times = {"before": micros(before)}
    ids = [row["id"] for row in tx.rows(_OVER, {**times, "limit": batch})]
    for statement in _PARTS if ids else ():
        tx.execute(statement, {"ids": ids})
    alerts = tx.execute(_ALERTS, {**times, "limit": batch})
    windows = tx.execute(_WINDOWS, times)
    for statement in (_CHANNELS, _LEASES):
        tx.execute(statement, times)
    return Pruned(len(ids), alerts, windows, more=batch in {len(ids), alerts})
