"""What both engines promise: whole or not at all, isolated, bounded, woken, and closed without a loss."""

from __future__ import annotations

import asyncio
import threading

import pytest
from store_samples import T0, event, incident

from fraiseql_observe.errors import ConfigError, ConflictError, NotFoundError, OverloadError, StoreError
from fraiseql_observe.store import events, groupcommit, inbox, incidents, open_store, postgres, settings, sqlite


def row(id_, **changes):
    return {**inbox.row(id_, "alertmanager", T0, b"{}"), **changes}


async def _ids(engine):
    return [item.id for item in await engine.read(lambda tx: inbox.claim(tx, 10_000))]


async def test_what_fails_leaves_nothing(engine):
    woken = []
    engine.listen("incidents", lambda: woken.append("incidents"))

    def dies(tx):
        incidents.insert(tx, incident())
        events.append(tx, [event()])
        tx.wake("incidents")
        raise LookupError("no")

    with pytest.raises(LookupError, match="no"):
        await engine.write(dies)
    assert await engine.read(lambda tx: (incidents.find(tx, ["inc_1"]), events.of(tx, "inc_1"))) == ({}, [])
    await engine.write(lambda tx: incidents.insert(tx, incident()))
    assert woken == []


async def test_a_failing_work_takes_no_other_with_it(engine):
    def fails(tx):
        settings.put(tx, "bad", "1")
        raise NotFoundError("gone")

    works = [fails if n % 3 == 0 else (lambda tx, n=n: settings.put(tx, f"good {n}", "1")) for n in range(30)]
    results = await asyncio.gather(*map(engine.write, works), return_exceptions=True)
    assert [isinstance(result, NotFoundError) for result in results] == [n % 3 == 0 for n in range(30)]
    there = await engine.read(lambda tx: tx.rows("select name from setting"))
    assert {found["name"] for found in there} == {f"good {n}" for n in range(30) if n % 3}


async def test_a_bad_row_takes_no_other_with_it(engine):
    rows = [[row(f"box_{n}", **({"received_at": None} if n == 2 else {}))] for n in range(5)]
    rows.append([row("box_5"), row("box_6", source=None)])
    rows.append([{"id": "box_7"}])
    results = await asyncio.gather(*(engine.append(inbox.INSERT, one) for one in rows), return_exceptions=True)
    assert [result is None for result in results] == [True, True, False, True, True, False, False]
    assert isinstance(results[2], StoreError)
    assert sorted(await _ids(engine)) == ["box_0", "box_1", "box_3", "box_4"]


async def test_only_what_must_be_durable_waits_for_the_disk(engine):
    statement = "show synchronous_commit" if engine.skip_locked else "pragma synchronous"
    on, off = ("on", "off") if engine.skip_locked else (2, 1)  # 2 is full, 1 is normal

    def how(tx):
        return next(iter(tx.rows(statement)[0].values()))

    seen = [await engine.write(how, durable=durable) for durable in (True, False, False, True)]
    assert [*seen, await engine.write(how)] == [on, off, off, on, on]


async def test_work_that_need_not_be_durable_waits_with_work_that_must(engine):
    works = [engine.write(lambda tx, n=n: settings.put(tx, str(n), "x"), durable=n % 2 == 0) for n in range(60)]
    await asyncio.gather(*works)
    assert (await engine.read(lambda tx: tx.rows("select count(*) as n from setting"))) == [{"n": 60}]


async def test_appends_and_works_go_together(engine):
    appends = [engine.append(inbox.INSERT, [row(f"box_{n}")]) for n in range(600)]
    works = [engine.write(lambda tx, n=n: settings.put(tx, str(n), "x")) for n in range(60)]
    await asyncio.gather(*[one for pair in zip(appends, works, strict=False) for one in pair], *appends[60:])
    assert await _ids(engine) == [f"box_{n}" for n in range(600)]
    assert (await engine.read(lambda tx: tx.rows("select count(*) as n from setting"))) == [{"n": 60}]


async def test_a_caller_who_goes_away_loses_nothing_that_was_accepted(engine):
    waiting = [asyncio.ensure_future(engine.append(inbox.INSERT, [row(f"box_{n}")])) for n in range(50)]
    await asyncio.sleep(0)
    for task in waiting[::2]:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert len(await _ids(engine)) == 50


async def test_close_finishes_what_was_accepted(store_url):
    engine = await open_store(store_url, clock=lambda: T0)
    tasks = [asyncio.ensure_future(engine.append(inbox.INSERT, [row(f"box_{n}")])) for n in range(2000)]
    tasks.append(asyncio.ensure_future(engine.write(lambda tx: settings.put(tx, "last", "1"))))
    await asyncio.sleep(0)
    await engine.close()
    await asyncio.gather(*tasks)
    await engine.close()
    for late in (engine.append(inbox.INSERT, [row("late")]), engine.write(_ids), engine.read(_ids)):
        with pytest.raises(StoreError, match="closed"):
            await late
    again = await open_store(store_url, clock=lambda: T0)
    assert len(await _ids(again)) == 2000
    assert await again.read(lambda tx: settings.get(tx, "last")) == "1"
    await again.close()


async def test_too_much_at_once_is_refused_and_the_rest_kept(engine, monkeypatch):
    monkeypatch.setattr(groupcommit, "JOBS", 100)
    tasks = [engine.append(inbox.INSERT, [row(f"box_{n}")]) for n in range(300)]
    results = await asyncio.gather(*tasks, return_exceptions=True)
    refused = [result for result in results if result is not None]
    assert len(refused) == 200
    assert all(isinstance(one, OverloadError) for one in refused)
    assert len(await _ids(engine)) == 100
    await engine.append(inbox.INSERT, [row("later")])


async def test_too_many_bytes_at_once_are_refused(engine, monkeypatch):
    monkeypatch.setattr(groupcommit, "BYTES", 1000)
    bodies = [b"x" * 2000, b"x" * 999, b"x" * 10]
    tasks = [engine.append(inbox.INSERT, [row(f"box_{len(body)}", body=body)]) for body in bodies]
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [type(None), OverloadError, OverloadError]
    await engine.append(inbox.INSERT, [row("box_1", body=b"x" * 999)])


async def test_a_store_that_stands_still_accepts_no_more(engine, monkeypatch):
    monkeypatch.setattr(groupcommit, "STUCK", -1.0)
    tasks = [engine.append(inbox.INSERT, [row(f"box_{n}")]) for n in range(2)]
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [type(None), OverloadError]


async def test_too_many_reads_are_refused(engine, monkeypatch):
    monkeypatch.setattr(sqlite, "READS", 4)
    monkeypatch.setattr(postgres, "WAITING", 4)
    gate = threading.Event()
    tasks = [asyncio.ensure_future(engine.read(lambda _: gate.wait(20))) for _ in range(6)]
    await asyncio.sleep(0)
    gate.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(result, OverloadError) for result in results] == [False] * 4 + [True] * 2


async def test_readers_do_not_wait_for_writers(engine):
    begun, gate = threading.Event(), threading.Event()

    def slow(tx):
        settings.put(tx, "slow", "1")
        begun.set()
        gate.wait(20)

    writing = asyncio.ensure_future(engine.write(slow))
    await asyncio.to_thread(begun.wait, 20)
    assert await engine.read(lambda tx: settings.get(tx, "slow")) is None
    gate.set()
    await writing
    assert await engine.read(lambda tx: settings.get(tx, "slow")) == "1"


async def test_a_read_writes_nothing(engine):
    with pytest.raises(StoreError):
        await engine.read(lambda tx: settings.put(tx, "a", "1"))
    assert await engine.read(lambda tx: settings.get(tx, "a")) is None


async def test_listeners_are_woken_after_the_commit(engine):
    woken = asyncio.Event()
    quiet = []

    def fails():
        raise RuntimeError("a listener's own fault")

    engine.listen("outbox", fails)
    stop = engine.listen("outbox", lambda: quiet.append(1))
    engine.listen("outbox", woken.set)
    stop()
    stop()

    def work(tx):
        tx.wake("outbox")
        tx.wake("outbox")

    await engine.write(work)
    await asyncio.wait_for(woken.wait(), 20)
    assert quiet == []


async def test_a_fault_in_a_statement_is_a_sentence(engine):
    with pytest.raises(StoreError, match="refused"):
        await engine.write(lambda tx: tx.rows("select nothing from nowhere"))
    with pytest.raises(StoreError, match="refused"):
        await engine.read(lambda tx: tx.rows("select nothing from nowhere"))
    with pytest.raises(ConflictError):
        await engine.write(lambda tx: [incidents.insert(tx, incident()) for _ in range(2)])
    with pytest.raises((StoreError, OverflowError)):
        await engine.write(lambda tx: tx.execute("update incident set total = :total", {"total": 2**70}))
    assert await engine.write(lambda tx: tx.lock("x") or "still there") == "still there"


async def test_lists_and_literals_reach_the_engine_as_they_are(engine):
    def work(tx):
        settings.put(tx, "100%", ":name")
        found = "select value from setting where name = any(:names) and value <> ':other' and name like '1%'"
        return tx.rows(found, {"names": ["100%", "'; drop table setting"]}), tx.rows(found, {"names": []})

    assert await engine.write(work) == ([{"value": ":name"}], [])


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://root@localhost/x", "'mysql'"),
        ("observe.db", "no engine"),
        ("sqlite://observe.db", "does not name a file"),
        ("sqlite:///", "does not name a file"),
        ("sqlite:///:memory:", "does not name a file"),
        ("postgresql://u:secret@h:port/x?no=1", "malformed"),
    ],
)
async def test_a_wrong_url_is_a_sentence(url, sentence):
    with pytest.raises(ConfigError, match=sentence) as caught:
        await open_store(url, clock=lambda: T0)
    assert "secret" not in str(caught.value)
