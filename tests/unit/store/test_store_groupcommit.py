"""The queue and its thread, with a commit that the test writes."""

from __future__ import annotations

import asyncio
import threading

import pytest

from fraiseql_observe.errors import StoreError
from fraiseql_observe.store import groupcommit
from fraiseql_observe.store.groupcommit import GroupCommit
from fraiseql_observe.store.topics import Topics


class Commit:
    """Waits at the gate, then gives each job its statement back."""

    def __init__(self):
        self.gate = threading.Event()
        self.batches = []

    def __call__(self, jobs):
        self.gate.wait(20)
        self.batches.append(len(jobs))
        for job in jobs:
            if job.statement == "odd":
                raise LookupError("odd")
            job.result = job.statement
            job.topics = ("inbox",)
        return len(jobs)


@pytest.fixture
def commit():
    return Commit()


@pytest.fixture
async def group(commit):
    group = GroupCommit("test", commit, Topics())
    yield group
    commit.gate.set()
    await group.close()


async def test_what_waits_meanwhile_goes_together(group, commit):
    first = group.append("0", [])
    await asyncio.sleep(0.05)
    rest = [group.append(str(n), iter([{"body": b"x"}])) for n in range(1, 401)]
    commit.gate.set()
    assert await asyncio.gather(first, *rest) == [str(n) for n in range(401)]
    assert commit.batches == [1, groupcommit.BATCH, 400 - groupcommit.BATCH]


async def test_what_the_commit_raises_is_the_error_of_the_whole_batch(group, commit):
    first = group.append("0", [])
    await asyncio.sleep(0.05)
    rest = [group.append(name, []) for name in ("1", "odd", "2")]
    commit.gate.set()
    assert await first == "0"
    results = await asyncio.gather(*rest, return_exceptions=True)
    assert all(isinstance(result, LookupError) for result in results)
    assert await group.append("3", []) == "3"


async def test_close_in_the_middle_of_a_batch(group, commit):
    jobs = [group.append(str(n), []) for n in range(3)]
    closing = asyncio.ensure_future(group.close())
    await asyncio.sleep(0.05)
    with pytest.raises(StoreError, match="closed"):
        group.append("late", [])
    commit.gate.set()
    await asyncio.gather(closing, group.close())
    assert await asyncio.gather(*jobs) == ["0", "1", "2"]


async def test_appends_go_before_work_and_long_work_is_taken_in_parts():
    order, gate = [], threading.Event()

    def commit(jobs):
        gate.wait(20)
        if jobs[0].work is None:
            order.append([job.statement for job in jobs])
            return len(jobs)
        order.append(jobs[0].do(None))
        return 1

    group = GroupCommit("test", commit, Topics())
    first = group.append("first", [])
    await asyncio.sleep(0.05)
    works = [group.write(lambda _, n=n: n) for n in range(3)]
    appends = [group.append(str(n), []) for n in range(300)]
    gate.set()
    await asyncio.gather(first, *works, *appends)
    await group.close()
    assert order == [["first"], [str(n) for n in range(253)], [str(n) for n in range(253, 300)], 0, 1, 2]


async def test_rows_are_no_work():
    with pytest.raises(TypeError):
        groupcommit.Job(asyncio.get_running_loop().create_future()).do(None)


async def test_topics_are_woken_once_a_batch(commit):
    topics, woken = Topics(), []
    topics.listen("inbox", lambda: woken.append(1))
    group = GroupCommit("test", commit, topics)
    jobs = [group.append(str(n), []) for n in range(3)]
    commit.gate.set()
    await asyncio.gather(*jobs)
    await group.close()
    assert len(woken) == len(commit.batches)


def test_a_loop_that_ended_does_not_break_the_thread(commit):
    async def begin():
        group = GroupCommit("test", commit, Topics())
        group.append("0", [])
        return group

    group = asyncio.run(begin())
    commit.gate.set()
    group._queue.put(None)
    group._thread.join(20)
    assert not group._thread.is_alive()
    assert commit.batches == [1]
