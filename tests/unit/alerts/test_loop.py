"""Loops that go on."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
from virtual_time import VirtualTime

from fraiseql_observe.alerts.loop import Loop
from fraiseql_observe.errors import StoreError


class Turns:
    """What a loop does: answers one after another, then rests."""

    def __init__(self, *answers):
        self.answers, self.taken = list(answers), 0

    async def __call__(self):
        self.taken += 1
        answer = self.answers.pop(0) if self.answers else 1000.0
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def time():
    return VirtualTime()


@pytest.fixture
async def run(time):
    tasks = []

    def run(*answers, **more):
        turns = Turns(*answers)
        loop = Loop("test", turns, **{"longest": 60.0, **more}, sleep=time.sleep)
        tasks.append(asyncio.create_task(loop.run()))
        return loop, turns

    yield run
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def passes(turns, count):
    for _ in range(200):
        await asyncio.sleep(0.001)
        if turns.taken >= count:
            break
    assert turns.taken == count


async def test_it_turns_again_at_once_while_there_is_work(run):
    _, turns = run(0, 0, 0)
    await passes(turns, 4)


async def test_it_rests_until_it_is_woken(run):
    loop, turns = run()
    await passes(turns, 1)
    loop.wake()
    await passes(turns, 2)


async def test_it_rests_until_its_time_but_never_longer_than_the_longest(run, time):
    _, turns = run(5.0)
    await passes(turns, 1)
    await time.pass_(timedelta(seconds=5))
    await passes(turns, 2)
    await time.pass_(timedelta(seconds=60))
    await passes(turns, 3)


async def test_a_failure_is_waited_out_and_shows(run, time, caplog):
    loop, turns = run(StoreError("The store is away."), ZeroDivisionError("secret"))
    await passes(turns, 1)
    assert not loop.healthy
    await time.pass_(timedelta(seconds=2))
    await passes(turns, 3)
    assert loop.healthy
    assert "The store is away." in caplog.text


async def test_it_turns_no_sooner_than_it_may_however_often_it_is_woken(run, time):
    loop, turns = run(soonest=2.0)
    await passes(turns, 1)
    for _ in range(4):
        loop.wake()
        await time.pass_(timedelta(seconds=0.49))
    assert turns.taken == 1
    await time.pass_(timedelta(seconds=0.1))
    await passes(turns, 2)


async def test_failures_in_a_row_are_tried_ever_more_seldom_and_logged_even_less(run, time, caplog):
    loop, turns = run(*[StoreError("The store is away.") for _ in range(200)], soonest=2.0, slowest=60.0)
    await time.pass_(timedelta(hours=1))
    assert 60 <= turns.taken <= 75
    assert len(caplog.records) == 7  # of the failures 1, 2, 4, 8, 16, 32, 64
    assert loop.trouble == f"it failed {turns.taken} times in a row: The store is away."


async def test_what_fails_in_another_way_is_logged_at_once_and_so_is_the_end(run, time, caplog):
    caplog.set_level("INFO")
    loop, _ = run(*[StoreError("away")] * 3, StoreError("full"), soonest=2.0)
    await time.pass_(timedelta(seconds=60))
    assert [record.getMessage() for record in caplog.records] == [
        "test failed (1 in a row): away",
        "test failed (2 in a row): away",
        "test failed (4 in a row): full",
        "test works again",
    ]
    assert not loop.trouble
