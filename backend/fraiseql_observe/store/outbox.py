# ruff: noqa: S608 - what is put into statements are our own lists of columns
"""Deliveries waiting to be sent, being sent and ended, with the log of every attempt.

A lane is an incident and a destination. In a lane order is kept: a delivery is not claimed before the earlier ones
ended.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fraiseql_observe.errors import ConflictError
from fraiseql_observe.incident.model import DeliveryState
from fraiseql_observe.store.columns import FOREVER, micros, moment, moment_or_none
from fraiseql_observe.store.deliveries import OPEN, Page, attempts_of, deliveries_of, destinations_of, get, search
from fraiseql_observe.store.outbox_rows import COLUMNS, NAMES, attempt_row, delivery_row, to_delivery

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime, timedelta

    from fraiseql_observe.incident.model import Attempt, Delivery
    from fraiseql_observe.store.engine import Transaction

_INSERT = f"insert into delivery ({COLUMNS}) values ({', '.join(f':{name}' for name in NAMES)})"
_LANES = """
select incident_id, destination, max(due_at) as due_at from delivery
where incident_id = any(:incidents) and state in ('new', 'retry') group by incident_id, destination
"""
_SUPERSEDE = """
update delivery set state = 'superseded', finished_at = :now
where incident_id = :incident_id and destination = :destination and state in ('new', 'retry') returning id
"""
# The destinations that something waits for, each found by one step in the index.
_DESTINATIONS = """
with recursive waiting (destination) as (
  select (select d.destination from delivery d where d.state in ('new', 'retry') order by d.destination limit 1)
  union all
  select (
    select d.destination from delivery d where d.state in ('new', 'retry') and d.destination > w.destination
    order by d.destination limit 1
  ) from waiting w where w.destination is not null
)
select destination from waiting where destination is not null
"""
_FIRST_OF_LANE = """
not exists (
  select 1 from delivery e where e.incident_id = d.incident_id and e.destination = d.destination and e.seq < d.seq
  and e.state in ('new', 'retry', 'sending')
)
"""
_CLAIM = f"""
with due as materialized (
  select d.seq from delivery d
  where d.destination = :destination and d.state in ('new', 'retry') and d.due_at <= :now
  and d.created_at < :created_before and {_FIRST_OF_LANE}
  order by d.due_at, d.seq limit :limit for update skip locked
)
update delivery set state = 'sending', attempts = attempts + 1, deadline_at = :deadline
where seq in (select seq from due) returning {COLUMNS}
"""
_NEXT_DUE = f"""
select d.due_at from delivery d where d.destination = :destination and d.state in ('new', 'retry') and {_FIRST_OF_LANE}
order by d.due_at, d.seq limit 1
"""
# A late word of whoever sent it counts as long as nobody claimed it anew.
_FINISH = """
update delivery set state = :state, due_at = :due_at, attempts = :attempts, deadline_at = null,
  finished_at = :finished_at, reason = :reason, detail = :detail
where id = :id and attempts = :number and state in ('sending', 'retry', 'ambiguous')
"""
_GIVE_BACK = """
update delivery set state = case when attempts > 1 then 'retry' else 'new' end, attempts = attempts - 1,
  due_at = :due_at, deadline_at = null
where id = :id and attempts = :attempts and state = 'sending'
"""
# Those behind it would only be looked at in vain until then.
_HOLD_BACK = """
update delivery set due_at = :due_at
where incident_id = :incident_id and destination = :destination and state in ('new', 'retry') and due_at < :due_at
"""
_ATTEMPT = """
insert into attempt (delivery_id, number, started_at, finished_at, outcome, reason, status, detail)
values (:delivery_id, :number, :started_at, :finished_at, :outcome, :reason, :status, :detail)
"""
_EXPIRED = f"""
select {COLUMNS} from delivery where state = 'sending' and deadline_at < :now
order by deadline_at limit :limit for update skip locked
"""
_STUCK = "select count(*) as count from delivery where state = 'sending' and deadline_at < :before"
_REPLAY = """
update delivery set state = 'new', due_at = :now, finished_at = null, deadline_at = null
where id = :id and state in ('dead', 'ambiguous')
"""
_COUNTS = f"""
select state, count(*) as count, sum(case when due_at <= :now then 1 else 0 end) as due, min(due_at) as oldest
from delivery where {OPEN} group by state
"""
__all__ = [
    "Counts",
    "Page",
    "attempts_of",
    "claim",
    "counts",
    "deliveries_of",
    "destinations_of",
    "enqueue",
    "expired",
    "finish",
    "get",
    "give_back",
    "next_due",
    "replay",
    "search",
    "stuck",
    "waiting",
]


@dataclass(frozen=True, slots=True)
class Counts:
    """`ready` are due, `scheduled` later, `running` being sent; `oldest_due` is since when the oldest one waits."""

    ready: int
    scheduled: int
    running: int
    dead: int
    ambiguous: int
    oldest_due: datetime | None


def enqueue(tx: Transaction, deliveries: Iterable[Delivery], *, collapse: bool) -> list[str]:
    """Add deliveries in this order.

    With `collapse`, those of the same incident and destination that nobody sends yet become superseded; returns
    their ids.
    """
    new = list(deliveries)
    lanes = {
        (row["incident_id"], row["destination"]): row["due_at"]
        for row in tx.rows(_LANES, {"incidents": sorted({delivery.incident_id for delivery in new})})
    }
    gone: list[str] = []
    if collapse:
        gone = [id_ for delivery in new if _lane(delivery) in lanes for id_ in _supersede(tx, delivery)]
        lanes = {}
        new = _collapsed(new)
        gone += [delivery.id for delivery in new if delivery.state is DeliveryState.SUPERSEDED]
    rows = map(delivery_row, new)
    tx.many(
        _INSERT,
        [{**row, "due_at": max(row["due_at"], lanes.get(_lane(d), 0))} for row, d in zip(rows, new, strict=True)],
    )
    return gone


def waiting(tx: Transaction) -> list[str]:
    """Give the names of the destinations that a delivery waits for, due or not."""
    return [row["destination"] for row in tx.rows(_DESTINATIONS)]


def claim(
    tx: Transaction,
    now: datetime,
    destination: str,
    limit: int,
    *,
    lease: timedelta,
    created_before: datetime | None = None,
) -> list[Delivery]:
    """Take a destination's due deliveries for sending, oldest due first; on demand only those made before a time.

    They come back as `sending` with one attempt more and `deadline_at` = `now` + `lease`. Replicas never claim the
    same.
    """
    parameters = {
        "now": micros(now),
        "deadline": micros(now + lease),
        "destination": destination,
        "created_before": micros(created_before) if created_before else FOREVER,
        "limit": limit,
    }
    rows = tx.rows(_CLAIM, parameters)
    return sorted(map(to_delivery, rows), key=lambda delivery: (delivery.due_at, delivery.created_at, delivery.id))


def finish(tx: Transaction, delivery: Delivery, attempt: Attempt) -> bool:
    """Write the end of an attempt: `delivery` is the claimed one with its new state, due time and reason.

    Returns False, and writes nothing but the attempt, when the delivery is no longer ours: its deadline passed and
    somebody took it.
    """
    tx.execute(_ATTEMPT, attempt_row(attempt))
    row = delivery_row(delivery)
    if not tx.execute(_FINISH, {**row, "number": attempt.number}):
        return False
    if delivery.state is DeliveryState.RETRY:
        tx.execute(_HOLD_BACK, row)
    return True


def give_back(tx: Transaction, delivery: Delivery, due: datetime) -> bool:
    """Undo a claim that nothing was tried for: due again, one attempt less, no line in the log.

    Returns False, and changes nothing, when the delivery is no longer ours.
    """
    return tx.execute(_GIVE_BACK, {"id": delivery.id, "attempts": delivery.attempts, "due_at": micros(due)}) > 0


def expired(tx: Transaction, now: datetime, limit: int = 100) -> list[Delivery]:
    """Give what is `sending` past its deadline: whoever sent it died, or the machine slept.

    For a write, in which `finish` decides about them; another replica is not given the same.
    """
    return [to_delivery(row) for row in tx.rows(_EXPIRED, {"now": micros(now), "limit": limit})]


def stuck(tx: Transaction, before: datetime) -> int:
    """Count what `expired` would give and nobody took until a time; a read, for whoever only looks."""
    found: int = tx.rows(_STUCK, {"before": micros(before)})[0]["count"]
    return found


def replay(tx: Transaction, id: str, now: datetime) -> Delivery:  # noqa: A002 - the column
    """Make a dead or ambiguous delivery due again, as new.

    Raises:
        NotFoundError: there is none of that id.
        ConflictError: it is not dead or ambiguous.
    """
    changed = tx.execute(_REPLAY, {"id": id, "now": micros(now)})
    delivery = get(tx, id)
    if not changed:
        raise ConflictError(
            f"Delivery {id} is {delivery.state.value}; only a dead or an ambiguous one is replayed.",
            hint="fraiseql-observe alert dead",
        )
    return delivery


def next_due(tx: Transaction, resting: Collection[str] = ()) -> datetime | None:
    """Give when the earliest delivery that waits for its time alone is due; None when there is none."""
    names = [name for name in waiting(tx) if name not in resting]
    found = [row["due_at"] for name in names for row in tx.rows(_NEXT_DUE, {"destination": name})]
    return moment_or_none(min(found, default=None))


def counts(tx: Transaction, now: datetime) -> Counts:
    at = micros(now)
    found = {row["state"]: row for row in tx.rows(_COUNTS, {"now": at})}
    waiting = [found[state] for state in ("new", "retry") if state in found]
    ready = sum(int(row["due"]) for row in waiting)
    oldest = min((row["oldest"] for row in waiting), default=None)
    return Counts(
        ready=ready,
        scheduled=sum(row["count"] for row in waiting) - ready,
        **{name: found[state]["count"] if state in found else 0 for name, state in _COUNTED.items()},
        oldest_due=moment(oldest) if oldest is not None and oldest <= at else None,
    )


_COUNTED = {"running": "sending", "dead": "dead", "ambiguous": "ambiguous"}


def _lane(delivery: Delivery) -> tuple[str, str]:
    return delivery.incident_id, delivery.destination


def _supersede(tx: Transaction, delivery: Delivery) -> list[str]:
    lane = {"incident_id": delivery.incident_id, "destination": delivery.destination}
    return [row["id"] for row in tx.rows(_SUPERSEDE, {**lane, "now": micros(delivery.created_at)})]


def _collapsed(deliveries: list[Delivery]) -> list[Delivery]:
    """Supersede all but the last of each lane."""
    last = {_lane(delivery): delivery.id for delivery in deliveries}
    return [
        delivery
        if last[_lane(delivery)] == delivery.id
        else replace(delivery, state=DeliveryState.SUPERSEDED, finished_at=delivery.created_at)
        for delivery in deliveries
    ]
