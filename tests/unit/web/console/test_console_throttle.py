"""Tries to log in: how many, how soon again, and how much memory they may take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fraiseql_observe.web.console.throttle import Throttle

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def fail(throttle: Throttle, times: int, address: str = "192.0.2.1", at: datetime = NOW) -> None:
    for _ in range(times):
        throttle.failed(address, at)


def test_a_few_tries_are_free() -> None:
    throttle = Throttle()
    fail(throttle, throttle.burst - 1)
    assert throttle.wait("192.0.2.1", NOW) == 0


def test_then_one_has_to_wait_and_others_do_not() -> None:
    throttle = Throttle()
    fail(throttle, throttle.burst)
    assert throttle.wait("192.0.2.1", NOW) == 12
    assert throttle.wait("192.0.2.1", NOW + timedelta(seconds=12)) == 0
    assert throttle.wait("192.0.2.2", NOW) == 0


def test_many_addresses_together_have_to_wait_too() -> None:
    throttle = Throttle(burst=2, everywhere=3)
    for number in range(6):
        throttle.failed(f"198.51.100.{number}", NOW)
    assert throttle.wait("203.0.113.9", NOW) == 4
    assert throttle.wait("203.0.113.9", NOW + timedelta(seconds=4)) == 0


def test_the_memory_is_bounded() -> None:
    throttle = Throttle(places=10)
    for number in range(1000):
        throttle.failed(str(number), NOW)
    assert len(throttle._levels) == 10


def test_a_clock_that_jumps_back_locks_nobody_out_for_long() -> None:
    throttle = Throttle()
    fail(throttle, throttle.burst)
    assert throttle.wait("192.0.2.1", NOW - timedelta(days=1)) == 12
