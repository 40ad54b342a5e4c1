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

    def run(*answers, longest=60.0):
        turns = Turns(*answers)
        loop = Loop("test", turns, longest=longest, sleep=time.sleep)
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
