"""The alert manager as a whole: running by itself, told to look, reloaded, drained."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import ceil

import pytest
from deliveries import Sink
from managing import managed
from told import T0, alert, group
from virtual_time import VirtualTime

from fraiseql_observe.alerts import rules
from fraiseql_observe.alerts.handlers import Handler
from fraiseql_observe.alerts.manager import AlertManager
from fraiseql_observe.alerts.pressure import BUCKET, CROWD, FLOOD, Pressure
from fraiseql_observe.alerts.processor import BATCH, LONGEST_LAG, SMALL_BATCH
from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.policy import HoursSettings, PolicySettings, RouteSettings, StepSettings
from fraiseql_observe.config.settings import Settings
from fraiseql_observe.config.store import StoreSettings
from fraiseql_observe.errors import (
    ConfigError,
    ConflictError,
    DeliveryError,
    NotFoundError,
    OverloadError,
    Reason,
    StoreError,
)
from fraiseql_observe.incident import payload
from fraiseql_observe.incident.message import Enrichment
from fraiseql_observe.incident.model import Action, Actor, DeliveryState, State
from fraiseql_observe.notify.base import Sent, Traits
from fraiseql_observe.notify.examples import example
from fraiseql_observe.store import inbox

KIM = Actor("Kim", "python")
DISK = payload.new_alert("DiskFull")


def settings(tmp_path, **more):
    return Settings(store=StoreSettings(url=Secret(f"sqlite:///{tmp_path}/observe.db")), **more)


@pytest.fixture
async def it(tmp_path):
    async with managed(f"sqlite:///{tmp_path}/observe.db") as it:
        yield it


async def until(condition):
    for _ in range(400):
        if condition():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it never came to be")


async def test_it_runs_by_itself(tmp_path):
    told = []

    async def tell(message):
        told.append((message.action, message.incident.state, dict(message.receipt)))
        return {"thread": "1"}

    manager = AlertManager(settings(tmp_path))
    manager.register_handler("people", tell)
    assert manager.ready == {"service": "it is not started"}
    async with manager:
        incident_id = await manager.send_alert(DISK)
        await until(lambda: len(told) == 1)
        await manager.acknowledge_alert(incident_id, KIM)
        await until(lambda: len(told) == 2)
        over = payload.new_alert("DiskFull", ended_at=datetime.now(UTC))
        await manager.accept(
            payload.render(
                payload.Group(
                    "fraiseql-observe", {}, {}, {}, (replace(over, starts_ns=payload.nanoseconds(datetime.now(UTC))),)
                )
            ),
            "alertmanager",
        )
        await until(lambda: len(told) == 3)
        assert manager.healthy() == {"processor": True, "escalator": True, "dispatcher": True}
        assert manager.ready == {}
    assert told == [
        (Action.TRIGGER, State.FIRING, {}),
        (Action.ACKNOWLEDGE, State.ACKNOWLEDGED, {"thread": "1"}),
        (Action.RESOLVE, State.RESOLVED, {"thread": "1"}),
    ]
    with pytest.raises(StoreError, match="not open"):
        await manager.get_active_alerts()


async def test_what_was_accepted_before_a_crash_is_worked_in_after_it(tmp_path):
    first = AlertManager(settings(tmp_path))
    await first.start(background=False)
    await first.accept(payload.render(group(alert("a"))), "alertmanager")
    await first.close()
    told = []

    async def tell(message):
        told.append(message.action)

    again = AlertManager(settings(tmp_path))
    again.register_handler("people", tell)
    async with again:
        await until(lambda: told == [Action.TRIGGER])


async def test_an_hour_of_escalation_passes_in_simulated_time(tmp_path):
    time, sink = VirtualTime(T0), Sink("team")
    policy = PolicySettings(
        steps=(StepSettings(destinations=("team",), wait=timedelta(minutes=20)),),
        repeat=1,
        repeat_after=timedelta(minutes=30),
    )
    given = settings(tmp_path, policies={"default": policy})
    manager = AlertManager(given, clock=time.clock, sleep=time.sleep)
    manager.register_handler("team", sink)
    await manager.start()
    await manager.accept(payload.render(group(alert("a"))), "alertmanager")
    for _ in range(60):
        await time.pass_(timedelta(minutes=1))
        await asyncio.sleep(0.02)  # the store's threads live in real time
    assert [message.step for message in sink.told] == [1, 2]
    assert sink.told[1].now - T0 == pytest.approx(timedelta(minutes=50), abs=timedelta(minutes=3))
    await manager.close()


async def test_while_draining_nothing_is_taken_in(it):
    assert await it.manager.drain(timedelta(seconds=1))
    assert it.manager.ready == {"service": "it is ending"}
    with pytest.raises(OverloadError):
        await it.manager.accept(payload.render(group(alert("a"))), "alertmanager")


async def test_before_it_is_started_it_says_so(tmp_path):
    manager = AlertManager(settings(tmp_path))
    with pytest.raises(StoreError):
        _ = manager.engine
    with pytest.raises(StoreError, match="start"):
        await manager.acknowledge_alert("inc_1", KIM)
    assert await manager.drain(timedelta(0))
    await manager.close()


async def test_it_starts_once(it):
    running = it.parts
    await it.manager.start()
    assert it.parts is running


async def test_a_start_that_fails_lets_go_of_the_store(tmp_path):
    broken = AlertManager(settings(tmp_path, routes=(RouteSettings(policy="nowhere"),)))
    for _ in range(2):
        with pytest.raises(ConfigError, match="nowhere"):
            await broken.start()
    async with AlertManager(settings(tmp_path)) as manager:
        assert await manager.get_active_alerts() == ()


async def test_a_reload_keeps_going(it):
    for _ in range(3):
        await it.manager.reload(Settings())
    await it.tell(group(alert("a")))
    assert len(await it.said()) == 2


async def test_one_name_one_destination(it):
    with pytest.raises(ConflictError, match="team"):
        it.manager.register_handler("team", Sink("team"))


async def test_a_handler_registered_later_is_told_too(it):
    it.manager.register_handler("late", Sink("late"))
    await it.tell(group(alert("a")))
    assert sorted(await it.said()) == [("late", "trigger"), ("pager", "trigger"), ("team", "trigger")]


async def test_grafanas_webhooks_are_known_as_such(it):
    body = payload.render(group(alert("a"))).replace(b'"version":"4"', b'"version":"1"')
    await it.manager.accept(body, "alertmanager")
    (item,) = await it.manager.engine.read(lambda tx: inbox.claim(tx, 9))
    assert item.source == "grafana"


async def test_the_bodies_remembered_are_bounded(it, monkeypatch):
    monkeypatch.setattr("fraiseql_observe.alerts.manager.REMEMBERED", 1)
    bodies = [payload.render(group(alert(name))) for name in "aba"]
    assert [(await it.manager.accept(body, "alertmanager")).outcome for body in bodies] == ["accepted"] * 3


async def test_active_alerts_are_paged_up_to_a_bound(it, monkeypatch):
    monkeypatch.setattr("fraiseql_observe.alerts.asking.ACTIVE", 5)
    monkeypatch.setattr("fraiseql_observe.store.incidents.LIMIT", 2)
    for number in range(6):
        await it.tell(group(alert(f"{number}"), number=str(number)))
    assert len({one.id for one in await it.manager.get_active_alerts()}) == 5


async def test_destinations_and_how_they_do(it):
    await it.tell(group(alert("a")))
    pager, team = await it.manager.destinations()
    assert (team.name, team.kind, team.waiting, team.dead, team.breaker_open) == ("team", "webhook", 1, 0, False)
    assert pager.name == "pager"
    await it.manager.engine.write(
        lambda tx: tx.execute("update delivery set state = 'dead', detail = 'It is gone.' where destination = 'team'")
    )
    _, team = await it.manager.destinations()
    assert (team.waiting, team.dead, team.last_error) == (0, 1, "It is gone.")
    (dead,) = await it.manager.dead_letters()
    again = await it.manager.replay(dead.id, KIM)
    assert (again.state, await it.manager.dead_letters()) == (DeliveryState.NEW, ())
    assert "replayed" in await it.events()
    with pytest.raises(ConflictError):
        await it.manager.replay(dead.id, KIM)
    await it.manager.enable_destination("team")
    with pytest.raises(NotFoundError):
        await it.manager.enable_destination("nobody")


async def test_a_test_message_closes_what_it_opened(tmp_path):
    sinks = {"keyed": Sink("keyed"), "plain": Sink("plain", traits=Traits())}
    async with managed(f"sqlite:///{tmp_path}/observe.db", **sinks) as it:
        assert (await it.manager.test("keyed", KIM)).status == 200
        await it.manager.test("plain", KIM)
        first, second = sinks["keyed"].told
        assert (first.action, second.action) == (Action.TRIGGER, Action.RESOLVE)
        assert first.incident.id == second.incident.id
        assert [message.action for message in sinks["plain"].told] == [Action.TRIGGER]
        assert "xample" in first.incident.common_annotations["summary"]
        with pytest.raises(NotFoundError):
            await it.manager.test("nobody", KIM)


async def test_enrichment_that_arrives_is_written_and_redraws(tmp_path):
    sinks = {"slack": Sink("slack", traits=Traits(edits=True)), "mail": Sink("mail")}
    async with managed(f"sqlite:///{tmp_path}/observe.db", **sinks) as it:
        await it.tell(group(alert("a")))
        incident = await it.only()
        await it.manager.engine.write(lambda tx: tx.execute("update delivery set state = 'sent'"))
        await it.parts._enriched(incident.id, Enrichment(users=3))
        assert (await it.said())[2:] == [("slack", "update")]
        (line,) = [one for one in (await it.manager.incident(incident.id)).events if one.kind == "enriched"]
        assert line.data == {"known": ["users"]}
        assert it.manager.enrichment(incident.id) is None  # nobody was asked
        await it.manager.resolve_alert(incident.id, KIM)
        await it.parts._enriched(incident.id, Enrichment(users=4))
        await it.parts._enriched("inc_gone", Enrichment(users=4))
        assert len(await it.said()) == 5


async def test_comments_are_bounded_and_not_empty(it):
    await it.tell(group(alert("a")))
    incident = await it.only()
    for text in ("", "  ", "x" * 10_001):
        with pytest.raises(ConfigError):
            await it.manager.comment(incident.id, KIM, text)


async def test_a_store_that_is_away_loses_nothing(it, monkeypatch):
    await it.manager.accept(payload.render(group(alert("a"))), "alertmanager")
    real = it.parts.processor._work

    def away(limit):
        def work(tx):
            raise StoreError("The store is away.")

        return work

    monkeypatch.setattr(it.parts.processor, "_work", away)
    for _ in range(5):
        with pytest.raises(StoreError):
            await it.parts.processor.turn()
    monkeypatch.setattr(it.parts.processor, "_work", real)
    await it.parts.processor.catch_up()
    assert (await it.only()).state is State.FIRING


async def test_what_the_store_refuses_again_and_again_is_kept_aside(it, monkeypatch):
    await it.manager.accept(payload.render(group(alert("a"))), "alertmanager")
    await it.manager.accept(payload.render(group(alert("b"), x="y")), "alertmanager")
    real = it.parts.processor._work

    def work(limit):
        def refuse(tx):
            if any(b'"instance":"a"' in item.body for item in inbox.claim(tx, limit)):
                raise StoreError("The store refuses this.")
            return real(limit)(tx)

        return refuse

    monkeypatch.setattr(it.parts.processor, "_work", work)
    for _ in range(9):
        with pytest.raises(StoreError):
            await it.parts.processor.turn()
    await it.parts.processor.catch_up()
    assert (await it.only()).group_labels == {"x": "y"}
    (kept,) = await it.manager.engine.read(inbox.rejected)
    assert kept.why == "The store refuses this."


async def test_in_a_flood_intake_goes_first_but_not_for_ever(it, monkeypatch):
    monkeypatch.setattr("fraiseql_observe.alerts.processor.BREAK", 0.01)
    alerts = [alert(f"{number}") for number in range(FLOOD // 20)]
    bodies = [payload.render(group(*alerts, number=str(number))) for number in range(20)]
    await asyncio.gather(*(it.manager.accept(body, "alertmanager") for body in bodies))
    assert FLOOD // 20 > SMALL_BATCH  # so one of them is a small batch
    assert await it.parts.processor.turn() == 0
    assert (await it.manager.engine.read(inbox.backlog)).count == 19
    it.time.now += LONGEST_LAG
    it.parts.processor._lag = LONGEST_LAG
    assert await it.parts.processor.turn() == 0
    assert (await it.manager.engine.read(inbox.backlog)).count == 19 - ceil(BATCH / (FLOOD // 20))


def test_a_flood_is_a_crowd_that_lasts_and_brings_much():
    now = [100.0]
    pressure = Pressure(lambda: now[0])

    def come(count, alerts=1):
        for _ in range(count):
            pressure.came(alerts)
        for _ in range(count):
            pressure.went()

    come(CROWD, alerts=FLOOD // CROWD - 1)
    assert not pressure.high()  # not much
    come(CROWD)
    assert pressure.high()
    now[0] += BUCKET
    assert pressure.high()  # a moment ago
    now[0] += BUCKET
    assert not pressure.high()
    come(1, alerts=FLOOD)
    assert not pressure.high()  # no crowd
    now[0] += 2 * BUCKET
    come(CROWD)
    assert not pressure.high()  # what came before was another one


async def test_a_handlers_faults_are_deliveries_that_failed():
    async def broken(_message):
        raise ZeroDivisionError("secret")

    async def refusing(_message):
        raise DeliveryError("No.", reason=Reason.GONE, retryable=False)

    async def silent(_message):
        return None

    message = example("info", State.FIRING, T0)
    with pytest.raises(DeliveryError) as failed:
        await Handler("mine", broken).send(message)
    assert (failed.value.retryable, "secret" in str(failed.value)) == (True, False)
    with pytest.raises(DeliveryError, match="No"):
        await Handler("mine", refusing).send(message)
    handler = Handler("mine", silent)
    assert await handler.send(message) == Sent()
    assert (repr(handler), handler.channel) == ("Handler('mine')", "handler:mine")
    await handler.close()


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"policies": {"p": PolicySettings(steps=())}}, "policies.p has no steps"),
        ({"policies": {"p": PolicySettings(steps=(StepSettings(destinations=("x",)),))}}, "destinations names 'x'"),
        (
            {"policies": {"p": PolicySettings(steps=(StepSettings(destinations=("team",), hours="x"),))}},
            r"policies.p.steps\[0\].hours names 'x'",
        ),
        ({"routes": (RouteSettings(policy="x"),)}, r"routes\[0\].policy names 'x'"),
        ({"hours": {"h": HoursSettings(open=("never",))}}, "no span"),
    ],
)
def test_rules_that_cannot_work_are_refused(changed, why):
    with pytest.raises(ConfigError, match=why):
        rules.read(Settings(**changed), {"team": Sink("team")})


def test_a_malformed_matcher_of_a_route_is_refused():
    policies = {"p": PolicySettings(steps=(StepSettings(destinations=("team",)),))}
    with pytest.raises(ConfigError, match="no matcher"):
        rules.read(
            Settings(policies=policies, routes=(RouteSettings(policy="p", matchers=("x",)),)), {"team": Sink("team")}
        )


def test_what_a_destination_wants_to_hear_is_narrowed_by_its_settings():
    read = rules.read(Settings(), {"team": Sink("team", actions=("trigger", "resolve")), "all": Sink("all")})
    assert read.listeners["team"].says == {Action.TRIGGER, Action.RESOLVE}
    assert read.listeners["all"].says == set(Action)
