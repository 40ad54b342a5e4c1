"""Auditor, dead man's switch and heartbeat."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from fake_server import FakeServer, Reply
from managing import managed
from told import alert, at, body, group, member

from fraiseql_observe.alerts.auditor import Auditor
from fraiseql_observe.alerts.heartbeat import Heartbeat
from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.policy import PolicySettings, StepSettings
from fraiseql_observe.config.settings import Settings
from fraiseql_observe.config.store import StoreSettings
from fraiseql_observe.config.watchdog import HeartbeatSettings, WatchdogSettings
from fraiseql_observe.errors import DeliveryError
from fraiseql_observe.incident.model import State
from fraiseql_observe.incident.policy import DueStep
from fraiseql_observe.notify.http import Http
from fraiseql_observe.store import escalations, inbox, incidents, settings

MINUTES = timedelta(minutes=1)
LATE = PolicySettings(steps=(StepSettings(destinations=("team",), wait=5 * MINUTES),))


@pytest.fixture
async def it(tmp_path):
    given = Settings(watchdog=WatchdogSettings(expect_within=15 * MINUTES), policies={"default": LATE})
    async with managed(f"sqlite:///{tmp_path}/observe.db", given) as it:
        yield it


def sample(it, name, **labels):
    return it.manager.telemetry.registry.get_sample_value(f"fraiseql_observe_{name}", labels)


async def audit(it):
    await it.parts._auditor.turn()
    await it.parts.processor.catch_up()


async def watchdog(it, **changed):
    told = member(labels={"alertname": "FraiseQLWatchdog", "severity": "none"}, **changed)
    await it.manager.accept(body(told), "alertmanager")
    await it.parts.processor.catch_up()


async def test_the_watchdog_alert_opens_no_incident_and_is_noted(it):
    await watchdog(it)
    assert await it.manager.get_active_alerts() == ()
    assert sample(it, "watchdog_last_seen_timestamp_seconds") == it.time.now.timestamp()
    it.time.now = at(60)
    await watchdog(it, status="resolved", endsAt="2026-03-02T12:00:30Z")
    assert sample(it, "watchdog_last_seen_timestamp_seconds") == at(0).timestamp()


async def test_beside_other_alerts_it_is_left_out(it):
    await it.tell(group(alert("a"), alert("w", alertname="FraiseQLWatchdog")))
    assert (await it.only()).total == 1


async def test_when_it_stays_away_an_incident_opens_and_ends_when_it_is_back(it):
    await watchdog(it)
    it.time.now = at(15 * 60)
    await audit(it)
    assert await it.manager.get_active_alerts() == ()
    it.time.now = at(15 * 60 + 1)
    await audit(it)
    await audit(it)
    incident = await it.only()
    assert (incident.title, incident.severity.value, incident.state) == (
        "Alerts do not arrive",
        "critical",
        State.FIRING,
    )
    assert "FraiseQLWatchdog" in incident.common_annotations["description"]
    it.time.now = at(1000)
    await watchdog(it)
    await audit(it)
    await audit(it)
    assert (await it.only()).state is State.RESOLVED
    it.time.now = at(3000)
    await audit(it)
    assert [one.state for one in await it.manager.get_active_alerts()] == [State.FIRING]


async def test_after_our_own_start_it_has_its_time_again(it, tmp_path):
    await watchdog(it)
    it.time.now = at(86_400)
    it.parts._auditor._started = it.time.now
    await audit(it)
    assert await it.manager.get_active_alerts() == ()


async def test_it_is_expected_only_after_its_first_arrival(it):
    it.time.now = at(86_400)
    await audit(it)
    assert await it.manager.get_active_alerts() == ()


async def test_what_is_overdue_shows_and_wakes_the_escalator(it, caplog):
    await it.tell(group(alert("a")))
    it.time.now = at(329)
    nudged = []
    auditor = Auditor(
        it.manager.engine,
        lambda: it.manager.settings,
        clock=it.time,
        telemetry=it.manager.telemetry,
        nudge=lambda: nudged.append(1),
    )
    await auditor.turn()
    assert (nudged, sample(it, "escalations_overdue")) == ([], 0)
    it.time.now = at(331)
    assert await auditor.turn() == 10
    assert (nudged, sample(it, "escalations_overdue")) == ([1], 1)
    assert "overdue" in caplog.text


async def test_gauges_follow_the_store(it):
    await it.tell(group(alert("a")))
    await it.manager.engine.append(inbox.INSERT, [inbox.row("box_1", "alertmanager", at(-30), b"{}")])
    await it.parts._auditor.turn()
    assert sample(it, "inbox_webhooks") == 1
    assert sample(it, "inbox_oldest_age_seconds") == 30
    assert sample(it, "incidents", state="firing") == 1


async def test_what_is_older_than_the_history_is_forgotten(it):
    it.parts._configured = replace(
        it.parts._configured, settings=replace(it.manager.settings, store=StoreSettings(history=timedelta(days=1)))
    )
    await it.tell(group(alert("a")))
    it.time.now = at(10)
    await it.tell(group(alert("a", end=9)))
    for pause, left in ((3600, 1), (2 * 86_400, 0)):
        await it.manager.engine.write(lambda tx: tx.execute("update delivery set state = 'sent'"))
        for later in (0, 3600):  # after a leap nothing is forgotten for an hour: perhaps the clock is wrong
            it.time.now = at(pause + later)
            await it.parts._auditor.turn()
        assert len((await it.manager.search(incidents.Query())).incidents) == left


async def test_a_step_of_an_incident_that_is_gone_is_left_out(it):
    gone = DueStep("stp_1", "inc_gone", 0, at(0), at(0))
    await it.manager.engine.write(lambda tx: escalations.schedule(tx, [gone]))
    await it.pass_(1)
    assert await it.said() == []
    assert await it.manager.engine.read(escalations.next_due) is None


@pytest.fixture
async def outside():
    async with FakeServer() as server:
        yield server


@pytest.fixture
async def beat(it, outside):
    http = Http(clock=it.time)
    health = {"processor": True, "dispatcher": True}
    given = HeartbeatSettings(url=Secret(outside.url + "/ping/secret"), interval=timedelta(seconds=30))
    heart = Heartbeat(given, http, clock=it.time, telemetry=it.manager.telemetry, healthy=lambda: health)
    yield heart, health
    await http.close()


async def test_a_heartbeat_goes_out_while_all_is_well(it, outside, beat):
    heart, health = beat
    assert await heart.turn() == 30
    assert [(one.method, one.path) for one in outside.requests] == [("POST", "/ping/secret")]
    assert sample(it, "heartbeat_last_success_timestamp_seconds") == it.time.now.timestamp()
    health["dispatcher"] = False
    with pytest.raises(DeliveryError, match="dispatcher"):
        await heart.turn()
    assert len(outside.requests) == 1
    health["dispatcher"] = True
    assert await heart.turn() == 30


async def test_a_heartbeat_that_is_not_taken_is_a_failure_that_hides_the_address(outside, beat):
    outside.script(Reply(500))
    with pytest.raises(DeliveryError) as refused:
        await beat[0].turn()
    assert "500" in refused.value.message
    assert "secret" not in str(refused.value)


async def test_without_an_address_there_is_no_heartbeat(it):
    assert await it.parts._beat() == 3600
    assert await it.manager.engine.read(lambda tx: settings.get(tx, "nothing")) is None
