"""What becomes of a delivery after a try."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import NOW, OPENED, delivery

from fraiseql_observe.alerts.outcomes import (
    LONGEST_WAIT,
    backoff,
    crashed,
    failed,
    given_back,
    refused,
    rest_after,
    sent,
)
from fraiseql_observe.errors import DeliveryError, Reason
from fraiseql_observe.incident.model import DeliveryState
from fraiseql_observe.notify.base import Sent
from fraiseql_observe.notify.limits import Limits

LIMITS = Limits(
    per_second=1,
    burst=1,
    concurrency=1,
    timeout=1,
    attempts=3,
    give_up_after=timedelta(hours=1),
    retry_ambiguous=True,
)
HOLD = Limits(1, 1, 1, 1, 3, timedelta(hours=1), retry_ambiguous=False)


def error(reason=Reason.SERVER_ERROR, *, retryable=True, **more):
    return DeliveryError("why", reason=reason, retryable=retryable, **more)


def judged(given, what, limits=LIMITS, now=NOW, **more):
    return failed(given, what, limits, started=OPENED, now=now, chance=lambda: 0.5, **more)


@given(st.integers(-5, 10_000), st.floats(0, 1, exclude_max=True))
def test_backoff_is_between_nothing_and_its_ceiling(tries, chance):
    assert timedelta(0) <= backoff(tries, chance) <= LONGEST_WAIT


def test_backoff_doubles_up_to_its_ceiling():
    assert [backoff(tries, 1).total_seconds() for tries in (1, 2, 3, 9, 10, 50)] == [1, 2, 4, 256, 300, 300]


@pytest.mark.parametrize(
    ("what", "refusals", "rest"),
    [
        (error(), 0, None),
        (error(retry_after=timedelta(seconds=9)), 0, 9),
        (error(retry_after=timedelta(0)), 0, 1),
        (error(Reason.RATE_LIMITED), 0, 1.5),
        (error(Reason.RATE_LIMITED), 4, 5),
        (error(Reason.RATE_LIMITED), 99, 31),
    ],
)
def test_how_long_a_channel_rests(what, refusals, rest):
    given = rest_after(what, refusals, 0.5)
    assert (given and given.total_seconds()) == rest


def test_what_arrived():
    result = sent(delivery(attempts=2, reason="timeout"), Sent({"ts": "1"}, 200, "ok"), OPENED, NOW)
    assert (result.delivery.state, result.delivery.reason, result.delivery.finished_at) == ("sent", "", NOW)
    assert (result.attempt.number, result.attempt.outcome, result.attempt.status) == (2, "sent", 200)
    assert result.receipt.ref == {"ts": "1"}
    assert sent(delivery(), Sent(), OPENED, NOW).receipt is None
    assert not result.tripped


@pytest.mark.parametrize(
    ("attempts", "created", "what", "limits", "state", "outcome"),
    [
        (1, OPENED, error(), LIMITS, "retry", "retry"),
        (3, OPENED, error(), LIMITS, "dead", "dead"),
        (9, OPENED, error(Reason.RATE_LIMITED), LIMITS, "retry", "retry"),
        (1, NOW - timedelta(hours=1), error(Reason.RATE_LIMITED), LIMITS, "dead", "dead"),
        (1, OPENED, error(retryable=False), LIMITS, "dead", "dead"),
        (1, OPENED, error(ambiguous=True), LIMITS, "retry", "ambiguous"),
        (3, OPENED, error(ambiguous=True), LIMITS, "dead", "dead"),
        (1, OPENED, error(ambiguous=True), HOLD, "ambiguous", "ambiguous"),
    ],
)
def test_where_a_failure_leads(attempts, created, what, limits, state, outcome):
    result = judged(delivery(attempts=attempts, created_at=created), what, limits)
    assert (result.delivery.state, result.attempt.outcome) == (state, outcome)
    assert (result.delivery.finished_at is None) == (state == "retry")
    assert (result.delivery.due_at > NOW) == (state == "retry")


def test_a_rest_moves_the_delivery_and_the_channel():
    result = judged(delivery(attempts=1), error(Reason.RATE_LIMITED, retry_after=timedelta(seconds=30)))
    assert result.delivery.due_at == NOW + timedelta(seconds=30)
    assert result.rest == timedelta(seconds=30)


def test_gone_is_gone_and_only_the_channels_faults_trip_its_breaker():
    assert judged(delivery(), error(Reason.GONE, retryable=False)).gone
    assert judged(delivery(), error(Reason.CONNECTION)).tripped
    assert not judged(delivery(), error(Reason.AUTH, retryable=False)).tripped


def test_what_was_not_tried_leaves_no_trace():
    result = given_back(delivery(attempts=1), NOW)
    assert (result.attempt, result.delivery.due_at, result.tripped) == (None, NOW, False)


def test_nobody_there():
    result = refused(delivery(), Reason.UNCONFIGURED, "none", NOW)
    assert (result.delivery.state, result.attempt.outcome) == (DeliveryState.DEAD, "dead")
    assert (result.attempt.reason, result.attempt.detail) == ("unconfigured", "none")


def test_a_crash_is_ambiguous():
    retried = crashed(delivery(attempts=1), LIMITS, NOW, lambda: 0.5)
    held = crashed(delivery(attempts=1), HOLD, NOW, lambda: 0.5)
    assert (retried.delivery.state, retried.attempt.outcome, retried.attempt.reason) == ("retry", "ambiguous", "crash")
    assert held.delivery.state == "ambiguous"
