"""What is found is told, in its order, in time, and without a secret."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.settings import Settings
from fraiseql_observe.config.slack import SlackDestination
from fraiseql_observe.config.store import StoreSettings
from fraiseql_observe.doctor import clocks
from fraiseql_observe.doctor.asked import Asked
from fraiseql_observe.doctor.checkup import check_up, probes
from fraiseql_observe.doctor.finding import HIDDEN, Level, note, ok, secrets_in, skipped, sound, without, wrong
from fraiseql_observe.doctor.run import Probe, examine
from fraiseql_observe.errors import ObserveError

NOW = datetime(2026, 3, 4, 12, 0, 0, 500_000, tzinfo=UTC)


def raising(error):
    yield ok("first", "it was seen")
    raise error


def test_probes_are_told_in_their_order_and_one_that_fails_stops_no_other():
    found = examine(
        [
            Probe("a", lambda: raising(ObserveError("It is down.", hint="start it"))),
            Probe("b", lambda: raising(RuntimeError("password=hunter2"))),
            Probe("c", lambda: [ok("c", "right")]),
        ],
        seconds=10,
    )
    assert [(one.subject, one.level.value) for one in found] == [
        ("first", "ok"),
        ("a", "wrong"),
        ("first", "ok"),
        ("b", "wrong"),
        ("c", "ok"),
    ]
    assert (found[1].found, found[1].advice) == ("It is down.", "start it")
    assert "fault of this program (RuntimeError)" in found[3].found
    assert "hunter2" not in str(found)


def test_one_that_hangs_is_left_behind():
    released = threading.Event()

    def hangs():
        yield ok("a", "it began")
        released.wait(30)

    found = examine([Probe("a", hangs), Probe("b", lambda: [ok("b", "right")])], seconds=0.3)
    released.set()
    assert [one.found for one in found] == ["it began", "it did not answer within 0.3 s", "right"]


def test_only_what_is_wrong_makes_it_unsound():
    assert sound([ok("a", ""), note("b", ""), skipped("c", "")])
    assert not sound([ok("a", ""), wrong("b", "")])
    assert wrong("a", "b", "c").as_json() == {"subject": "a", "level": "wrong", "found": "b", "advice": "c"}


def test_no_secret_is_shown_however_it_got_there():
    secrets = secrets_in(["postgresql://u:p%40ssword@db/x", "key-one\nkey-two", "abc"], ["http://me:other@host/"])
    finding = wrong("a", "p%40ssword p@ssword key-two", "other abc key-one")
    assert without(secrets, finding) == wrong("a", f"{HIDDEN} {HIDDEN} {HIDDEN}", f"{HIDDEN} abc {HIDDEN}")
    assert secrets_in([], ["http://[broken"]) == set()


def test_all_secrets_of_the_settings_are_known():
    settings = Settings(
        store=StoreSettings(url=Secret("postgresql://u:storepass@db/x")),
        destinations={"team": SlackDestination(token=Secret("xoxb-secret"), channel="#x")},
    )
    asked = Asked(settings, lambda: NOW, database="postgresql://o:ownerpass@db/x")
    assert {"storepass", "xoxb-secret", "ownerpass"} <= asked.secrets


@pytest.mark.parametrize(
    ("apart", "level", "said"),
    [
        (timedelta(0), Level.OK, "agrees"),
        (timedelta(seconds=1.9), Level.OK, "agrees"),
        (timedelta(seconds=3), Level.NOTE, "3.0 s ahead of ours"),
        (timedelta(seconds=-3), Level.NOTE, "3.0 s behind ours"),
        (timedelta(days=1), Level.WRONG, "86400 s ahead of ours"),
        (timedelta(minutes=-2), Level.WRONG, "120 s behind ours"),
    ],
)
def test_clocks(apart, level, said):
    found = clocks.judge("db", NOW + apart, NOW, NOW)
    assert (found.level, found.subject) == (level, "clock of db")
    assert said in found.found
    assert bool(found.advice) == (level is not Level.OK)


def test_a_slow_way_is_no_wrong_clock():
    assert clocks.judge("db", NOW, NOW - timedelta(seconds=9), NOW + timedelta(seconds=9)).level is Level.OK


def test_the_clock_of_an_answer_has_whole_seconds():
    def of(date):
        return list(clocks.of_answer("grafana", date, NOW, NOW))

    assert [one.level for one in of(format_datetime(NOW.replace(microsecond=0), usegmt=True))] == [Level.OK]
    assert [one.level for one in of(format_datetime(NOW - timedelta(minutes=1), usegmt=True))] == [Level.WRONG]
    assert of("") == []
    assert of("yesterday") == []


def test_what_there_is_no_address_for_is_said():
    found = check_up(Asked(None, lambda: NOW), [wrong("settings", "they are wrong")])
    assert [one.subject for one in found] == [
        "settings",
        "store, backend, destinations",
        "alertmanager",
        "prometheus",
        "application",
        "audit",
        "grafana",
    ]
    assert {one.level for one in found[1:]} == {Level.SKIPPED}


def test_everything_that_has_an_address_is_looked_at():
    settings = Settings(destinations={"team": SlackDestination(token=Secret("xoxb-secret"), channel="#x")})
    asked = Asked(settings, lambda: NOW, database="a", prometheus="b", metrics="c", grafana="d")
    subjects = [one.subject for one in probes(asked)]
    assert subjects == ["store", "backend", "destination team", "prometheus", "application", "audit", "grafana"]
