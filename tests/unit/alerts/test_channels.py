"""How much of a channel may be sent, and when more may be."""

from __future__ import annotations

from datetime import timedelta

import pytest
from deliveries import Sink
from samples import NOW, OPENED, delivery

from fraiseql_observe.alerts.breaker import FAILURES, FIRST_REST, LONGEST_REST, Breaker
from fraiseql_observe.alerts.channels import Bucket, Channel, Channels
from fraiseql_observe.alerts.outcomes import Result, given_back, refused, sent
from fraiseql_observe.errors import Reason
from fraiseql_observe.notify.base import Sent, Traits

SECOND = timedelta(seconds=1)


def opened(chance=1.0):
    breaker = Breaker()
    for _ in range(FAILURES):
        breaker.failed(NOW, chance)
    return breaker


def test_a_breaker_opens_at_the_fifth_failure_in_a_row():
    breaker = Breaker()
    for _ in range(FAILURES - 1):
        breaker.failed(NOW, 1)
    assert breaker.allows(NOW, 7) == 7
    breaker.reached()
    for _ in range(FAILURES - 1):
        breaker.failed(NOW, 1)
    assert not breaker.rests(NOW)
    breaker.failed(NOW, 1)
    assert (breaker.rests(NOW), breaker.allows(NOW, 7)) == (True, 0)


def test_half_open_it_lets_one_probe_through():
    breaker, later = opened(), NOW + FIRST_REST
    assert breaker.allows(later, 7) == 1
    assert breaker.allows(later, 0) == 0
    breaker.began()
    assert breaker.allows(later, 7) == 0
    breaker.gave_back()
    breaker.began()
    breaker.reached()
    assert breaker.allows(later, 7) == 7


def test_each_rest_is_twice_as_long_up_to_five_minutes():
    breaker, now, rests = opened(), NOW, []
    for _ in range(8):
        rests.append(breaker.until - now)
        now = breaker.until
        breaker.began()
        breaker.failed(now, 1)
    assert rests[:3] == [FIRST_REST, FIRST_REST * 2, FIRST_REST * 4]
    assert rests[-1] == LONGEST_REST


def test_failures_of_what_was_still_on_its_way_do_not_prolong_the_rest():
    breaker = opened()
    until = breaker.until
    breaker.failed(NOW + SECOND, 1)
    assert breaker.until == until


def test_half_of_a_rest_is_jitter():
    assert opened(0).until == NOW + FIRST_REST / 2


def test_a_clock_that_jumps_back_does_not_keep_a_breaker_open():
    assert opened().allows(NOW - timedelta(hours=1), 7) == 1


def test_a_bucket_fills_at_its_pace_and_no_further():
    bucket = Bucket(per_second=0.5, burst=3, tokens=3)
    assert bucket.available(NOW) == 3
    bucket.take(3)
    assert bucket.available(NOW) == 0
    assert bucket.wait() == timedelta(seconds=2)
    assert bucket.available(NOW + 2 * SECOND) == 1
    assert bucket.available(NOW + 1000 * SECOND) == 3
    assert bucket.wait() == timedelta(0)
    bucket.take(3)
    assert bucket.available(NOW) == 0


def channel(**more):
    return Channel("c", Bucket(1, 5, 5.0), 3, **more)


def test_a_channel_counts_what_runs():
    subject = channel()
    assert subject.allowance(NOW) == 3
    for _ in range(3):
        subject.began()
    assert (subject.allowance(NOW), subject.ready_at(NOW)) == (0, None)
    subject.ended(sent(delivery(), Sent(), OPENED, NOW), NOW, 1)
    assert subject.allowance(NOW) == 1


def test_a_channel_says_when_it_may_send_again():
    subject = channel()
    for _ in range(5):
        subject.allowance(NOW)
        subject.began()
        subject.ended(given_back(delivery(), NOW), NOW, 1)
    assert subject.ready_at(NOW) == NOW + SECOND
    resting = Result(delivery(), refused(delivery(), Reason.RATE_LIMITED, "", NOW).attempt, rest=9 * SECOND)
    subject.began()
    subject.ended(resting, NOW, 1)
    assert (subject.refusals, subject.allowance(NOW + 8 * SECOND)) == (1, 0)
    assert subject.ready_at(NOW) == NOW + 9 * SECOND
    assert subject.allowance(NOW + 9 * SECOND) > 0
    subject.began()
    subject.ended(sent(delivery(), Sent(), OPENED, NOW), NOW, 1)
    assert subject.refusals == 0


def test_a_channel_with_an_open_breaker_says_when_it_will_be_tried():
    subject = channel(breaker=opened())
    assert subject.ready_at(NOW) == NOW + FIRST_REST
    later = NOW + FIRST_REST
    assert (subject.allowance(later), subject.ready_at(later)) == (1, later)
    subject.began()
    assert subject.ready_at(later) is None


def test_channels_keep_what_they_learned_over_a_new_configuration():
    channels = Channels()
    wide = Sink("a", traits=Traits(per_second=9, burst=9, concurrency=9), channel="shared")
    narrow = Sink("b", traits=Traits(per_second=2, burst=2, concurrency=2), channel="shared")
    channels.configure({"a": wide})
    first = channels.get("shared")
    first.breaker = opened()
    assert first.allowance(NOW) == 0
    channels.configure({"a": wide, "b": narrow})
    second = channels.get("shared")
    assert second is first
    assert (second.bucket.per_second, second.bucket.burst, second.concurrency) == (2, 2, 2)
    assert second.bucket.tokens <= 2
    assert second.breaker.rests(NOW)
    assert channels.ready_at({"shared", "unknown"}, NOW) == NOW + FIRST_REST
    channels.configure({})
    assert (channels.get("shared"), channels.ready_at({"shared"}, NOW), channels.allowances(NOW)) == (None, None, {})


@pytest.mark.parametrize(
    ("per_second", "burst", "wait"), [(1, 5, 1.0), (50, 5, 0.02), (200, 500, 0.02), (200, 1, 0.005)]
)
def test_a_quick_channel_waits_for_several_tokens_at_once(per_second, burst, wait):
    bucket = Bucket(per_second, burst, float(burst))
    bucket.take(burst)
    assert bucket.wait().total_seconds() == pytest.approx(wait)
