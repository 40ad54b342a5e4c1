"""Durations, sizes and the other kinds of value, both ways."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraiseql_observe.config import values
from fraiseql_observe.config.declare import Help, Secret, Size
from fraiseql_observe.config.values import KINDS, bound, check, duration, member, size, write_duration, write_size


@pytest.mark.parametrize(
    ("text", "seconds"), [("5m", 300), ("1h30m", 5400), ("250ms", 0.25), ("2d", 172800), ("1w", 604800), ("1.5s", 1.5)]
)
def test_durations(text, seconds):
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("value", [5, "5", "5 m", "-5m", "m", "", None, True, ["5m"], "\uff15m", "5M", "1h-30m"])
def test_what_is_no_duration(value):
    with pytest.raises(ValueError, match="is not a duration"):
        duration(value)


def test_a_duration_beyond_all_time():
    with pytest.raises(ValueError, match="longer than any"):
        duration("999999999w")


def test_nought_needs_no_unit():
    assert duration(0) == timedelta(0)


@given(st.integers(min_value=0, max_value=10**10))
def test_a_written_duration_reads_back(milliseconds):
    value = timedelta(milliseconds=milliseconds)
    assert duration(write_duration(value)) == value


@pytest.mark.parametrize(("text", "count"), [("10MiB", 10485760), ("64 KiB", 65536), ("5kB", 5000), (7, 7), ("7", 7)])
def test_sizes(text, count):
    assert size(text) == count


@pytest.mark.parametrize("value", ["10 mib", "1.5MiB", -1, True, "", "KiB", None, "5 kiB"])
def test_what_is_no_size(value):
    with pytest.raises(ValueError, match="is not a size"):
        size(value)


@given(st.integers(min_value=0, max_value=10**14))
def test_a_written_size_reads_back(count):
    assert size(write_size(count)) == count


@pytest.mark.parametrize(
    ("kind", "value"),
    [(str, None), (str, True), (str, []), (str, "a\0"), (str, "x" * 70_000), (int, True), (int, "1"), (int, 1.0),
     (float, "1"), (float, float("inf")), (float, float("nan")), (float, False), (bool, 1), (bool, "true")],
)  # fmt: skip
def test_other_kinds_are_strict(kind, value):
    with pytest.raises(ValueError):
        KINDS[kind].read(value)


def test_numbers_may_be_texts():
    assert KINDS[str].read(80) == "80"


def test_members_of_an_enum():
    class Colour(StrEnum):
        RED = "red"

    kind = member(Colour)
    assert kind.read("red") is Colour.RED
    with pytest.raises(ValueError, match="is not one of red"):
        kind.read("blue")


@pytest.mark.parametrize(
    ("value", "kind", "about", "said"),
    [
        (5, int, Help("", minimum=6), "is less than 6"),
        (0.5, float, Help("", maximum=0.25), "is more than 0.25"),
        (timedelta(seconds=1), timedelta, Help("", minimum=60), "is less than 1m"),
        (Size(1), Size, Help("", minimum=1024), "is less than 1KiB"),
        ("x", str, Help("", allowed=("a", "b")), "is not one of a, b"),
        ("x", str, Help("", pattern="[0-9]+"), "has not the form"),
        ("x", str, Help("", pattern="[0-9]+", example="42"), "is not like 42"),
        (Secret("x"), Secret, Help("", pattern="[0-9]+"), "has not the form"),
    ],
)
def test_bounds(value, kind, about, said):
    with pytest.raises(ValueError, match=said):
        check(value, KINDS[kind], about)


def test_a_value_within_its_bounds_passes():
    check(5, KINDS[int], Help("", minimum=5, maximum=5, allowed=(5,), pattern="5"))


def test_bounds_are_written_as_people_write_them():
    written = [
        bound(300, KINDS[timedelta]),
        bound(1024, KINDS[Size]),
        bound(65535, KINDS[int]),
        bound(0.1, KINDS[float]),
    ]
    assert written == ["5m", "1KiB", 65535, "0.1"]


def test_secrets_are_written_hidden():
    assert values.KINDS[Secret].write(Secret("x")) == "(hidden)"


def test_equal_secrets_are_one_in_a_set():
    assert len({Secret("x"), Secret("x"), Secret("y")}) == 2


def test_a_whole_number_is_a_number_too():
    assert [KINDS[float].read(2), KINDS[float].read(0.5)] == [2.0, 0.5]
    assert isinstance(KINDS[float].read(2), float)
