"""How the console says things."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from fraiseql_observe.incident.model import Action, Actor, Delivery, DeliveryState, Event, EventKind
from fraiseql_observe.notify.escape import url as safe_link
from fraiseql_observe.web.console import words
from fraiseql_observe.web.console.gate import local_path

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "parts", "said"),
    [
        (None, 1, "none"),
        (0, 1, "0 s"),
        (0.4, 2, "0 s"),
        (59, 1, "59 s"),
        (60, 1, "1 min"),
        (61, 2, "1 min 1 s"),
        (3600, 2, "1 h"),
        (3661, 2, "1 h 1 min"),
        (90_061, 2, "1 d 1 h"),
        (timedelta(days=400), 1, "400 d"),
    ],
)
def test_spans(seconds, parts: int, said: str) -> None:
    assert words.span(seconds, parts) == said


def test_ages_are_never_negative() -> None:
    assert words.age(NOW + timedelta(hours=1), NOW) == "0 s"
    assert words.until(NOW - timedelta(hours=1), NOW) == "now"
    assert words.until(NOW + timedelta(hours=1), NOW) == "in 1 h"


def test_moments() -> None:
    there = NOW.astimezone(ZoneInfo("Asia/Tokyo"))
    assert words.stamp(there) == "Nov 23 12:00:00 UTC"
    assert words.machine(there) == "2026-11-23T12:00:00Z"
    assert words.from_ns(1_500_000_000_123_456_789) == datetime(2017, 7, 14, 2, 40, 0, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    ("url", "followed"),
    [
        ("https://example.com/a", True),
        (" http://example.com ", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)", False),
        ("data:text/html,x", False),
        ("//example.com", False),
        ("https:/nohost", False),
        ("http://[broken", False),
        ("", False),
    ],
)
def test_only_web_addresses_become_links(url: str, *, followed: bool) -> None:
    assert bool(safe_link(url)) is followed


def event(kind: EventKind, **data: object) -> Event:
    return Event("inc_1", NOW, kind, Actor("kim", "console"), data=data)


def test_events_say_what_they_carry() -> None:
    assert words.about(event(EventKind.DELIVERED, destination="pager")) == "pager"
    assert (
        words.about(event(EventKind.DELIVERY_DEAD, destination="pager", reason="rate_limited")) == "pager, rate limited"
    )
    assert words.about(event(EventKind.ALERTS_ADDED, alerts=1, names=["A"])) == "1 alert, A"
    assert words.about(event(EventKind.OPENED, alerts=7, names=list("abcdefg"))) == "7 alerts, a, b, c, d, e and 2 more"
    assert words.about(event(EventKind.COMMENTED)) == ""
    said = words.about(event(EventKind.ESCALATED, step=1, policy="night", destinations=["pager", "mail"]))
    assert said == "step 1 of night, pager, mail"


def test_events_say_until_when() -> None:
    assert words.until_of(event(EventKind.SNOOZED, until=NOW.isoformat())) == NOW
    assert words.until_of(event(EventKind.SNOOZED, until="2026-11-23T12:00:00")) == NOW
    assert words.until_of(event(EventKind.SNOOZED, until="soon")) is None
    assert words.until_of(event(EventKind.SNOOZED)) is None


@pytest.mark.parametrize(
    ("actor", "said"),
    [
        (Actor("kim", "slack"), "kim, slack"),
        (Actor("Alertmanager", "alertmanager"), "Alertmanager"),
        (Actor("pager", "dispatcher"), ""),
        (Actor("night", "escalation"), ""),
        (Actor("kim", ""), "kim"),
    ],
)
def test_who_did_it(actor: Actor, said: str) -> None:
    assert words.who(Event("inc_1", NOW, EventKind.OPENED, actor)) == said


def test_every_kind_of_event_and_delivery_has_words() -> None:
    assert set(words.KINDS) == set(EventKind)
    assert set(words.DELIVERIES) == set(DeliveryState)


def test_tomorrow_is_nine_where_the_person_is() -> None:
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    assert words.tomorrow(late, None) == datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert words.tomorrow(late, words.zone("Europe/Berlin")) == datetime(2026, 11, 25, 8, tzinfo=UTC)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "a\0b", "x" * 999, "/etc/localtime"])
def test_a_zone_nobody_knows_is_none(name: str) -> None:
    assert words.zone(name) is None


def test_local_times() -> None:
    berlin = words.zone("Europe/Berlin")
    assert words.local_time("2026-11-23T13:00", berlin) == NOW
    assert words.local_time("2026-11-23T12:00", None) == NOW
    assert words.local_time("soon", None) is None
    assert words.local_time("0001-01-01T00:00", berlin) is None


def test_what_comes_next_for_a_delivery() -> None:
    def delivery(state: DeliveryState, deadline: datetime | None = None) -> Delivery:
        due = NOW + timedelta(minutes=4)
        return Delivery("d", "i", "pager", "pagerduty", Action.TRIGGER, state, NOW, due, deadline_at=deadline)

    assert words.next_try(delivery(DeliveryState.RETRY), NOW) == "in 4 min"
    assert words.next_try(delivery(DeliveryState.SENDING, NOW + timedelta(seconds=9)), NOW) == "ends in 9 s"
    assert words.next_try(delivery(DeliveryState.SENT), NOW) == ""


@pytest.mark.parametrize("path", ["/", "/incidents/inc_1", "/?state=firing&text=a%20b"])
def test_paths_of_ours_are_gone_to(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "http://[",
        "//[",
        "incidents",
        "/a\r\nSet-Cookie: x",
        "/" * 3,
    ],
)
def test_other_places_are_not(path: str) -> None:
    assert local_path(path) == "/"
