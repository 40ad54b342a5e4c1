"""Deliveries waiting to be sent, being sent and ended, with the log of every attempt.

Order is kept per incident and destination: a delivery is not claimed before the earlier ones of its lane ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fraiseql_observe.incident.model import Attempt, Delivery, DeliveryState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime, timedelta

    from fraiseql_observe.incident.model import Attempt, Delivery, DeliveryState
    from fraiseql_observe.store.engine import Transaction


@dataclass(frozen=True, slots=True)
class Counts:
    """`ready` are due, `scheduled` later, `running` being sent; `oldest_due` is since when the oldest one waits."""

    ready: int
    scheduled: int
    running: int
    dead: int
    ambiguous: int
    oldest_due: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """Deliveries, newest first; `next` is the cursor of the following page, empty on the last."""

    deliveries: tuple[Delivery, ...]
    next: str = ""


def enqueue(tx: Transaction, deliveries: Iterable[Delivery], *, collapse: bool) -> list[str]:
    """Add deliveries in this order.

    With `collapse`, those of the same incident and destination that nobody sends yet become superseded; returns
    their ids.
    """
    raise NotImplementedError


def claim(
    tx: Transaction, now: datetime, limit: int, *, lease: timedelta, resting: Collection[str] = ()
) -> list[Delivery]:
    """Take due deliveries for sending, oldest due first, a fair share for each destination.

    They come back as `sending` with one attempt more and `deadline_at` = `now` + `lease`. `resting` are names of
    destinations to leave alone. Replicas never claim the same.
    """
    raise NotImplementedError


def finish(tx: Transaction, delivery: Delivery, attempt: Attempt) -> bool:
    """Write the end of an attempt: `delivery` is the claimed one with its new state, due time and reason.

    Returns False, and writes nothing but the attempt, when the delivery is no longer ours: its deadline passed and
    somebody took it.
    """
    raise NotImplementedError


def expired(tx: Transaction, now: datetime, limit: int = 100) -> list[Delivery]:
    """Give what is `sending` past its deadline: whoever sent it died, or the machine slept."""
    raise NotImplementedError


def get(tx: Transaction, id: str) -> Delivery:  # noqa: A002 - the column
    """Give one delivery.

    Raises:
        NotFoundError: there is none of that id.
    """
    raise NotImplementedError


def search(
    tx: Transaction, state: DeliveryState | None = None, *, destination: str = "", cursor: str = "", limit: int = 50
) -> Page:
    """Find deliveries in a state and to a destination (empty: any), newest first."""
    raise NotImplementedError


def attempts_of(tx: Transaction, delivery_ids: Collection[str], limit: int = 500) -> dict[str, list[Attempt]]:
    """Give the newest attempts of these deliveries, oldest first, by delivery."""
    raise NotImplementedError


def deliveries_of(tx: Transaction, incident_id: str, limit: int = 200) -> list[Delivery]:
    """Give the newest deliveries of an incident, oldest first."""
    raise NotImplementedError


def notified(tx: Transaction, incident_id: str) -> dict[str, str]:
    """Give the destinations that the incident was ever enqueued for: name to kind."""
    raise NotImplementedError


def replay(tx: Transaction, id: str, now: datetime) -> Delivery:  # noqa: A002 - the column
    """Make a dead or ambiguous delivery due again, as new.

    Raises:
        NotFoundError: there is none of that id.
        ConflictError: it is not dead or ambiguous.
    """
    raise NotImplementedError


def next_due(tx: Transaction) -> datetime | None:
    """Give when the earliest waiting delivery is due; None when none waits."""
    raise NotImplementedError


def counts(tx: Transaction, now: datetime) -> Counts:
    raise NotImplementedError
