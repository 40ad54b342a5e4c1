"""What Alertmanager's list says about ours."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
import msgspec
import pytest
from fake_server import GARBAGE, HANG, FakeServer, Reply
from told import alert, at

from fraiseql_observe.alerts import comparison
from fraiseql_observe.alerts.alertmanager import Alertmanager, ListedGroup, Member, Receiver, pattern
from fraiseql_observe.alerts.comparison import Fires, Memory
from fraiseql_observe.config.alertmanager import AlertmanagerSettings
from fraiseql_observe.config.declare import Secret, Size
from fraiseql_observe.errors import ReconcileError
from fraiseql_observe.incident import identity
from fraiseql_observe.incident.model import AlertStatus

A, B = alert("a"), alert("b")
FIVE = timedelta(minutes=5)


def kept(one, incident="inc_1", seen=0):
    return Fires(one.fingerprint, one.starts_ns, incident, "team", at(seen))


def listed(one, state="active"):
    told = {"labels": one.labels, "startsAt": "2026-03-02T12:00:00Z", "status": {"state": state}}
    return msgspec.convert(told | {"fingerprint": one.fingerprint}, Member)


def lost_resolves(memory, asked, theirs=(), suspects=(), ours=None):
    ours = ours or [kept(A), kept(B)]
    found = comparison.lost_resolves(ours, theirs, memory, suspects=suspects, asked=at(asked), confirm_after=FIVE)
    return [one.fingerprint for one in found]


def test_what_is_absent_for_long_enough_is_over():
    memory = Memory()
    assert lost_resolves(memory, 10, theirs=[B.fingerprint]) == []
    assert lost_resolves(memory, 309, theirs=[B.fingerprint]) == []
    assert lost_resolves(memory, 310, theirs=[B.fingerprint]) == [A.fingerprint]


def test_what_comes_back_begins_anew():
    memory = Memory()
    lost_resolves(memory, 10, theirs=[B.fingerprint])
    lost_resolves(memory, 200, theirs=[A.fingerprint, B.fingerprint])
    assert lost_resolves(memory, 310, theirs=[B.fingerprint]) == []


def test_a_suspect_is_believed_at_once_but_not_what_was_heard_of_meanwhile():
    assert lost_resolves(Memory(), 10, suspects=["inc_1"]) == [A.fingerprint, B.fingerprint]
    assert lost_resolves(Memory(), 10, suspects=["inc_1"], ours=[kept(A, seen=10), kept(B, seen=9)]) == [B.fingerprint]


def lost_alerts(memory, asked, theirs, ours=(), doubtful=()):
    return comparison.lost_alerts(ours, theirs, memory, doubtful=doubtful, asked=at(asked), confirm_after=FIVE)


def test_what_fires_there_for_long_enough_and_not_here_was_lost():
    memory = Memory()
    theirs = [listed(A), listed(B), listed(alert("c"), "suppressed")]
    assert lost_alerts(memory, 10, theirs, ours=[B.fingerprint]) == set()
    assert lost_alerts(memory, 310, theirs, ours=[B.fingerprint]) == {A.fingerprint}
    assert lost_alerts(Memory(), 10, theirs, doubtful=[B.fingerprint]) == {B.fingerprint}


def test_a_lost_alert_is_told_in_its_group_and_one_that_we_hold_for_ended_begins_anew():
    group = ListedGroup({"team": "x"}, Receiver("r"), [listed(A), listed(B)])
    (told,) = comparison.firing({A.fingerprint, B.fingerprint}, [group], {B.fingerprint: B}, at(99))
    assert (told.receiver, told.group_labels) == ("r", {"team": "x"})
    assert told.common_labels == {"alertname": "HighErrorRate", "severity": "warning"}
    first, second = told.alerts
    assert (first.starts_ns, first.status) == (A.starts_ns, AlertStatus.FIRING)
    assert second.starts_ns == alert("b", start=99).starts_ns
    assert comparison.firing({"other"}, [group], {}, at(99)) == []
    assert comparison.members([group], {identity.incident_key("r", {"team": "x"})}) == {A.fingerprint, B.fingerprint}
    assert comparison.members([group], {"another"}) == set()


def test_receivers_are_named_exactly():
    assert pattern(["a.b", "c|d"]) == r"a\.b|c\|d"


@pytest.fixture
async def server():
    async with FakeServer() as server:
        yield server


@pytest.fixture
async def ask(server):
    async with aiohttp.ClientSession() as session:

        def ask(**changed):
            settings = AlertmanagerSettings(receivers=("team",), timeout=timedelta(seconds=0.5), **changed)
            return Alertmanager(server.url, settings, session)

        yield ask


async def test_only_our_receivers_are_asked_for_with_what_it_takes(server, ask):
    server.script(Reply(body=b"[]"), Reply(body=b"[]"))
    assert await ask(token=Secret("t0ken")).alerts() == []
    assert await ask(username="kim", password=Secret("pw")).groups() == []
    assert [one.path for one in server.requests] == [
        "/api/v2/alerts?receiver=team",
        "/api/v2/alerts/groups?receiver=team",
    ]
    assert [one.headers["authorization"] for one in server.requests] == ["Bearer t0ken", "Basic a2ltOnB3"]


@pytest.mark.parametrize(
    "answer",
    [
        Reply(500),
        Reply(302, {"Location": "/elsewhere"}),
        Reply(body=b"<html>"),
        Reply(body=b'[{"labels": 1}]'),
        Reply(body=b"[" * 100_000),
        Reply(body=b" " * 200_001),
        GARBAGE,
        HANG,
    ],
)
async def test_what_is_no_list_of_alerts_is_refused(server, ask, answer):
    server.script(answer)
    with pytest.raises(ReconcileError):
        await ask(max_bytes=Size(200_000)).alerts()
