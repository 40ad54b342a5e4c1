"""The life of an incident on real stores: webhooks in, people's actions, escalation, deliveries out."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from managing import managed
from told import alert, at, group

from fraiseql_observe.config.policy import IncidentSettings, PolicySettings, RouteSettings, StepSettings, Until
from fraiseql_observe.config.settings import Settings
from fraiseql_observe.errors import ConfigError, ConflictError, NotFoundError, PayloadError
from fraiseql_observe.incident import payload
from fraiseql_observe.incident.model import Actor, Severity, State
from fraiseql_observe.store import inbox

KIM, LEE = Actor("Kim", "console", "192.0.2.1"), Actor("Lee", "slack")
MINUTES = timedelta(minutes=1)
CHAIN = PolicySettings(
    steps=(StepSettings(destinations=("team",)), StepSettings(destinations=("pager",), wait=5 * MINUTES)),
    repeat=1,
    repeat_after=10 * MINUTES,
)
POLICIES = Settings(policies={"default": CHAIN})


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    return f"sqlite:///{tmp_path}/observe.db" if request.param == "sqlite" else request.getfixturevalue("database_url")


@pytest.fixture
async def it(url):
    async with managed(url, POLICIES) as it:
        yield it


async def test_from_webhook_to_deliveries_and_back(it):
    await it.tell(group(alert("a", severity="critical"), alert("b")))
    incident = await it.only()
    assert (incident.state, incident.firing, incident.severity) == (State.FIRING, 2, Severity.CRITICAL)
    assert (incident.version, incident.policy) == (1, "default")
    await it.tell(group(alert("a", severity="critical"), alert("b")))  # a repetition
    assert (await it.only()).version == 1
    await it.pass_(300)
    assert await it.said() == [("team", "trigger"), ("pager", "trigger")]
    it.time.now = at(310)
    await it.tell(group(alert("a", severity="critical", end=305), alert("b", end=305)))
    incident = await it.only()
    assert (incident.state, incident.firing, incident.resolved_at) == (State.RESOLVED, 0, at(310))
    assert await it.said() == [("team", "trigger"), ("pager", "trigger"), ("pager", "resolve"), ("team", "resolve")]
    await it.pass_(10_000)
    assert await it.events() == ["opened", "escalated", "escalated", "resolved"]


async def test_who_is_second_sees_who_was_first(it):
    await it.tell(group(alert("a")))
    incident = await it.only()
    it.time.now = at(60)
    first = await it.manager.acknowledge_alert(incident.id, KIM, "looking", if_version=incident.version)
    again = await it.manager.acknowledge_alert(incident.id, LEE, if_version=incident.version)
    assert (first.changed, again.changed) == (True, False)
    assert again.incident == first.incident
    assert (again.incident.acknowledged_by, again.incident.acknowledged_at) == ("Kim", at(60))
    await it.pass_(10_000)
    assert await it.said() == [("team", "trigger"), ("team", "acknowledge")]
    (line,) = [one for one in (await it.manager.incident(incident.id)).events if one.kind == "acknowledged"]
    assert (line.actor, line.comment) == (KIM, "looking")


async def test_who_looked_at_another_version_is_told(it):
    await it.tell(group(alert("a")))
    incident = await it.only()
    await it.manager.comment(incident.id, KIM, "hm")
    with pytest.raises(ConflictError, match="version 2"):
        await it.manager.acknowledge_alert(incident.id, LEE, if_version=incident.version)
    with pytest.raises(NotFoundError):
        await it.manager.acknowledge_alert("inc_none", KIM)


async def test_all_that_people_do(it):
    await it.tell(group(alert("a")))
    incident_id = (await it.only()).id
    assert (await it.manager.acknowledge_alert(incident_id, KIM)).incident.state is State.ACKNOWLEDGED
    assert (await it.manager.unacknowledge(incident_id, LEE)).incident.state is State.FIRING
    assert (await it.manager.snooze(incident_id, at(600), KIM)).incident.snoozed_until == at(600)
    assert [step.due_at for step in (await it.manager.incident(incident_id)).steps] == [at(600)]
    await it.pass_(600)
    assert (await it.only()).snoozed_until is None
    assert (await it.manager.comment(incident_id, KIM, "the disk")).comment == "the disk"
    assert (await it.manager.resolve_alert(incident_id, KIM, "done")).changed
    assert not (await it.manager.resolve_alert(incident_id, LEE)).changed
    await it.tell(group(alert("a")))
    assert (await it.only()).state is State.RESOLVED
    assert await it.events() == [
        *("opened", "escalated", "acknowledged", "unacknowledged", "escalated", "snoozed"),
        *("woken", "escalated", "commented", "resolved"),
    ]
    figures = await it.manager.statistics(at(-1))
    assert (figures["opened"], figures["resolved"], figures["mttr"]) == (1, 1, 600)
    assert figures["states"] == {"firing": 0, "acknowledged": 0, "resolved": 1}


async def test_a_maintenance_window_holds_back_and_its_end_tells(it):
    window = await it.manager.add_window(['alertname=~"High.*"'], at(0), at(3600), KIM, "upgrade")
    await it.tell(group(alert("a")))
    assert ((await it.only()).silenced_by, await it.said()) == (window.id, [])
    assert await it.manager.windows() == (window,)
    it.time.now = at(100)
    ended = await it.manager.end_window(window.id, LEE)
    assert ended.ends_at == at(100)
    assert await it.said() == [("team", "trigger")]
    assert (await it.only()).silenced_by == ""
    assert (await it.manager.windows(), await it.manager.windows(ended=True)) == ((), (ended,))


async def test_a_window_ends_by_itself(it):
    await it.manager.add_window(["alertname=HighErrorRate"], at(0), at(3600), KIM)
    await it.tell(group(alert("a")))
    await it.pass_(3599)
    assert await it.said() == []
    await it.pass_(1)
    assert await it.said() == [("team", "trigger")]


@pytest.mark.parametrize(
    ("matchers", "start", "end"),
    [([], 0, 10), (["x"], 0, 10), (["a=b"], 10, 10), (["a=b"], -20, -10), (["a=b"], 0, 400 * 86400)],
)
async def test_a_window_that_makes_no_sense_is_refused(it, matchers, start, end):
    with pytest.raises(ConfigError):
        await it.manager.add_window(matchers, at(start), at(end), KIM)
    with pytest.raises(NotFoundError):
        await it.manager.end_window("win_none", KIM)


async def test_one_bad_webhook_does_not_stop_the_others(it):
    async def poisoned(told):
        await it.manager.engine.append(inbox.INSERT, [inbox.row(f"box_{told}", "alertmanager", at(0), told)])

    await poisoned(b"no JSON")
    await it.manager.accept(payload.render(group(alert("a"))), "alertmanager")
    await poisoned(b"{}")
    await it.manager.accept(payload.render(group(alert("b"))), "alertmanager")
    await it.parts.processor.catch_up()
    assert (await it.only()).firing == 2
    kept = await it.manager.engine.read(inbox.rejected)
    assert {(one.body, one.source) for one in kept} == {(b"no JSON", "alertmanager"), (b"{}", "alertmanager")}
    assert all("JSON" in one.why or "webhook" in one.why for one in kept)
    assert it.manager.telemetry.registry.get_sample_value("fraiseql_observe_inbox_rejected_total") == 2
    assert (await it.manager.engine.read(inbox.backlog)).count == 0


async def test_a_program_sends_an_alert_and_takes_it_back(it):
    disk = payload.new_alert("DiskFull", severity=Severity.CRITICAL, labels={"disk": "sda"})
    incident_id = await it.manager.send_alert(disk, ["pager"])
    assert await it.manager.send_alert(disk) == incident_id
    assert await it.said() == [("pager", "trigger")]
    assert [one.id for one in await it.manager.get_active_alerts()] == [incident_id]
    it.time.now = at(60)
    over = payload.new_alert("DiskFull", severity=Severity.CRITICAL, labels={"disk": "sda"}, ended_at=at(60))
    assert await it.manager.send_alert(over) == incident_id
    assert (await it.only()).state is State.RESOLVED
    assert await it.manager.get_active_alerts() == ()
    with pytest.raises(NotFoundError, match="nobody_here"):
        await it.manager.send_alert(disk, ["nobody_here"])


async def test_the_timeline_names_who_sent_an_alert_but_believes_no_webhook_that_does(it):
    await it.manager.send_alert(payload.new_alert("DiskFull"), actor=Actor("backup job", "python", "10.0.0.1"))
    assert (await it.manager.incident((await it.only()).id)).events[0].actor == Actor(
        "backup job", "python", "10.0.0.1"
    )
    forged = json.loads(payload.render(group(alert("a"))))
    for actor in ({"name": "root", "source": "console"}, "root", 5):
        assert payload.parse(json.dumps({**forged, "actor": actor}).encode()).actor is None


async def test_a_webhook_is_read_before_it_is_kept(it):
    with pytest.raises(PayloadError):
        await it.manager.accept(b"{}", "alertmanager")
    body = payload.render(group(alert("a"), alert("b")))
    assert (await it.manager.accept(body, "alertmanager")).outcome == "accepted"
    accepted = await it.manager.accept(body, "alertmanager")
    assert (accepted.outcome, accepted.alerts) == ("duplicate", 2)
    assert (await it.manager.engine.read(inbox.backlog)).count == 2


async def test_routes_choose_the_policy_which_then_stays(url):
    settings = Settings(
        policies={"default": CHAIN, "database": PolicySettings(steps=CHAIN.steps[:1], until=Until.RESOLVED)},
        routes=(RouteSettings(policy="database", matchers=('team="db"',)),),
        incidents=IncidentSettings(reopen_within=timedelta(0)),
    )
    async with managed(url, settings) as it:
        await it.tell(group(alert("a", team="db"), team="db"))
        await it.tell(group(alert("b")))
        found = {one.group_labels.get("team", ""): one for one in (await it.manager.get_active_alerts())}
        assert {name: one.policy for name, one in found.items()} == {"db": "database", "": "default"}
        await it.manager.reload(Settings())
        await it.pass_(300)
        assert ("pager", "trigger") in await it.said()  # as it was when the incident opened
        with pytest.raises(ConfigError, match="nobody"):
            await it.manager.reload(
                Settings(policies={"default": PolicySettings(steps=(StepSettings(destinations=("nobody",)),))})
            )
        assert it.manager.settings == Settings()


async def test_without_policies_everybody_is_told_at_once(url):
    async with managed(url) as it:
        await it.tell(group(alert("a")))
        assert sorted(await it.said()) == [("pager", "trigger"), ("team", "trigger")]
        assert (await it.only()).policy == "everybody"
