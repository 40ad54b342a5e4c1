"""What holds whatever happens, in whatever order."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from told import T0, World, alert, at, group

from fraiseql_observe.errors import ConflictError
from fraiseql_observe.incident import people
from fraiseql_observe.incident.model import Actor, EventKind, State
from fraiseql_observe.incident.policy import Policy, Step

KIM = Actor("Kim", "console")
AFTER = 100_000  # seconds: everything has happened by then
CHAIN = Policy("chain", (Step(("team",)), Step(("pager",), timedelta(minutes=5))), repeat=2)


@dataclass(frozen=True)
class History:
    """What really happened to one label set, and everything that an Alertmanager may tell of it."""

    name: str
    fires: bool
    told: tuple


@st.composite
def histories(draw, name):
    """Some occurrences, one after another; of the last, the end may be still to come."""
    count = draw(st.integers(1, 3))
    times = sorted(draw(st.sets(st.integers(0, 10_000), min_size=3 * count, max_size=3 * count)))
    open_ended = draw(st.booleans())
    told = []
    for place in range(count):
        moved_back, start, end = times[3 * place : 3 * place + 3]
        told.append(alert(name, start=start))
        moves = draw(st.booleans())
        if moves:  # two alerts were merged: from now on the earlier start is told
            told.append(alert(name, start=moved_back))
        if not (open_ended and place == count - 1):
            told.append(alert(name, start=moved_back if moves else start, end=end))
    return History(name, open_ended, tuple(told))


@st.composite
def tellings(draw):
    """Histories of several label sets, told in any order, some of it more than once, in groups of any size."""
    several = [draw(histories(name)) for name in "abc"[: draw(st.integers(1, 3))]]
    every = [one for history in several for one in history.told]
    again = draw(st.lists(st.sampled_from(every), max_size=6))
    order = draw(st.permutations([*every, *again]))
    cuts = sorted(draw(st.sets(st.integers(1, len(order)), max_size=4)) | {0, len(order)})
    groups = [group(*order[first:last]) for first, last in pairwise(cuts)]
    return several, groups


@given(tellings())
def test_any_order_and_repetition_ends_in_the_same(telling):
    several, groups = telling
    world = World()
    for place, told in enumerate(groups):
        world.tell(told, at(AFTER + place))
    assert {name for name, _ in world.firing()} == {
        alert(history.name).fingerprint for history in several if history.fires
    }
    unresolved = [one for one in world.incidents.values() if one.state is not State.RESOLVED]
    assert sum(one.firing for one in world.incidents.values()) == len(world.firing())
    assert bool(unresolved) is any(history.fires for history in several)
    assert len(unresolved) <= 1  # at most one of a group
    for incident in world.incidents.values():
        assert 0 <= incident.firing <= incident.total


@given(tellings())
def test_telling_everything_again_changes_nothing_and_tells_nobody(telling):
    _, groups = telling
    world = World()
    for place, told in enumerate(groups):
        world.tell(told, at(AFTER + place))
    before, incidents = len(world.deliveries), dict(world.incidents)
    for told in groups:
        assert world.tell(told, at(2 * AFTER)) == []
    assert len(world.deliveries) == before
    assert world.incidents == incidents


@given(tellings())
def test_no_change_is_told_twice_to_anybody(telling):
    _, groups = telling
    world = World()
    for place, told in enumerate(groups):
        already = len(world.deliveries)
        changes = world.tell(told, at(AFTER + place))
        said = Counter((one.incident_id, one.destination, one.action) for one in world.deliveries[already:])
        for (incident_id, _, _), count in said.items():
            assert count <= sum(change.incident.id == incident_id for change in changes)


actions = st.lists(
    st.tuples(
        st.sampled_from(["acknowledge", "unacknowledge", "resolve", "snooze", "comment", "fire", "end", "pass"]),
        st.integers(1, 4000),
    ),
    max_size=15,
)


def do(world, action, seconds, now):
    """Do one thing to the world at a time; what its state forbids is refused and changes nothing."""
    if action == "fire":
        world.tell(group(alert("a", start=now)), at(now))
    elif action == "end":
        world.tell(group(alert("a", start=0, end=now)), at(now))
    incident = list(world.incidents.values())[-1]
    change = None
    try:
        if action in {"acknowledge", "unacknowledge", "resolve"}:
            change = getattr(people, action)(incident, KIM, "", at(now))
        elif action == "snooze":
            change = people.snooze(incident, at(now + seconds), KIM, "", at(now))
        elif action == "comment":
            change = people.comment(incident, KIM, "hm", at(now))
    except ConflictError:
        return
    if change:
        world.carry_out(change, at(now))


@given(actions)
def test_nobody_is_called_while_it_rests_and_somebody_is_while_it_fires(steps):
    world, now = World(CHAIN), 0
    world.tell(group(alert("a")), T0)
    for action, seconds in steps:
        now += seconds
        resting = {
            one.id for one in world.incidents.values() if one.state is not State.FIRING and not one.snoozed_until
        }
        already = len(world.events)
        world.pass_to(at(now))
        called = {one.incident_id for one in world.events[already:] if one.kind is EventKind.ESCALATED}
        assert not called & resting  # somebody cares, or it is over
        do(world, action, seconds, now)
        for incident in world.incidents.values():
            waits = incident.id in world.due
            if incident.state is State.RESOLVED:
                assert not waits
            elif incident.snoozed_until:
                assert waits
            elif incident.state is State.ACKNOWLEDGED:
                assert not waits
        assert len([one for one in world.incidents.values() if one.state is not State.RESOLVED]) <= 1
