"""Whom a change tells, and what comes next."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from told import T0, World, alert, at, group

from fraiseql_observe.errors import ConflictError
from fraiseql_observe.incident import people
from fraiseql_observe.incident.merge import Change
from fraiseql_observe.incident.model import Action, Actor, EventKind, State
from fraiseql_observe.incident.plan import Listener
from fraiseql_observe.incident.policy import Policy, Step
from fraiseql_observe.incident.windows import Window

KIM, LEE = Actor("Kim", "console"), Actor("Lee", "slack")
MINUTE = timedelta(minutes=1)
CHAIN = Policy("chain", (Step(("team",)), Step(("pager",), 5 * MINUTE)), repeat=1, repeat_after=10 * MINUTE)


@pytest.fixture
def world():
    world = World(CHAIN)
    world.tell(group(alert("a")), T0)
    return world


def the(world):
    (incident,) = world.incidents.values()
    return incident


def act(world, change, now):
    world.carry_out(change, now)
    return the(world)


def window(end=3600):
    return Window("win_1", ("alertname=~'.+'",), T0, at(end), "kim", T0)


def test_the_first_step_is_taken_at_once_and_the_next_when_it_is_due(world):
    assert world.said() == [("team", "trigger")]
    assert [step.due_at for step in world.due.values()] == [at(300)]
    world.pass_to(at(299))
    assert len(world.deliveries) == 1
    world.pass_to(at(300))
    assert world.said() == [("team", "trigger"), ("pager", "trigger")]
    assert [one.step for one in world.deliveries] == [1, 2]
    assert [step.due_at for step in world.due.values()] == [at(900)]
    assert world.kinds() == ["opened", "escalated", "escalated"]
    assert world.events[-1].data == {"policy": "chain", "step": 2, "destinations": ["pager"]}


def test_nobody_answers_until_the_policy_ends(world):
    world.pass_to(at(10_000))
    assert world.said() == [("team", "trigger"), ("pager", "trigger")] * 2
    assert world.due == {}


def test_an_acknowledgement_stops_it_and_is_told_to_those_who_know(world):
    incident = act(world, people.acknowledge(the(world), KIM, "looking", at(10)), at(10))
    assert (incident.state, incident.acknowledged_by, incident.acknowledged_at) == (State.ACKNOWLEDGED, "Kim", at(10))
    assert world.due == {}
    assert world.said() == [("team", "trigger"), ("team", "acknowledge")]
    assert world.events[-1].comment == "looking"
    assert people.acknowledge(incident, LEE, "", at(11)) is None


def test_a_policy_may_go_on_through_an_acknowledgement(world):
    world.policy = replace(CHAIN, through_acknowledged=True)
    act(world, people.acknowledge(the(world), KIM, "", at(10)), at(10))
    world.pass_to(at(300))
    assert world.said()[-1] == ("pager", "trigger")


def test_taking_an_acknowledgement_back_begins_again(world):
    act(world, people.acknowledge(the(world), KIM, "", at(10)), at(10))
    incident = act(world, people.unacknowledge(the(world), LEE, "", at(20)), at(20))
    assert (incident.state, incident.acknowledged_by) == (State.FIRING, "")
    assert world.said()[-1] == ("team", "trigger")
    assert [step.due_at for step in world.due.values()] == [at(320)]
    assert people.unacknowledge(incident, LEE, "", at(21)) is None


def test_the_resolution_is_told_to_those_who_know_and_ends_everything(world):
    world.pass_to(at(300))
    world.tell(group(alert("a", end=310)), at(311))
    assert world.said()[-2:] == [("pager", "resolve"), ("team", "resolve")]
    assert world.due == {}


def test_a_person_resolves_once(world):
    incident = act(world, people.resolve(the(world), KIM, "", at(5)), at(5))
    assert (incident.state, incident.resolved_by) == (State.RESOLVED, "Kim")
    assert people.resolve(incident, LEE, "", at(6)) is None
    for late in (people.acknowledge, people.unacknowledge):
        with pytest.raises(ConflictError):
            late(incident, LEE, "", at(6))
    with pytest.raises(ConflictError):
        people.snooze(incident, at(99), LEE, "", at(6))


def test_reopening_is_told_and_begins_again(world):
    world.tell(group(alert("a", end=10)), at(11))
    world.tell(group(alert("a", start=20)), at(21))
    assert world.said() == [("team", "trigger"), ("team", "resolve"), ("team", "reopen")]
    world.pass_to(at(321))
    assert world.said()[-1] == ("pager", "trigger")
    world.tell(group(alert("a", start=20, end=322)), at(323))
    world.tell(group(alert("a", start=330)), at(331))
    assert world.said()[-2:] == [("team", "reopen"), ("pager", "reopen")]


def test_alerts_that_come_and_go_are_told_to_those_who_know(world):
    world.tell(group(alert("a"), alert("b")), at(10))
    world.tell(group(alert("a"), alert("b", end=11)), at(12))
    assert world.said()[1:] == [("team", "update")] * 2


def test_alerts_that_go_from_what_a_person_resolved_are_not_told(world):
    world.tell(group(alert("a"), alert("b")), at(1))
    act(world, people.resolve(the(world), KIM, "", at(2)), at(2))
    world.tell(group(alert("a", end=3), alert("b")), at(4))
    assert world.said()[-1] == ("team", "resolve")
    assert world.kinds()[-1] == "alerts_resolved"


def test_a_snooze_rests_and_wakes(world):
    incident = act(world, people.snooze(the(world), at(3600), KIM, "later", at(10)), at(10))
    assert incident.snoozed_until == at(3600)
    assert people.snooze(incident, at(3600), LEE, "", at(11)) is None
    world.pass_to(at(3599))
    assert world.said() == [("team", "trigger"), ("team", "update")]
    world.pass_to(at(3600))
    assert world.said()[-1] == ("team", "trigger")
    assert world.kinds()[-2:] == ["woken", "escalated"]
    assert the(world).snoozed_until is None
    with pytest.raises(ConflictError, match="future"):
        people.snooze(the(world), at(3600), KIM, "", at(3600))


def test_who_acknowledges_meanwhile_is_not_woken(world):
    act(world, people.snooze(the(world), at(3600), KIM, "", at(10)), at(10))
    act(world, people.acknowledge(the(world), KIM, "", at(20)), at(20))
    world.pass_to(at(99_999))
    assert the(world).state is State.ACKNOWLEDGED
    assert "woken" not in world.kinds()


def test_who_snoozes_what_is_acknowledged_asks_to_be_reminded(world):
    act(world, people.acknowledge(the(world), KIM, "", at(10)), at(10))
    act(world, people.snooze(the(world), at(60), KIM, "", at(20)), at(20))
    world.pass_to(at(60))
    assert the(world).state is State.FIRING
    assert world.said()[-1] == ("team", "trigger")


def test_what_resolves_in_its_sleep_is_not_woken(world):
    act(world, people.snooze(the(world), at(3600), KIM, "", at(10)), at(10))
    world.tell(group(alert("a", end=20)), at(21))
    assert the(world).snoozed_until is None
    world.pass_to(at(99_999))
    assert "woken" not in world.kinds()


def test_a_maintenance_window_holds_back_until_its_end():
    world = World(CHAIN)
    world.window = window()
    world.tell(group(alert("a")), at(10))
    world.tell(group(alert("a"), alert("b")), at(20))
    assert world.said() == []
    assert the(world).silenced_by == "win_1"
    assert world.kinds()[:2] == ["opened", "suppressed"]
    world.window = None
    world.pass_to(at(3600))
    assert world.said() == [("team", "trigger")]
    assert the(world).silenced_by == ""


def test_a_window_that_begins_later_holds_the_next_steps_back(world):
    world.window = window()
    world.pass_to(at(300))
    world.tell(group(alert("a"), alert("b")), at(301))
    assert world.said() == [("team", "trigger")]
    assert the(world).silenced_by == "win_1"
    world.tell(group(alert("a", end=400), alert("b", end=400)), at(401))
    assert world.said()[-1] == ("team", "resolve")
    assert (the(world).silenced_by, world.due) == ("", {})


def test_an_incident_that_ends_within_a_window_is_never_told():
    world = World(CHAIN)
    world.window = window()
    world.tell(group(alert("a")), at(10))
    world.tell(group(alert("a", end=20)), at(21))
    world.window = None
    world.pass_to(at(99_999))
    assert world.said() == []


def test_a_destination_hears_only_what_it_has_words_for(world):
    world.listeners["team"] = Listener("team", "webhook", frozenset({Action.TRIGGER, Action.RESOLVE}))
    act(world, people.acknowledge(the(world), KIM, "", at(10)), at(10))
    assert world.said() == [("team", "trigger")]


def test_a_comment_is_told(world):
    act(world, people.comment(the(world), KIM, "it is the disk", at(10)), at(10))
    assert world.said()[-1] == ("team", "update")
    assert (world.events[-1].kind, world.events[-1].comment) == (EventKind.COMMENTED, "it is the disk")


def test_enrichment_redraws_messages_and_sends_none(world):
    enriched = Change(EventKind.ENRICHED, the(world), Actor("Enrichment", "enrichment"), at(1))
    world.carry_out(enriched, at(1))
    assert world.said() == [("team", "trigger")]
    world.listeners["team"] = replace(world.listeners["team"], edits=True)
    world.carry_out(enriched, at(2))
    assert world.said()[-1] == ("team", "update")


def test_when_the_configuration_has_none_of_a_steps_destinations_everybody_is_told():
    world = World(Policy("old", (Step(("gone", "gone too")),)))
    world.tell(group(alert("a")), T0)
    assert world.said() == [("pager", "trigger"), ("team", "trigger")]


def test_a_destination_that_is_gone_hears_nothing_more(world):
    del world.listeners["team"]
    act(world, people.acknowledge(the(world), KIM, "", at(10)), at(10))
    assert world.said() == [("team", "trigger")]


def test_with_nobody_configured_nothing_breaks():
    world = World(CHAIN)
    world.listeners = {}
    world.tell(group(alert("a")), T0)
    world.pass_to(at(99_999))
    assert world.deliveries == []
