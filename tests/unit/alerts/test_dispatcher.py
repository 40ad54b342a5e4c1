"""The dispatcher on a real store: what is due is sent once, in order, and written down."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from deliveries import CALM, Sink, world

from fraiseql_observe.alerts import ledger
from fraiseql_observe.alerts.sending import Sender
from fraiseql_observe.errors import DeliveryError, NotFoundError, Reason, StoreError, TemplateError
from fraiseql_observe.incident.model import Action, DeliveryState, EventKind
from fraiseql_observe.notify.base import Sent, Traits
from fraiseql_observe.store import channels, deliveries, incidents, outbox, receipts


def failing(reason=Reason.SERVER_ERROR, *, retryable=True, **more):
    async def answer(_message):
        raise DeliveryError("It answered 500.", reason=reason, retryable=retryable, **more)

    return answer


def in_turn(*answers):
    """Do these, one for each message; the last for all that follow."""
    rest = list(answers)

    async def answer(message):
        chosen = rest.pop(0) if len(rest) > 1 else rest[0]
        return await chosen(message)

    return answer


async def taken(_message):
    return Sent({"ts": "1.5"}, 202, "taken")


async def test_what_is_due_is_sent_and_written_down(tmp_path):
    sink = Sink(answer=taken)
    async with world(tmp_path, sink) as here:
        await here.enqueue(1)
        sent = await here.until_state("sent")
        (attempt,) = await here.attempts()
        (event,) = await here.timeline()
        receipt = await here.engine.read(lambda tx: receipts.of(tx, ["inc_1"]))
        assert here.dispatcher.healthy
    assert [told.delivery_id for told in sink.told] == ["dlv_sink_1"]
    assert (sent.attempts, sent.detail, sent.deadline_at) == (1, "taken", None)
    assert (attempt.number, attempt.outcome, attempt.status, attempt.reason) == (1, "sent", 202, "")
    assert (event.kind, event.actor.name, event.data["attempts"]) == (EventKind.DELIVERED, "sink", 1)
    assert receipt["inc_1", "sink"].ref == {"ts": "1.5"}
    assert here.metric("deliveries_total", notifier="webhook", outcome="sent") == 1
    assert here.metric("delivery_attempts_total", notifier="webhook", outcome="sent", reason="") == 1
    assert here.metric("delivery_latency_seconds_count", notifier="webhook") == 1


async def test_a_failure_is_tried_again_after_its_backoff(tmp_path):
    sink = Sink(answer=in_turn(failing(status=503), taken))
    async with world(tmp_path, sink) as here:
        await here.enqueue(1)
        waiting = await here.until_state("retry")
        assert waiting.due_at - here.time.now == timedelta(seconds=0.5)
        assert (waiting.reason, waiting.detail) == ("server_error", "It answered 500.")
        await here.time.pass_(timedelta(seconds=1))
        await here.until_state("sent")
        assert [(each.outcome, each.status) for each in await here.attempts()] == [("retry", 503), ("sent", 202)]
    assert [told.attempt for told in sink.told] == [1, 2]


async def test_a_refusal_ends_among_the_dead_letters_and_can_be_replayed(tmp_path):
    sink = Sink(answer=in_turn(failing(Reason.AUTH, retryable=False), taken))
    async with world(tmp_path, sink) as here:
        await here.enqueue(1)
        dead = await here.until_state("dead")
        (event,) = await here.timeline()
        assert (dead.reason, event.kind, event.data["reason"]) == ("auth", EventKind.DELIVERY_DEAD, "auth")
        assert here.metric("deliveries_total", notifier="webhook", outcome="dead") == 1

        def replay(tx):
            outbox.replay(tx, dead.id, here.time.now)
            tx.wake("outbox")

        await here.engine.write(replay)
        await here.until_state("sent")
        assert [each.number for each in await here.attempts()] == [1, 2]


async def test_order_is_kept_for_one_incident_and_others_pass_it(tmp_path):
    held = asyncio.Event()

    async def slow(message):
        if message.delivery_id == "dlv_sink_1":
            await held.wait()
        return Sent()

    sink = Sink(answer=slow)
    async with world(tmp_path, sink) as here:
        await here.enqueue(1, 2, lane="inc_1")
        await here.enqueue(3)
        await here.until_state("sent", 3)
        assert await here.states(1, 2) == ["sending", "new"]
        held.set()
        await here.until_state("sent", 2)
    assert [told.delivery_id for told in sink.told if told.incident.id == "inc_1"] == ["dlv_sink_1", "dlv_sink_2"]


async def test_concurrency_is_bounded_for_each_channel(tmp_path):
    held, under_way = asyncio.Event(), []

    async def slow(message):
        under_way.append(message)
        await held.wait()
        return Sent()

    sink, other = Sink(answer=slow, concurrency=3), Sink("other")
    async with world(tmp_path, sink, other) as here:
        await here.enqueue(*range(20))
        await here.enqueue(*range(5), destination="other")
        await here.until_state("sent", 4, "other")
        assert len(under_way) == 3
        held.set()
        for number in range(20):
            await here.until_state("sent", number)


async def test_destinations_of_one_channel_share_its_pace(tmp_path):
    pace = Traits(idempotent=True, per_second=1, burst=2)
    first, second = Sink("a", traits=pace, channel="bot"), Sink("b", traits=pace, channel="bot")
    async with world(tmp_path, first, second) as here:
        await here.enqueue(1, 2, 3, destination="a")
        await here.enqueue(4, 5, 6, destination="b")
        await here.until(lambda: len(first.told) + len(second.told) == 2)
        await here.time.pass_(timedelta(seconds=2.5))
        assert len(first.told) + len(second.told) == 4
        await here.time.pass_(timedelta(seconds=3))
        await here.until(lambda: len(first.told) + len(second.told) == 6)
    assert first.told
    assert second.told


async def test_429_leaves_the_whole_channel_alone_and_no_other(tmp_path):
    refuses = failing(Reason.RATE_LIMITED, retry_after=timedelta(seconds=30), status=429)
    sink, other = Sink(answer=in_turn(refuses, taken), concurrency=1), Sink("other")
    async with world(tmp_path, sink, other) as here:
        await here.enqueue(1, 2, 3)
        await here.until_state("retry", 1)
        paused = await here.engine.read(lambda tx: channels.paused(tx, here.time.now))
        assert paused == {sink.channel: here.time.now + timedelta(seconds=30)}
        await here.enqueue(9, destination="other")
        await here.until_state("sent", 9, "other")
        await here.time.pass_(timedelta(seconds=29))
        assert len(sink.told) == 1
        await here.time.pass_(timedelta(seconds=2))
        for number in (1, 2, 3):
            await here.until_state("sent", number)


async def test_a_pause_outlives_the_process(tmp_path):
    sink = Sink(answer=failing(Reason.RATE_LIMITED, retry_after=timedelta(seconds=60)))
    async with world(tmp_path, sink) as here:
        await here.enqueue(1)
        await here.until_state("retry")
    again = Sink()
    async with world(tmp_path, again) as here:
        await here.enqueue(2)
        await here.time.pass_(timedelta(seconds=50))
        assert again.told == []
        await here.time.pass_(timedelta(seconds=11))
        await here.until_state("sent", 1)
        await here.until_state("sent", 2)


async def test_429_without_a_time_grows_and_never_gives_up_by_tries(tmp_path):
    times = []

    async def refuses(message):
        times.append(here.time.now)
        return await failing(Reason.RATE_LIMITED)(message)

    async with world(tmp_path, Sink(answer=refuses, attempts=2)) as here:
        await here.enqueue(1)
        await here.until_state("retry")
        await here.time.pass_(timedelta(minutes=10))
        delivery = await here.until_state("retry")
    assert 5 < delivery.attempts < 60
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps == sorted(gaps)
    assert gaps[-1] == timedelta(seconds=1) + timedelta(minutes=1) * 0.5


async def test_five_failures_open_the_breaker_and_its_deliveries_wait_unspent(tmp_path):
    healthy = asyncio.Event()

    async def down(message):
        if not healthy.is_set():
            raise DeliveryError("down", reason=Reason.CONNECTION, retryable=True)
        return await taken(message)

    sink, other = Sink(answer=down, concurrency=5), Sink("other")
    async with world(tmp_path, sink, other) as here:
        await here.enqueue(*range(5))
        await here.until(lambda: len(sink.told) == 5)
        await here.enqueue(7)
        await here.enqueue(8, destination="other")
        await here.until_state("sent", 8, "other")
        await here.until(lambda: here.metric("destination_breaker_open", notifier="webhook") == 1)
        assert [here.dispatcher.rests(name) for name in ("sink", "other", "nobody")] == [True, False, False]
        await here.time.pass_(timedelta(seconds=5))
        assert (len(sink.told), (await here.delivery(7)).attempts) == (5, 0)
        await here.time.pass_(timedelta(seconds=10))
        assert len(sink.told) == 6  # the probe
        healthy.set()
        await here.time.pass_(timedelta(seconds=60))
        for number in (*range(5), 7):
            await here.until_state("sent", number)
        await here.until(lambda: here.metric("destination_breaker_open", notifier="webhook") == 0)


async def test_what_may_have_arrived_is_told_again_with_the_same_id(tmp_path):
    sink = Sink(answer=in_turn(failing(Reason.TIMEOUT, ambiguous=True), taken))
    async with world(tmp_path, sink) as here:
        await here.enqueue(1)
        await here.until_state("retry")
        await here.time.pass_(timedelta(seconds=2))
        await here.until_state("sent")
        assert [each.outcome for each in await here.attempts()] == ["ambiguous", "sent"]
        count = here.metric("delivery_attempts_total", notifier="webhook", outcome="ambiguous", reason="timeout")
        assert count == 1
    assert len({told.delivery_id for told in sink.told}) == 1


async def test_what_may_have_arrived_can_be_held_for_a_person(tmp_path):
    unsure = replace(CALM, idempotent=False)
    sink = Sink(answer=failing(Reason.TIMEOUT, ambiguous=True), traits=unsure, on_ambiguous="hold")
    async with world(tmp_path, sink) as here:
        await here.enqueue(1)
        await here.until_state("ambiguous")
        (event,) = await here.timeline()
        assert event.data["state"] == "ambiguous"
        assert here.metric("deliveries_total", notifier="webhook", outcome="ambiguous") == 1


async def test_a_delivery_that_is_too_old_or_tried_too_often_is_given_up(tmp_path):
    often = Sink(answer=failing(Reason.INTERNAL), attempts=3)
    old = Sink("old", answer=failing(Reason.INTERNAL), give_up_after=timedelta(seconds=3))
    async with world(tmp_path, often, old) as here:
        await here.enqueue(1)
        await here.enqueue(2, destination="old")
        await here.until_state("retry")
        await here.time.pass_(timedelta(seconds=30))
        assert (await here.until_state("dead")).attempts == 3
        await here.until_state("dead", 2, "old")


async def test_what_grows_too_old_behind_a_breaker_is_given_up_together(tmp_path):
    sink = Sink(answer=failing(Reason.CONNECTION), give_up_after=timedelta(minutes=10), concurrency=5)
    async with world(tmp_path, sink) as here:
        await here.enqueue(*range(40))
        await here.until(lambda: len(sink.told) >= 5)
        await here.time.pass_(timedelta(minutes=11))
        for number in range(40):
            await here.until_state("dead", number)
        assert (await here.delivery(39)).reason == "breaker_open"
        assert (await here.delivery(0)).reason == "connection"
        assert len(sink.told) < 20


async def test_a_destination_that_is_gone_from_the_configuration_says_so(tmp_path):
    async with world(tmp_path, Sink("other")) as here:
        await here.enqueue(1)
        dead = await here.until_state("dead")
        assert (dead.reason, (await here.timeline())[0].data["reason"]) == ("unconfigured", "unconfigured")


async def test_a_new_configuration_is_used_at_once(tmp_path):
    first, second = Sink(), Sink("second")
    async with world(tmp_path, first) as here:
        await here.enqueue(1)
        await here.until_state("sent")
        here.dispatcher.reconfigure({"second": second, "sink": first})
        await here.enqueue(2, destination="second")
        await here.until_state("sent", 2, "second")


async def test_410_disables_until_it_is_enabled_again(tmp_path):
    sink = Sink(answer=in_turn(failing(Reason.GONE, retryable=False, status=410), taken))
    async with world(tmp_path, sink) as here:
        await here.enqueue(1)
        await here.until_state("dead", 1)
        await here.enqueue(2)
        second = await here.until_state("dead", 2)
        assert (second.reason, len(sink.told)) == ("gone", 1)
        await here.until(lambda: here.metric("destination_disabled", notifier="webhook") == 1)
        await here.dispatcher.enable("sink")
        await here.enqueue(3)
        await here.until_state("sent", 3)
        await here.until(lambda: here.metric("destination_disabled", notifier="webhook") == 0)
        with pytest.raises(NotFoundError):
            await here.dispatcher.enable("nobody")


async def crash(here, number=1):
    """Leave a delivery as a killed process leaves it: claimed and never ended."""
    await here.enqueue(number)
    lease = timedelta(seconds=30)
    await here.engine.write(lambda tx: outbox.claim(tx, here.time.now, "sink", 1, lease=lease))


@pytest.mark.parametrize(("policy", "state"), [("retry", "sent"), ("hold", "ambiguous")])
async def test_what_a_killed_process_was_sending_is_found_again(tmp_path, policy, state):
    unsure = replace(CALM, idempotent=False)
    sink = Sink(traits=unsure, on_ambiguous=policy)
    async with world(tmp_path, sink, start=False) as here:
        await crash(here)
        here.start()
        await here.until(lambda: here.metric("delivery_attempts_total", **AMBIGUOUS_CRASH) == 1)
        await here.time.pass_(timedelta(seconds=2))
        await here.until_state(state)
        assert (await here.attempts())[0].reason == "crash"


AMBIGUOUS_CRASH = {"notifier": "webhook", "outcome": "ambiguous", "reason": "crash"}


async def test_a_sending_is_held_as_long_as_its_own_destination_may_take_whatever_the_others_may(tmp_path):
    held = asyncio.Event()

    async def slow(_message):
        await held.wait()
        return Sent()

    quick = Sink("quick", slow, timeout=timedelta(seconds=5))
    mail = Sink("mail", slow, timeout=timedelta(minutes=5))
    async with world(tmp_path, quick, mail) as here:
        for number, name in enumerate(("quick", "mail")):
            await here.enqueue(number, destination=name)
        await here.until(lambda: quick.told and mail.told)
        page = await here.engine.read(lambda tx: deliveries.search(tx, limit=9))
        held_for = {one.destination: (one.deadline_at - here.time.now).total_seconds() for one in page.deliveries}
        assert held_for == {"quick": 37, "mail": 332}
        held.set()
        await here.until(lambda: here.metric("deliveries_total", notifier="webhook", outcome="sent") == 2)


async def test_what_crashed_for_a_destination_that_is_no_more_ends_dead(tmp_path):
    async with world(tmp_path, start=False) as here:
        await crash(here)
        here.start()
        await here.until(lambda: here.metric("delivery_attempts_total", **AMBIGUOUS_CRASH) == 1)
        await here.time.pass_(timedelta(seconds=2))
        assert (await here.until_state("dead")).reason == "unconfigured"


async def test_a_clock_that_jumps_does_not_send_twice(tmp_path):
    held = asyncio.Event()

    async def slow(_message):
        await held.wait()
        return Sent()

    sink = Sink(answer=slow)
    async with world(tmp_path, sink) as here:
        await here.enqueue(1)
        await here.until(lambda: sink.told)
        here.time.now += timedelta(hours=3)
        await here.enqueue(2)
        await here.until(lambda: len(sink.told) == 2)
        here.time.now -= timedelta(hours=3)
        held.set()
        await here.until_state("sent", 1)
        await here.until_state("sent", 2)
    assert len(sink.told) == 2


@pytest.mark.parametrize("draining", [False, True])
async def test_a_full_house_waits_for_an_end_and_does_not_spin(tmp_path, monkeypatch, draining):
    monkeypatch.setattr("fraiseql_observe.alerts.dispatcher.ROOM", 2)
    held, turns, take = asyncio.Event(), [], ledger.take

    def counted(tx, turn, chance):
        turns.append(turn)
        return take(tx, turn, chance)

    async def slow(_message):
        await held.wait()
        return Sent()

    monkeypatch.setattr(ledger, "take", counted)
    sink = Sink(answer=slow)
    async with world(tmp_path, sink) as here:
        await here.enqueue(*range(5))
        await here.until(lambda: len(sink.told) == 2)
        if draining:
            task = asyncio.create_task(here.dispatcher.drain(5))
        await asyncio.sleep(0.1)
        assert len(turns) < 8
        held.set()
        if draining:
            await task
            assert sorted(await here.states(*range(5))) == ["new"] * 3 + ["sent"] * 2
        else:
            await here.until_state("sent", 4)


async def test_drain_lets_what_runs_end_and_begins_nothing(tmp_path):
    held = asyncio.Event()

    async def slow(_message):
        await held.wait()
        return Sent()

    sink = Sink(answer=slow, concurrency=1)
    async with world(tmp_path, sink) as here:
        await here.enqueue(1, 2)
        await here.until(lambda: sink.told)
        draining = asyncio.create_task(here.dispatcher.drain(5))
        await asyncio.sleep(0.05)
        held.set()
        await draining
        assert await here.states(1, 2) == ["sent", "new"]
        await asyncio.wait_for(here.task, 2)
        assert not here.dispatcher.healthy


async def test_drain_marks_what_it_cuts_off_and_gives_back_what_was_not_begun(tmp_path):
    never = asyncio.Event()

    async def hangs(_message):
        await never.wait()

    async def builds(delivery):
        if delivery.id == "dlv_sink_2":
            await never.wait()

    sink = Sink(answer=hangs)
    async with world(tmp_path, sink, start=False) as here:
        here.builds = builds
        here.start()
        await here.enqueue(1, 2)
        await here.until(lambda: sink.told)
        await here.dispatcher.drain(0.05)
        cut, unbegun = await here.delivery(1), await here.delivery(2)
        assert (cut.state, cut.reason, cut.attempts) == (DeliveryState.RETRY, "crash", 1)
        assert (unbegun.state, unbegun.attempts) == (DeliveryState.NEW, 0)
        assert await here.attempts(2) == []


async def test_draining_what_never_ran_is_nothing(tmp_path):
    async with world(tmp_path, Sink(), start=False) as here:
        await here.dispatcher.drain(0.05)


@pytest.mark.parametrize(
    ("fault", "reason", "state"),
    [
        (TemplateError("The template has a fault."), "template", "dead"),
        (RuntimeError("secret"), "internal", "retry"),
        (TimeoutError(), "timeout", "retry"),
    ],
)
async def test_faults_of_a_destination_are_named_and_leak_nothing(tmp_path, fault, reason, state):
    async def answer(_message):
        raise fault

    async with world(tmp_path, Sink(answer=answer)) as here:
        await here.enqueue(1)
        delivery = await here.until_state(state)
    assert delivery.reason == reason
    assert "secret" not in delivery.detail


async def test_a_destination_that_forgets_its_timeout_is_cut_off(tmp_path, monkeypatch):
    monkeypatch.setattr("fraiseql_observe.alerts.sending.SPARE_SECONDS", 0.05)

    async def hangs(_message):
        await asyncio.Event().wait()

    async with world(tmp_path, Sink(answer=hangs, timeout=timedelta(seconds=0.1))) as here:
        await here.enqueue(1)
        delivery = await here.until_state("retry")
        assert (delivery.reason, (await here.attempts())[0].outcome) == ("timeout", "ambiguous")


@pytest.mark.parametrize(
    ("fault", "state", "reason"),
    [
        (NotFoundError("There is no incident."), "dead", "internal"),
        (KeyError("x"), "retry", "internal"),
        (StoreError("The store is away."), "new", ""),
        (TimeoutError(), "new", ""),
    ],
)
async def test_a_message_that_cannot_be_built(tmp_path, fault, state, reason):
    async def builds(_delivery):
        raise fault

    sink = Sink()
    async with world(tmp_path, sink, start=False) as here:
        here.builds = builds
        await here.enqueue(1)
        here.start()

        async def came():
            delivery = await here.delivery()
            return delivery.state == state and (delivery.reason == reason) and here.dispatcher.healthy

        await here.until(came)
        assert sink.told == []
        here.builds = None
        if state != "dead":
            await here.time.pass_(timedelta(seconds=3))
            await here.until_state("sent")


async def test_a_store_that_cannot_be_written_loses_nothing(tmp_path, monkeypatch):
    sink = Sink()
    async with world(tmp_path, sink) as here:
        await here.until(lambda: here.dispatcher.healthy)
        write, failures = here.engine.write, []

        async def broken(work):
            if sink.told and len(failures) < 7:
                failures.append(here.time.now)
                raise StoreError("The store cannot be written.")
            return await write(work, durable=False)

        monkeypatch.setattr(type(here.engine), "write", lambda _self, work, **_durable: broken(work))
        await here.enqueue(1)
        await here.until(lambda: len(failures) == 1)
        await here.time.pass_(timedelta(seconds=40))
        await here.until_state("sent")
        await here.enqueue(2)
        await here.until_state("sent", 2)
    assert len(sink.told) == 2
    assert len(failures) == 7


async def test_a_result_whose_delivery_was_taken_over_counts_as_lost(tmp_path, caplog):
    held = asyncio.Event()

    async def slow(_message):
        await held.wait()
        return Sent()

    sink = Sink(answer=slow)
    async with world(tmp_path, sink) as here:
        await here.enqueue(1)
        await here.until(lambda: sink.told)
        given_back = await here.delivery()
        await here.engine.write(lambda tx: outbox.give_back(tx, given_back, here.time.now + timedelta(hours=1)))
        held.set()
        await here.until(lambda: "taken over" in caplog.text)
        assert await here.states(1) == ["new"]


def living():
    gc.collect()
    return len(gc.get_objects())


async def test_an_hour_of_outage_leaves_rows_and_memory_flat(tmp_path):
    down = failing(Reason.CONNECTION)
    sink = Sink(answer=down)
    async with world(tmp_path, sink) as here:
        await here.enqueue(*range(300))
        await here.until(lambda: len(sink.told) >= 5)
        await here.time.pass_(timedelta(minutes=10))
        objects = living()
        await here.time.pass_(timedelta(minutes=50))
        assert living() - objects < 1000  # what the tests themselves remember
        total = await here.engine.read(lambda tx: tx.rows("select count(*) as count from attempt")[0]["count"])
        counts = await here.engine.read(lambda tx: outbox.counts(tx, here.time.now))
        assert counts.ready + counts.scheduled == 300
        assert counts.dead == 0
        # Eight that were on their way when it went down, then one probe in at least 2.5 minutes at last.
        assert total < 45
        assert len(here.dispatcher._running) == 0
        assert len(here.dispatcher._results) == 0
        sink.answer = taken
        await here.time.pass_(timedelta(minutes=10))
        counts = await here.engine.read(lambda tx: outbox.counts(tx, here.time.now))
        assert (counts.ready, counts.scheduled) == (0, 0)


async def test_the_newest_incident_is_what_the_message_tells(tmp_path):
    """The store's part of that is in test_alert_message; here the dispatcher asks for each try anew."""
    asked = []

    async def builds(delivery):
        asked.append(delivery.attempts)

    sink = Sink(answer=in_turn(failing(), failing(), taken))
    async with world(tmp_path, sink, start=False) as here:
        here.builds = builds
        here.start()
        await here.enqueue(1, action=Action.UPDATE)
        await here.until_state("retry")
        await here.time.pass_(timedelta(seconds=5))
        await here.until_state("sent")
        assert await here.engine.read(lambda tx: incidents.get(tx, "inc_1"))
    assert asked == [1, 2, 3]


async def test_a_fault_of_ours_in_a_turn_is_said_and_outlived(tmp_path, monkeypatch, caplog):
    sink = Sink()
    async with world(tmp_path, sink) as here:
        await here.until(lambda: here.dispatcher.healthy)
        take, faults = ledger.take, []

        def broken(tx, turn, chance):
            if turn.results and not faults:
                faults.append(turn)
                raise ZeroDivisionError
            return take(tx, turn, chance)

        monkeypatch.setattr(ledger, "take", broken)
        await here.enqueue(1)
        await here.until(lambda: faults)
        await here.time.pass_(timedelta(seconds=1))
        await here.until_state("sent")
    assert "ZeroDivisionError" in caplog.text
    assert len(sink.told) == 1


async def test_a_fault_of_ours_in_a_sending_keeps_no_place(tmp_path, monkeypatch):
    async def broken(_self, _delivery, _destination, *, refusals):
        raise ZeroDivisionError

    sink = Sink(concurrency=1)
    async with world(tmp_path, sink, start=False) as here:
        with monkeypatch.context() as patch:
            patch.setattr(Sender, "send", broken)
            await here.enqueue(1)
            here.start()
            await here.until(lambda: here.dispatcher.healthy and not here.dispatcher._running)
        await here.until_state("sent")
