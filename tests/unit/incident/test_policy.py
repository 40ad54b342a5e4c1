"""Escalation policies, routes and their snapshots."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from told import T0, at

from fraiseql_observe.incident import hours, policy
from fraiseql_observe.incident.policy import Policy, Route, Step, Taken

MINUTE = timedelta(minutes=1)
NIGHT = hours.parse(["mon-sun 20:00-22:00"])
THREE = Policy("three", (Step(("a",)), Step(("b",), 5 * MINUTE), Step(("c",), 10 * MINUTE)), repeat=1)


def test_steps_are_taken_one_after_another_and_again():
    now, number, seen = T0, 0, []
    taken = THREE.take(0, now, waited=False)
    while taken.next is not None:
        seen.append((taken.numbers, taken.next, taken.due_at - now))
        now, number = taken.due_at, taken.next
        taken = THREE.take(number, now, waited=True)
    assert seen == [
        ((0,), 1, 5 * MINUTE),
        ((1,), 2, 10 * MINUTE),
        ((2,), 3, 30 * MINUTE),
        ((3,), 4, 5 * MINUTE),
        ((4,), 5, 10 * MINUTE),
    ]
    assert taken == Taken((5,))
    assert THREE.step(4).destinations == ("b",)


def test_steps_without_waits_are_taken_together():
    both = Policy("both", (Step(("a",)), Step(("b",))))
    assert both.take(0, T0, waited=False) == Taken((0, 1))


def test_the_first_step_may_wait_too():
    late = Policy("late", (Step(("a",), 5 * MINUTE),))
    assert late.take(0, T0, waited=False) == Taken((), 0, T0 + 5 * MINUTE)
    assert late.take(0, T0, waited=True) == Taken((0,))


def test_a_step_waits_for_its_hours_also_when_its_wait_is_over():
    night = Policy("night", (Step(("a",), MINUTE, NIGHT), Step(("b",))))
    evening = T0 + timedelta(hours=8)
    assert night.take(0, T0, waited=False) == Taken((), 0, evening)
    assert night.take(0, T0, waited=True) == Taken((), 0, evening)
    assert night.take(0, evening, waited=True) == Taken((0, 1))


def test_the_first_route_that_fits_wins():
    routes = (
        Route(Policy("night", ()), hours=NIGHT),
        Route(Policy("database", ()), ('team="database"',), frozenset({"critical"})),
        Route(Policy("rest", ()), ('team!=""',)),
    )

    def chosen(severity="critical", now=T0, **labels):
        return policy.choose(routes, Policy("default", ()), labels, severity, now).name

    assert chosen(team="database") == "database"
    assert chosen(team="database", severity="warning") == "rest"
    assert chosen(team="web") == "rest"
    assert chosen() == "default"
    assert chosen(team="database", now=at(8 * 3600)) == "night"


steps = st.builds(
    Step,
    st.lists(st.text(max_size=5), max_size=3).map(tuple),
    st.timedeltas(timedelta(0), timedelta(days=2)),
    st.none() | st.just(NIGHT),
)


@given(st.builds(Policy, st.text(max_size=5), st.lists(steps, min_size=1, max_size=4).map(tuple), st.integers(0, 5)))
def test_a_snapshot_is_the_policy(given_policy):
    assert policy.restore(policy.snapshot(given_policy)) == given_policy


def test_no_snapshot_is_no_policy():
    assert policy.restore({}) is None
