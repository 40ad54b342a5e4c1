"""What a told group does to what is known."""

from __future__ import annotations

from datetime import timedelta

import pytest
from told import World, alert, at, group

from fraiseql_observe.incident import people
from fraiseql_observe.incident.model import Actor, AlertStatus, EventKind, Severity, State

KIM = Actor("Kim", "console")


@pytest.fixture
def world():
    return World()


def kinds(changes):
    return [change.kind.value for change in changes]


def the(world):
    (incident,) = world.incidents.values()
    return incident


def test_an_incident_opens_and_is_resolved(world):
    assert kinds(world.tell(group(alert("a", severity="critical"), alert("b")), at(1))) == ["opened"]
    incident = the(world)
    assert (incident.state, incident.firing, incident.total) == (State.FIRING, 2, 2)
    assert incident.severity is Severity.CRITICAL
    assert incident.title == "Errors are high"
    assert kinds(world.tell(group(alert("a", severity="critical", end=50), alert("b")), at(60))) == ["alerts_resolved"]
    assert kinds(world.tell(group(alert("b", end=70)), at(80))) == ["resolved"]
    incident = the(world)
    assert (incident.state, incident.firing, incident.total) == (State.RESOLVED, 0, 2)
    assert (incident.resolved_at, incident.resolved_by) == (at(80), "Alertmanager")


def test_a_repetition_changes_nothing(world):
    told = group(alert("a"), alert("b"))
    world.tell(told, at(1))
    before = the(world)
    assert world.tell(told, at(200)) == []
    assert the(world) == before
    assert [held.incident_id for held in world.merged.seen] == [before.id, before.id]
    assert world.merged.alerts == ()


def test_other_annotations_of_the_same_are_kept_without_a_change(world):
    world.tell(group(alert("a")), at(1))
    one = alert("a")
    one.annotations["value"] = "99"
    assert world.tell(group(one), at(2)) == []
    (held,) = world.merged.alerts
    assert held.alert.annotations["value"] == "99"


def test_alerts_that_join(world):
    world.tell(group(alert("a")), at(1))
    assert kinds(world.tell(group(alert("a"), alert("b", start=5, severity="critical")), at(6))) == ["alerts_added"]
    assert (the(world).firing, the(world).total, the(world).severity) == (2, 2, Severity.CRITICAL)
    assert world.events[-1].data == {"alerts": 1, "names": ["HighErrorRate"]}


def test_a_lost_resolve_is_known_from_the_next_start(world):
    world.tell(group(alert("a")), at(1))
    assert kinds(world.tell(group(alert("a", start=100)), at(101))) == ["alerts_added", "alerts_resolved"]
    assert (the(world).state, the(world).firing, the(world).total) == (State.FIRING, 1, 2)
    ended = next(held.alert for held in world.merged.alerts if held.alert.status is AlertStatus.RESOLVED)
    assert ended.ended_at == at(100)


def test_a_start_that_moves_back_is_the_same_occurrence(world):
    world.tell(group(alert("a", start=10)), at(11))
    assert world.tell(group(alert("a", start=5)), at(12)) == []
    assert kinds(world.tell(group(alert("a", start=5, end=20)), at(21))) == ["resolved"]


def test_a_late_firing_changes_nothing_but_is_doubtful(world):
    world.tell(group(alert("a")), at(1))
    world.tell(group(alert("a", end=5)), at(6))
    assert world.tell(group(alert("a")), at(7)) == []
    assert world.merged.doubtful == {alert("a").fingerprint}
    assert the(world).state is State.RESOLVED


def test_a_resolve_that_comes_first_opens_nothing_that_anybody_hears_of(world):
    assert kinds(world.tell(group(alert("a", end=5)), at(6))) == ["opened", "resolved"]
    assert the(world).state is State.RESOLVED
    assert world.said() == []
    assert world.tell(group(alert("a")), at(7)) == []
    assert kinds(world.tell(group(alert("b", end=8)), at(9))) == ["alerts_added"]
    assert (the(world).state, the(world).total) == (State.RESOLVED, 2)


def test_a_late_resolve_of_an_earlier_occurrence_changes_nothing(world):
    world.tell(group(alert("a", start=100)), at(101))
    assert world.tell(group(alert("a", start=1, end=50)), at(102)) == []
    assert world.firing() == {(alert("a").fingerprint, alert("a", start=100).starts_ns)}


def test_a_resolve_with_a_later_start_ends_both(world):
    world.tell(group(alert("a")), at(1))
    assert kinds(world.tell(group(alert("a", start=50, end=60)), at(61))) == ["alerts_added", "resolved"]
    assert world.firing() == set()


def test_a_resolve_without_an_end_or_with_one_to_come_ends_now(world):
    world.tell(group(alert("a")), at(1))
    world.tell(group(alert("a", end=10_000)), at(9))
    assert world.latest[alert("a").fingerprint].alert.ended_at == at(9)


def test_a_clock_behind_the_start_resolves_all_the_same(world):
    world.tell(group(alert("a", start=100)), at(1))
    assert kinds(world.tell(group(alert("a", start=100, end=5)), at(6))) == ["resolved"]


def test_told_twice_in_one_group(world):
    assert kinds(world.tell(group(alert("a"), alert("a"), alert("a", end=5)), at(6))) == ["opened", "resolved"]
    assert the(world).total == 1
    assert world.firing() == set()


def test_soon_after_its_resolution_it_is_reopened(world):
    world.tell(group(alert("a")), at(1))
    world.tell(group(alert("a", end=5)), at(6))
    assert kinds(world.tell(group(alert("a", start=300)), at(306))) == ["reopened"]
    assert (the(world).state, the(world).reopened, the(world).resolved_at) == (State.FIRING, 1, None)


def test_later_it_is_a_new_incident(world):
    world.tell(group(alert("a")), at(1))
    world.tell(group(alert("a", end=5)), at(6))
    assert kinds(world.tell(group(alert("a", start=700)), at(607))) == ["opened"]
    assert len(world.incidents) == 2
    assert len({incident.key for incident in world.incidents.values()}) == 1


def test_an_occurrence_stays_with_its_incident_whichever_group_tells_it(world):
    world.tell(group(alert("a"), alert("b")), at(1))
    regrouped = group(alert("a", end=9), alert("c", start=5), instance="x")
    assert kinds(world.tell(regrouped, at(10))) == ["opened", "alerts_resolved"]
    first, second = world.incidents.values()
    assert (first.firing, first.total) == (1, 2)
    assert (second.firing, second.total) == (1, 1)


def test_what_a_person_resolved_stays_so_while_the_same_fires(world):
    world.tell(group(alert("a"), alert("b")), at(1))
    world.carry_out(people.resolve(the(world), KIM, "known", at(2)), at(2))
    assert world.tell(group(alert("a"), alert("b")), at(3)) == []
    assert kinds(world.tell(group(alert("a", end=4), alert("b")), at(5))) == ["alerts_resolved"]
    assert (the(world).state, the(world).resolved_by) == (State.RESOLVED, "Kim")
    assert kinds(world.tell(group(alert("a", start=6), alert("b")), at(7))) == ["reopened"]


def test_a_missing_member_is_a_suspicion(world):
    world.tell(group(alert("a"), alert("b")), at(1))
    assert world.merged.suspicious == frozenset()
    world.tell(group(alert("a")), at(2))
    assert world.merged.suspicious == {the(world).id}
    world.tell(group(alert("a")), at(3), complete=False)
    assert world.merged.suspicious == frozenset()
    world.tell(group(alert("a"), alert("b"), truncated=1), at(4))
    assert world.merged.suspicious == {the(world).id}


def test_nothing_told_changes_nothing(world):
    assert world.tell(group(), at(1)) == []
    assert world.incidents == {}


@pytest.mark.parametrize(
    ("told", "expected"),
    [("critical", "critical"), ("CRITICAL", "critical"), ("page", "warning"), ("", "warning"), ("info", "info")],
)
def test_an_unknown_severity_is_a_warning(world, told, expected):
    world.tell(group(alert("a", severity=told)), at(1))
    assert the(world).severity.value == expected


def test_the_title_without_a_summary_names_the_alerts(world):
    told = group(alert("a"), alert("b", alertname="Other\nname"))
    told.common_annotations.clear()
    world.tell(told, at(1))
    assert the(world).title == "HighErrorRate, Other name"


def test_an_acknowledged_incident_that_grows_stays_acknowledged(world):
    world.tell(group(alert("a")), at(1))
    world.carry_out(people.acknowledge(the(world), KIM, "", at(2)), at(2))
    world.tell(group(alert("a"), alert("b")), at(3))
    assert (the(world).state, the(world).acknowledged_by) == (State.ACKNOWLEDGED, "Kim")


def test_reopening_takes_the_acknowledgement_away():
    world = World(reopen_within=timedelta(days=1))
    world.tell(group(alert("a")), at(1))
    world.carry_out(people.acknowledge(the(world), KIM, "", at(2)), at(2))
    world.tell(group(alert("a", end=5)), at(6))
    world.tell(group(alert("a", start=7)), at(8))
    assert (the(world).state, the(world).acknowledged_at, the(world).acknowledged_by) == (State.FIRING, None, "")
    assert EventKind.REOPENED in {event.kind for event in world.events}
