"""What becomes of a delivery after a try: pure decisions, the clock and chance given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from fraiseql_observe.errors import DeliveryError, Reason
from fraiseql_observe.incident.model import Attempt, DeliveryState, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from fraiseql_observe.incident.model import Delivery
    from fraiseql_observe.notify.base import Sent
    from fraiseql_observe.notify.limits import Limits

FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=5)
SHORTEST_REST = timedelta(seconds=1)  # of a channel that answered 429
LONGEST_REST = timedelta(minutes=1)  # where it did not say how long

# Failures of the channel and not of the message: enough of them in a row open the breaker.
OF_THE_CHANNEL = frozenset({Reason.TIMEOUT, Reason.CONNECTION, Reason.SERVER_ERROR, Reason.BAD_ANSWER})


@dataclass(frozen=True, slots=True)
class Result:
    """What is to be written down in one go.

    `delivery` has its new state and still the deadline it was claimed with. `attempt` is None when nothing was tried
    and the delivery is only given back. `rest` is how long the whole channel is left alone; `gone` that it wants
    nothing ever again.
    """

    delivery: Delivery
    attempt: Attempt | None = None
    receipt: Receipt | None = None
    rest: timedelta | None = None
    gone: bool = False

    @property
    def tripped(self) -> bool:
        """The channel failed, not the message."""
        return self.attempt is not None and self.attempt.reason in OF_THE_CHANNEL


def backoff(tries: int, chance: float, *, longest: timedelta = LONGEST_WAIT) -> timedelta:
    """Exponential with full jitter: anything from nothing to a ceiling that doubles with each try.

    Source: "Exponential Backoff And Jitter", AWS Architecture Blog. `chance` is in [0, 1).
    """
    ceiling: timedelta = min(longest, FIRST_WAIT * 2 ** min(max(tries - 1, 0), 16))
    return ceiling * chance


def rest_after(error: DeliveryError, refusals: int, chance: float) -> timedelta | None:
    """Return how long the channel rests: as it asked, else growing with the refusals in a row; None when not at all."""
    if error.retry_after is not None:
        return max(error.retry_after, SHORTEST_REST)
    if error.reason is Reason.RATE_LIMITED:
        return SHORTEST_REST + backoff(refusals, chance, longest=LONGEST_REST)
    return None


def sent(delivery: Delivery, answer: Sent, started: datetime, now: datetime) -> Result:
    """It arrived."""
    ended = replace(delivery, state=DeliveryState.SENT, finished_at=now, reason="", detail=answer.detail)
    receipt = Receipt(delivery.incident_id, delivery.destination, answer.ref) if answer.ref else None
    return Result(ended, _attempt(ended, started, now, "sent", status=answer.status), receipt)


def failed(
    delivery: Delivery,
    error: DeliveryError,
    limits: Limits,
    *,
    started: datetime,
    now: datetime,
    refusals: int = 0,
    chance: Callable[[], float],
) -> Result:
    """Decide between another try, the dead letters and a person."""
    rest = rest_after(error, refusals, chance())
    state = _state(delivery, error, limits, now)
    due = now + (rest or backoff(delivery.attempts, chance()))
    ended = replace(
        delivery,
        state=state,
        due_at=due if state is DeliveryState.RETRY else delivery.due_at,
        finished_at=None if state is DeliveryState.RETRY else now,
        reason=error.reason.value,
        detail=error.message,
    )
    outcome = "ambiguous" if error.ambiguous and state is not DeliveryState.DEAD else state.value
    attempt = _attempt(ended, started, now, outcome, status=error.status)
    return Result(ended, attempt, rest=rest, gone=error.reason is Reason.GONE)


def given_back(delivery: Delivery, due: datetime) -> Result:
    """Nothing was tried: it becomes what it was before it was claimed."""
    return Result(replace(delivery, due_at=due))


def refused(delivery: Delivery, reason: Reason, detail: str, now: datetime) -> Result:
    """Never to be tried: nobody is there to take it."""
    ended = replace(delivery, state=DeliveryState.DEAD, finished_at=now, reason=reason.value, detail=detail)
    return Result(ended, _attempt(ended, now, now, "dead"))


def crashed(delivery: Delivery, limits: Limits, now: datetime, chance: Callable[[], float]) -> Result:
    """Whoever sent it died meanwhile: perhaps it arrived."""
    error = DeliveryError("The process that was sending it ended.", reason=Reason.CRASH, retryable=True, ambiguous=True)
    return failed(delivery, error, limits, started=now, now=now, chance=chance)


def _state(delivery: Delivery, error: DeliveryError, limits: Limits, now: datetime) -> DeliveryState:
    if error.ambiguous and not limits.retry_ambiguous:
        return DeliveryState.AMBIGUOUS
    if not error.retryable or now - delivery.created_at >= limits.give_up_after:
        return DeliveryState.DEAD
    worn_out = delivery.attempts >= limits.attempts and error.reason is not Reason.RATE_LIMITED
    return DeliveryState.DEAD if worn_out else DeliveryState.RETRY


def _attempt(delivery: Delivery, started: datetime, now: datetime, outcome: str, *, status: int = 0) -> Attempt:
    return Attempt(
        delivery_id=delivery.id,
        number=delivery.attempts,
        started_at=started,
        finished_at=now,
        outcome=outcome,
        reason=delivery.reason,
        status=status,
        detail=delivery.detail,
    )
