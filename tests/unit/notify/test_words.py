"""The sentences that every destination says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fraiseql_observe.incident.model import Actor, Event, EventKind, State
from fraiseql_observe.notify import words
from fraiseql_observe.notify.context import context, headline
from fraiseql_observe.notify.examples import ADA, ALERTMANAGER, example

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (45.9, "45 s"),
        (60, "1 min"),
        (247, "4 min"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (86400, "1 d"),
        (273_600, "3 d 4 h"),
    ],
)
def test_a_duration_has_two_units_at_most(seconds, said):
    assert words.duration(timedelta(seconds=seconds)) == said


def test_the_state_says_who_and_when():
    firing, acknowledged, resolved = (example("critical", state, NOW).incident for state in State)
    assert words.state(firing, NOW) == "firing (1 alert)"
    assert words.state(replace(firing, firing=3), NOW) == "firing (3 alerts)"
    assert words.state(acknowledged, NOW) == "acknowledged by Ada Lovelace at 11:51 UTC"
    assert words.state(replace(acknowledged, acknowledged_at=None), NOW) == "acknowledged by Ada Lovelace"
    assert words.state(resolved, NOW) == "resolved after 17 min"
    assert words.state(replace(resolved, resolved_by="Bob"), NOW) == "resolved by Bob after 17 min"
    snoozed = replace(firing, snoozed_until=NOW + timedelta(days=1))
    assert words.state(snoozed, NOW) == "firing (1 alert), snoozed until 2026-03-03 12:00 UTC"
    assert words.state(replace(firing, snoozed_until=NOW), NOW) == "firing (1 alert)"


CHANGES = [
    (EventKind.OPENED, {}, "opened by Ada Lovelace"),
    (EventKind.ALERTS_ADDED, {"alerts": 1, "names": ["A"]}, "1 more alert (A) firing by Ada Lovelace"),
    (
        EventKind.ALERTS_RESOLVED,
        {"alerts": 5, "names": list("ABCDE")},
        "5 alerts (A, B, C and 2 more) resolved by Ada Lovelace",
    ),
    (EventKind.ALERTS_RESOLVED, {"alerts": 9, "names": ["A"]}, "9 alerts (A) resolved by Ada Lovelace"),
    (EventKind.ALERTS_ADDED, {"alerts": 4}, "4 more alerts firing by Ada Lovelace"),
    (EventKind.ALERTS_ADDED, {}, "some more alerts firing by Ada Lovelace"),
    (EventKind.ACKNOWLEDGED, {}, "acknowledged by Ada Lovelace"),
    (EventKind.UNACKNOWLEDGED, {}, "acknowledgement taken back by Ada Lovelace"),
    (EventKind.RESOLVED, {}, "resolved by Ada Lovelace"),
    (EventKind.REOPENED, {}, "firing again by Ada Lovelace"),
    (EventKind.SNOOZED, {}, "snoozed by Ada Lovelace"),
    (EventKind.SNOOZED, {"until": "2026-03-02T14:00:00+01:00"}, "snoozed until 13:00 UTC by Ada Lovelace"),
    (EventKind.SNOOZED, {"until": "later"}, "snoozed by Ada Lovelace"),
    (EventKind.WOKEN, {}, "snooze is over by Ada Lovelace"),
    (EventKind.COMMENTED, {}, "Ada Lovelace commented"),
    (EventKind.ESCALATED, {"step": 2}, "escalated to step 2 by Ada Lovelace"),
    (EventKind.ESCALATED, {"step": 2, "destinations": ["a", "b"]}, "escalated to step 2: a, b by Ada Lovelace"),
    (EventKind.ESCALATED, {}, "escalated by Ada Lovelace"),
    (EventKind.SUPPRESSED, {}, "held back by a maintenance window by Ada Lovelace"),
    (EventKind.DELIVERED, {"destination": "team"}, "message delivered to team by Ada Lovelace"),
    (EventKind.DELIVERY_DEAD, {}, "message could not be delivered to a destination by Ada Lovelace"),
]


@pytest.mark.parametrize(("kind", "data", "said"), CHANGES)
def test_a_change_is_one_sentence(kind, data, said):
    assert words.change(Event("inc_1", NOW, kind, ADA, data=data)) == said
    machine = words.change(Event("inc_1", NOW, kind, ALERTMANAGER, data=data))
    assert machine == said.replace(" by Ada Lovelace", "").replace("Ada Lovelace", "Alertmanager")


def test_a_comment_follows_the_change():
    assert words.change(Event("i", NOW, EventKind.RESOLVED, ADA, "fixed")) == "resolved by Ada Lovelace: fixed"
    assert words.change(Event("i", NOW, EventKind.COMMENTED, Actor("Bob", "cli"), "hm")) == "Bob says: hm"


def test_the_context_takes_values_from_the_enrichment_then_from_the_alerts():
    message = example("group", State.FIRING, NOW)
    variables = context(message)
    assert (variables["value"], variables["threshold"], variables["users"]) == ("0", "1", 42)
    bare = context(replace(message, enrichment=type(message.enrichment)(), previous=()))
    assert (bare["value"], bare["threshold"], bare["users"], bare["previous"]) == ("0", "1", None, ())
    first, second = variables["alerts"][:2]
    assert (first.apart, second.apart) == ("instance=shop-1:8000", "instance=shop-2:8000")
    assert first.started_at == datetime(2026, 3, 2, 11, 43, tzinfo=UTC)


def test_an_update_of_what_no_longer_fires_is_headed_by_its_state():
    from fraiseql_observe.incident.model import Action  # noqa: PLC0415

    update = {state: replace(example("info", state, NOW), action=Action.UPDATE) for state in State}
    assert [headline(update[state]) for state in State] == ["changed", "acknowledged", "resolved"]
