"""What the dispatcher writes and claims in one transaction: results of what ended, new work, what crashed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from fraiseql_observe.alerts import outcomes
from fraiseql_observe.alerts.channels import DISABLED
from fraiseql_observe.alerts.sending import BUILD_SECONDS, SPARE_SECONDS
from fraiseql_observe.config.destinations import DestinationSettings
from fraiseql_observe.errors import Reason
from fraiseql_observe.incident.ids import new_id
from fraiseql_observe.incident.model import Actor, DeliveryState, Event, EventKind
from fraiseql_observe.notify.base import Traits
from fraiseql_observe.notify.limits import limits
from fraiseql_observe.store import channels, events, outbox, receipts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from fraiseql_observe.alerts.outcomes import Result
    from fraiseql_observe.incident.model import Delivery
    from fraiseql_observe.notify.base import Destination
    from fraiseql_observe.notify.limits import Limits
    from fraiseql_observe.store.engine import Transaction

BATCH = 100  # rows without a destination, and crashed ones, that one turn takes
_KINDS = {
    DeliveryState.SENT: EventKind.DELIVERED,
    DeliveryState.DEAD: EventKind.DELIVERY_DEAD,
    DeliveryState.AMBIGUOUS: EventKind.DELIVERY_DEAD,
}
LEASE_SPARE = 15.0  # seconds to write down what became of a sending, beyond the longest that it may take
UNKNOWN = limits(Traits(), DestinationSettings())  # of a destination that is no longer configured


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn is to do: a snapshot, because the transaction may run twice and in another thread."""

    now: datetime
    destinations: Mapping[str, Destination]
    allowances: Mapping[str, int]  # by channel
    room: int  # for all channels together
    results: Sequence[Result] = ()
    crashed_before: datetime | None = None  # look for sendings whose deadline passed by then
    running: Collection[str] = ()  # ids of deliveries that this process is sending


@dataclass(slots=True)
class Taken:
    """What it did: `claimed` is to be sent; `ended` was written down, `lost` had been taken over by somebody else."""

    claimed: list[Delivery] = field(default_factory=list)
    ended: list[Result] = field(default_factory=list)
    lost: list[Result] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)  # of the timelines
    waiting: set[str] = field(default_factory=set)  # channels with more to send than they may now
    paused: dict[str, datetime] = field(default_factory=dict)  # as the store knows it
    next_due: datetime | None = None


def take(tx: Transaction, turn: Turn, chance: Callable[[], float]) -> Taken:
    """Do a turn."""
    taken = Taken()
    for result in turn.results:
        _write(tx, result, turn, taken)
    if turn.crashed_before is not None:
        for delivery in outbox.expired(tx, turn.crashed_before, BATCH):
            if delivery.id not in turn.running:
                _write(tx, _crashed(delivery, turn, chance), turn, taken)
    taken.paused = channels.paused(tx, turn.now)
    if turn.room > 0:  # else a sending must end first, and that is another turn
        _claim(tx, turn, taken, chance())
        resting = [name for name, each in turn.destinations.items() if each.channel in taken.waiting]
        taken.next_due = outbox.next_due(tx, resting)
    if taken.events:
        events.append(tx, taken.events)
        tx.wake("incidents")
    return taken


def lease(destination: Destination | None) -> timedelta:
    """How long a sending belongs to who claimed it; another that took it earlier might send it a second time."""
    return timedelta(seconds=BUILD_SECONDS + _holds(destination).timeout + SPARE_SECONDS + LEASE_SPARE)


def _holds(destination: Destination | None) -> Limits:
    return UNKNOWN if destination is None else limits(destination.traits, destination.settings)


def _claim(tx: Transaction, turn: Turn, taken: Taken, chance: float) -> None:
    """Share what may be begun; the first in the row is another each time, so that none waits for ever."""
    left, room = dict(turn.allowances), turn.room
    names = outbox.waiting(tx)
    first = int(chance * len(names))
    for name in names[first:] + names[:first]:
        destination = turn.destinations.get(name)
        if destination is None or taken.paused.get(destination.channel, turn.now) >= DISABLED:
            _refuse(tx, name, turn, taken)
            continue
        channel = destination.channel
        most = 0 if channel in taken.paused else min(left[channel], room)
        if most <= 0 and turn.crashed_before is not None:
            _give_up(tx, destination, turn, taken)
        claimed = outbox.claim(tx, turn.now, name, most, lease=lease(destination)) if most > 0 else []
        left[channel] -= len(claimed)
        room -= len(claimed)
        taken.claimed += claimed
        if len(claimed) == max(most, 0):
            taken.waiting.add(channel)


def _give_up(tx: Transaction, destination: Destination, turn: Turn, taken: Taken) -> None:
    """End what grew too old while its channel was left alone; the rest is tried when the channel is."""
    holds = _holds(destination)
    old = turn.now - holds.give_up_after
    for delivery in outbox.claim(tx, turn.now, destination.name, BATCH, lease=lease(destination), created_before=old):
        reason = Reason(delivery.reason or Reason.BREAKER_OPEN)
        detail = f"It could not be sent within {holds.give_up_after}."
        _write(tx, outcomes.refused(delivery, reason, detail, turn.now), turn, taken)


def _refuse(tx: Transaction, name: str, turn: Turn, taken: Taken) -> None:
    """End what nobody will take, so that it is seen among the dead letters and not silently kept."""
    if name in turn.destinations:
        reason, detail = Reason.GONE, "It answered 410 Gone before and is disabled until it is enabled again."
    else:
        reason, detail = Reason.UNCONFIGURED, "The configuration has no destination of that name any more."
    for delivery in outbox.claim(tx, turn.now, name, BATCH, lease=lease(turn.destinations.get(name))):
        _write(tx, outcomes.refused(delivery, reason, detail, turn.now), turn, taken)


def _crashed(delivery: Delivery, turn: Turn, chance: Callable[[], float]) -> Result:
    holds = _holds(turn.destinations.get(delivery.destination))
    return outcomes.crashed(delivery, holds, turn.now, chance)


def _write(tx: Transaction, result: Result, turn: Turn, taken: Taken) -> None:
    delivery = result.delivery
    destination = turn.destinations.get(delivery.destination)
    if destination is not None and (result.gone or result.rest):
        until = DISABLED if result.gone else turn.now + (result.rest or lease(destination))
        channels.pause(tx, destination.channel, until)
    if result.receipt is not None:
        receipts.put(tx, result.receipt)  # even when somebody else took over: the message is there
    attempt = result.attempt
    if not (outbox.finish(tx, delivery, attempt) if attempt else outbox.give_back(tx, delivery, delivery.due_at)):
        taken.lost.append(result)
        return
    taken.ended.append(result)
    if delivery.state in _KINDS:
        taken.events.append(_event(delivery, turn.now))


def _event(delivery: Delivery, now: datetime) -> Event:
    arrived = delivery.state is DeliveryState.SENT
    return Event(
        id=new_id("evt", now),
        incident_id=delivery.incident_id,
        at=now,
        kind=_KINDS[delivery.state],
        actor=Actor(delivery.destination, "dispatcher"),
        comment="" if arrived else delivery.detail,
        data={
            "delivery": delivery.id,
            "destination": delivery.destination,
            "action": delivery.action.value,
            "attempts": delivery.attempts,
            **({} if arrived else {"reason": delivery.reason, "state": delivery.state.value}),
        },
    )
