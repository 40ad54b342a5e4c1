"""Maintenance windows."""

from __future__ import annotations

from told import T0, at

from fraiseql_observe.incident.windows import Window, holding


def window(name="w", start=0, end=60, *matchers):
    return Window(name, matchers or ('team="db"',), at(start), at(end), "kim", T0)


def test_a_window_holds_from_its_start_until_before_its_end():
    one = window()
    assert [one.holds({"team": "db"}, at(second)) for second in (-1, 0, 59, 60)] == [False, True, True, False]
    assert not one.holds({"team": "web"}, at(0))


def test_of_several_the_one_that_ends_last_counts():
    several = [
        window("short", 0, 10),
        window("long", 0, 90),
        window("other", 0, 99, "team=web"),
        window("late", 5, 999),
    ]
    assert holding(several, {"team": "db"}, at(1)).id == "long"
    assert holding(several, {"team": "none"}, at(1)) is None
    assert holding([], {}, at(1)) is None
