"""The outbox: what is due is claimed once and in order, and every end is written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from store_samples import LEASE, T0, at, attempt, delivery

from fraiseql_observe.errors import ConflictError, NotFoundError
from fraiseql_observe.incident.model import Action, DeliveryState
from fraiseql_observe.store import outbox


async def _claim(write, now=T0, destination="chat", limit=10):
    return await write(outbox.claim, now, destination, limit, lease=LEASE)


async def _end(write, one, state=DeliveryState.SENT, **changes):
    return await write(outbox.finish, replace(one, state=state, **changes), attempt(one, outcome=state.value))


async def test_a_delivery_lives(write, read):
    new = delivery(step=2, action=Action.UPDATE, due_at=at(5))
    await write(outbox.enqueue, [new], collapse=False)
    assert await read(outbox.get, new.id) == new
    assert await _claim(write, at(4)) == []
    assert await read(outbox.next_due) == at(5)
    [claimed] = await _claim(write, at(5))
    assert claimed == replace(new, state=DeliveryState.SENDING, attempts=1, deadline_at=at(35))
    assert await _claim(write, at(5)) == []
    assert await _end(write, claimed, finished_at=at(6), deadline_at=None)
    ended = replace(new, state=DeliveryState.SENT, attempts=1, finished_at=at(6))
    assert await read(outbox.get, new.id) == ended
    assert await read(outbox.deliveries_of, "inc_1") == [ended]
    assert await read(outbox.attempts_of, [new.id]) == {new.id: [attempt(claimed)]}
    assert not await _end(write, claimed), "an end is an end"


async def test_a_retry_waits_for_its_time_and_holds_its_lane(write, read):
    first, second, other = delivery(), delivery(action=Action.RESOLVE), delivery(incident_id="inc_2")
    await write(outbox.enqueue, [first, second, other], collapse=False)
    claimed = await _claim(write)
    assert [one.id for one in claimed] == [first.id, other.id]
    assert await _claim(write) == [], "the second waits for the first"
    assert await read(outbox.next_due) is None, "nothing waits for its time alone"
    assert await _end(write, claimed[0], DeliveryState.RETRY, due_at=at(60), reason="timeout", detail="No answer\0.")
    assert await _claim(write, at(59)) == []
    assert await read(outbox.next_due) == at(60)
    [again] = await _claim(write, at(60))
    assert (again.id, again.attempts, again.reason, again.detail) == (first.id, 2, "timeout", "No answer\ufffd.")
    assert await _end(write, again, DeliveryState.DEAD)
    assert [one.id for one in await _claim(write, at(61))] == [second.id]


async def test_what_comes_behind_a_retry_is_not_looked_at_before_it(write, read):
    first, second = delivery(), delivery()
    await write(outbox.enqueue, [first], collapse=False)
    [claimed] = await _claim(write)
    await _end(write, claimed, DeliveryState.RETRY, due_at=at(60))
    await write(outbox.enqueue, [second], collapse=False)
    assert (await read(outbox.get, second.id)).due_at == at(60)
    assert await read(outbox.counts, at(1)) == outbox.Counts(0, 2, 0, 0, 0, None)


async def test_newer_states_replace_those_that_nobody_sends_yet(write, read):
    sending, waiting, elsewhere = delivery(), delivery(), delivery(destination="mail", kind="email")
    await write(outbox.enqueue, [sending], collapse=True)
    assert [one.id for one in await _claim(write)] == [sending.id]
    await write(outbox.enqueue, [waiting, elsewhere], collapse=True)
    newest = [delivery(action=Action.ACKNOWLEDGE), delivery(action=Action.RESOLVE, created_at=at(1), due_at=at(1))]
    assert await write(outbox.enqueue, newest, collapse=True) == [waiting.id, newest[0].id]
    states = {one.id: one.state for one in await read(outbox.deliveries_of, "inc_1")}
    assert states == {
        sending.id: DeliveryState.SENDING,
        waiting.id: DeliveryState.SUPERSEDED,
        elsewhere.id: DeliveryState.NEW,
        newest[0].id: DeliveryState.SUPERSEDED,
        newest[1].id: DeliveryState.NEW,
    }
    assert (await read(outbox.get, newest[1].id)).due_at == at(1)
    assert await read(outbox.destinations_of, ["inc_1", "inc_2"]) == {"inc_1": {"chat": "slack", "mail": "email"}}


async def test_a_delivery_nobody_tried_is_given_back(write, read):
    await write(outbox.enqueue, [delivery("dlv_1")], collapse=False)
    [claimed] = await _claim(write)
    assert await write(outbox.give_back, claimed, at(7))
    assert not await write(outbox.give_back, claimed, at(8))
    assert await read(outbox.get, "dlv_1") == delivery("dlv_1", due_at=at(7))
    assert await read(outbox.attempts_of, ["dlv_1"]) == {}


async def test_a_crash_between_claim_and_end_is_seen(write, read):
    await write(outbox.enqueue, [delivery("dlv_1")], collapse=False)
    [claimed] = await _claim(write)
    assert await write(outbox.expired, at(29)) == []
    assert [await read(outbox.stuck, at(seconds)) for seconds in (29, 31)] == [0, 1]
    [lost] = await write(outbox.expired, at(31))
    assert lost == claimed
    assert await _end(write, lost, DeliveryState.RETRY, due_at=at(31), reason="crash")
    [again] = await _claim(write, at(31))
    assert not await _end(write, claimed), "somebody else has it now"
    assert [one.number for one in (await read(outbox.attempts_of, ["dlv_1"]))["dlv_1"]] == [1, 1]
    assert await _end(write, again)
    assert (await read(outbox.get, "dlv_1")).state is DeliveryState.SENT


async def test_a_late_word_still_counts_while_nobody_else_tried(write, read):
    await write(outbox.enqueue, [delivery("dlv_1")], collapse=False)
    [claimed] = await _claim(write)
    await _end(write, claimed, DeliveryState.RETRY, due_at=at(31), reason="crash")
    assert await _end(write, claimed, DeliveryState.SENT, finished_at=at(32))
    assert (await read(outbox.get, "dlv_1")).state is DeliveryState.SENT
    assert await _claim(write, at(60)) == []


async def test_the_clock_jumps(write, read):
    await write(outbox.enqueue, [delivery("dlv_1"), delivery("dlv_2", incident_id="inc_2")], collapse=False)
    assert await _claim(write, at(-3600)) == [], "an hour back, nothing is due yet"
    assert await read(outbox.next_due) == T0
    [claimed, _] = await _claim(write, at(3600))
    assert claimed.deadline_at == at(3630)
    assert await write(outbox.expired, T0) == [], "back again: nobody takes what is being sent"
    assert len(await write(outbox.expired, at(99999))) == 2


async def test_dead_letters_are_replayed(write, read):
    for id_, state in (
        ("dlv_1", DeliveryState.DEAD),
        ("dlv_2", DeliveryState.AMBIGUOUS),
        ("dlv_3", DeliveryState.SENT),
    ):
        await write(outbox.enqueue, [delivery(id_)], collapse=False)
        [claimed] = await _claim(write)
        await _end(write, claimed, state, finished_at=at(1))
    assert (await write(outbox.replay, "dlv_1", at(9))) == delivery("dlv_1", attempts=1, due_at=at(9))
    assert (await write(outbox.replay, "dlv_2", at(9))).state is DeliveryState.NEW
    for id_ in ("dlv_1", "dlv_3"):
        with pytest.raises(ConflictError, match=id_):
            await write(outbox.replay, id_, at(9))
    with pytest.raises(NotFoundError, match="dlv_none"):
        await write(outbox.replay, "dlv_none", at(9))
    assert [one.id for one in await _claim(write, at(9))] == ["dlv_1"]


async def test_dead_letters_are_paged(write, read):
    new = [delivery(f"dlv_{n}", incident_id=f"inc_{n}", destination="chat" if n % 2 else "mail") for n in range(6)]
    await write(outbox.enqueue, new, collapse=False)
    for destination in await read(outbox.waiting):
        for one in await _claim(write, destination=destination):
            await _end(write, one, DeliveryState.DEAD)
    page = await read(outbox.search, DeliveryState.DEAD, limit=4)
    assert [one.id for one in page.deliveries] == ["dlv_5", "dlv_4", "dlv_3", "dlv_2"]
    rest = await read(outbox.search, DeliveryState.DEAD, cursor=page.next)
    assert [one.id for one in rest.deliveries] == ["dlv_1", "dlv_0"]
    assert rest.next == ""
    assert [one.id for one in (await read(outbox.search, destination="mail", limit=1)).deliveries] == ["dlv_4"]
    assert (await read(outbox.search, DeliveryState.SENT)).deliveries == ()
    for cursor in ("x", "-1", "9" * 40):
        with pytest.raises(ConflictError, match="cursor"):
            await read(outbox.search, cursor=cursor)


async def test_a_thousand_jobs_leave_once_and_in_order(write, read):
    jobs = [
        delivery(f"dlv_{n:04}", incident_id=f"inc_{n % 100}", destination=("chat", "mail", "pager")[n % 3])
        for n in range(1000)
    ]
    await write(outbox.enqueue, jobs, collapse=False)
    assert await read(outbox.waiting) == ["chat", "mail", "pager"]
    assert (await read(outbox.counts, at(1))).ready == 1000
    sent: list[str] = []
    while names := await read(outbox.waiting):
        for name in names:
            for one in await _claim(write, destination=name, limit=64):
                assert await _end(write, one)
                sent.append(one.id)
    assert sorted(sent) == [job.id for job in jobs]
    order = {id_: place for place, id_ in enumerate(sent)}
    for first, second in ((a, b) for a in jobs for b in jobs[jobs.index(a) + 300 : jobs.index(a) + 301]):
        assert order[first.id] < order[second.id], "same incident, same destination"
    assert await read(outbox.counts, at(1)) == outbox.Counts(0, 0, 0, 0, 0, None)


async def test_old_ones_can_be_claimed_alone(write):
    new = [delivery(f"dlv_{n}", incident_id=f"inc_{n}", created_at=at(n)) for n in range(3)]
    await write(outbox.enqueue, new, collapse=False)
    old = await write(outbox.claim, T0, "chat", 10, lease=LEASE, created_before=at(2))
    assert [one.id for one in old] == ["dlv_0", "dlv_1"]
    assert [one.id for one in await _claim(write)] == ["dlv_2"]


async def test_counts_say_since_when_the_oldest_waits(write, read):
    new = [delivery("dlv_1", due_at=at(-50)), delivery("dlv_2", due_at=at(50), incident_id="inc_2")]
    await write(outbox.enqueue, new, collapse=False)
    assert await read(outbox.counts, T0) == outbox.Counts(1, 1, 0, 0, 0, at(-50))
    await _claim(write)
    assert await read(outbox.counts, T0) == outbox.Counts(0, 1, 1, 0, 0, None)
    assert await read(outbox.next_due, ["chat"]) is None
    assert await read(outbox.next_due) == T0 + timedelta(seconds=50)


async def test_an_unknown_delivery_is_not_found(read):
    with pytest.raises(NotFoundError, match="dlv_none"):
        await read(outbox.get, "dlv_none")
