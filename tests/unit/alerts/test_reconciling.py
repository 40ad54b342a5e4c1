"""When our alerts are compared with Alertmanager's, by whom, and what follows."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from fake_server import FakeServer, Reply
from managing import managed
from told import alert, at, group

from fraiseql_observe.alerts.reconciler import Reconciler
from fraiseql_observe.config.alertmanager import AlertmanagerSettings
from fraiseql_observe.config.policy import IncidentSettings
from fraiseql_observe.config.settings import Settings
from fraiseql_observe.errors import ReconcileError
from fraiseql_observe.incident import payload
from fraiseql_observe.incident.model import State


class Peer:
    """An Alertmanager that lists what it is told to."""

    def __init__(self):
        self.alerts, self.started, self.well = [], at(-3600), True

    def __call__(self, received):
        path = received.path.partition("?")[0]
        if not self.well:
            return Reply(503)
        listed = [
            {
                "fingerprint": one.fingerprint,
                "labels": one.labels,
                "startsAt": start(one),
                "status": {"state": "active"},
            }
            for one in self.alerts
        ]
        answers = {
            "/api/v2/status": {"uptime": self.started.isoformat()},
            "/api/v2/alerts": listed,
            "/api/v2/alerts/groups": [
                {"labels": {"alertname": "HighErrorRate"}, "receiver": {"name": "team"}, "alerts": listed}
            ],
        }
        return Reply(body=json.dumps(answers[path]).encode())


def start(one):
    return payload.moment(one.starts_ns).isoformat()


@pytest.fixture
async def peers():
    """Two peers of one cluster, with their addresses."""
    first, second = Peer(), Peer()
    async with FakeServer(first) as one, FakeServer(second) as two:
        yield (first, second), (one.url, two.url)


@pytest.fixture
async def it(tmp_path, peers):
    given = AlertmanagerSettings(urls=peers[1], receivers=("team", "own"))
    async with managed(f"sqlite:///{tmp_path}/observe.db", Settings(alertmanager=given)) as it:
        await it.tell(group(alert("a"), alert("b")))
        yield it


async def compare(it, now):
    it.time.now = at(now)
    pause = await it.parts._reconciler.turn()
    await it.parts.processor.catch_up()
    return pause


def counted(it, name, **labels):
    return it.manager.telemetry.registry.get_sample_value(f"fraiseql_observe_{name}_total", labels)


async def test_what_one_peer_still_lists_fires_on(it, peers):
    (first, second), _ = peers
    first.alerts, second.alerts = [alert("a")], [alert("b")]
    assert await compare(it, 10) == 60
    first.alerts = []
    await compare(it, 20)
    await compare(it, 20 + 355)
    assert (await it.only()).firing == 2
    await compare(it, 20 + 360)
    assert (await it.only()).firing == 1
    second.alerts = []
    await compare(it, 400)
    await compare(it, 800)
    incident = await it.only()
    assert (incident.state, incident.resolved_by) == (State.RESOLVED, "Reconciliation")
    assert counted(it, "reconciled_alerts", change="resolved") == 2


async def test_a_peer_that_does_not_answer_says_nothing_and_none_at_all_is_a_failure(it, peers):
    (first, second), _ = peers
    first.well, second.alerts = False, [alert("a"), alert("b")]
    await compare(it, 10)
    second.well = False
    with pytest.raises(ReconcileError):
        await compare(it, 20)
    assert (counted(it, "reconciliations", outcome="ok"), counted(it, "reconciliations", outcome="failed")) == (1, 1)
    assert (await it.only()).firing == 2


async def test_peers_that_began_lately_end_nothing(it, peers):
    (first, second), _ = peers
    first.started = second.started = at(1000)
    it.parts._reconciler.suspect([(await it.only()).id], [])
    await compare(it, 1295)
    assert (await it.only()).firing == 2
    await compare(it, 1300)
    assert (await it.only()).firing == 0


async def test_a_missing_member_asks_at_once(it, peers):
    for peer in peers[0]:
        peer.alerts = [alert("a")]
    it.time.now = at(5)
    await it.tell(group(alert("a")))
    await compare(it, 10)
    assert (await it.only()).firing == 1
    await it.tell(group(alert("a"), truncated=1))
    for peer in peers[0]:
        peer.alerts = [alert("a"), alert("c"), alert("d")]
    await compare(it, 20)
    assert (await it.only()).firing == 3
    assert counted(it, "reconciled_alerts", change="added") == 2


async def test_only_who_holds_the_lease_compares(it, peers):
    other = Reconciler(
        it.manager.engine, lambda: it.manager.settings, clock=it.time, telemetry=it.manager.telemetry, found=list
    )
    await compare(it, 10)
    await other.turn()
    assert counted(it, "reconciliations", outcome="ok") == 1
    it.time.now = at(10 + 181)  # it was not prolonged
    await other.turn()
    assert counted(it, "reconciliations", outcome="ok") == 2


async def test_alerts_of_other_receivers_are_not_judged_but_grow_stale(it):
    await it.tell(group(alert("z"), receiver="grafana"), source="alertmanager")
    mine = payload.new_alert("Mine")
    await it.manager.send_alert(mine)
    for now in (10, 800):
        await compare(it, now)
    assert {one.receiver for one in await it.manager.get_active_alerts()} == {"grafana", "own"}
    await compare(it, 86_401)
    assert {one.receiver for one in await it.manager.get_active_alerts()} == {"own"}


async def test_without_an_alertmanager_only_staleness_ends_what_nobody_ends(tmp_path):
    async with managed(f"sqlite:///{tmp_path}/observe.db") as it:
        await it.tell(group(alert("a")))
        await compare(it, 86_400)
        assert (await it.only()).state is State.FIRING
        await it.tell(group(alert("a")))
        await compare(it, 2 * 86_400 - 9)
        assert (await it.only()).state is State.FIRING
        await compare(it, 2 * 86_400 + 1)
        assert (await it.only()).state is State.RESOLVED


async def test_staleness_can_be_switched_off(tmp_path):
    given = Settings(incidents=IncidentSettings(stale_after=timedelta(0)))
    async with managed(f"sqlite:///{tmp_path}/observe.db", given) as it:
        await it.tell(group(alert("a")))
        await compare(it, 10**7)
        assert (await it.only()).state is State.FIRING


async def test_suspicion_reaches_the_reconciler_by_itself(it):
    seen = []
    it.parts._reconciler.suspect = lambda *given: seen.append(tuple(map(set, given)))
    await it.tell(group(alert("a")))
    await it.tell(group(alert("a"), alert("b", end=5)))
    await it.tell(group(alert("a"), alert("b")))
    incident = await it.only()
    assert seen == [({incident.id}, set()), (set(), {alert("b").fingerprint})]


async def test_more_alerts_than_fit_on_a_page(it, monkeypatch):
    monkeypatch.setattr("fraiseql_observe.alerts.reconciler.PAGE", 2)
    await it.tell(group(*(alert(name) for name in "abcde")))
    await it.tell(group(alert("f"), x="y"))
    it.parts._reconciler.suspect([one.id for one in await it.manager.get_active_alerts()], [])
    await compare(it, 10)
    assert await it.manager.get_active_alerts() == ()
