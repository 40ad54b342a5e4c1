"""The engine for many replicas alone: claims that do not overlap, wakes that reach the others, a server that goes."""

from __future__ import annotations

import asyncio
import time
from itertools import count

import psycopg
import pytest
from store_samples import LEASE, T0, delivery, incident, step

from fraiseql_observe.errors import ConflictError, OverloadError, StoreError
from fraiseql_observe.store import (
    escalations,
    inbox,
    incidents,
    open_store,
    outbox,
    postgres,
    postgres_listen,
    postgres_session,
    settings,
)

WAIT = 30.0


def _open(url):
    return open_store(url, clock=lambda: T0)


@pytest.fixture
async def replicas(postgres_store):
    """Two engines on one database."""
    both = await asyncio.gather(_open(postgres_store), _open(postgres_store))
    yield both
    await asyncio.gather(*(engine.close() for engine in both))


async def _eventually(condition):
    async with asyncio.timeout(WAIT):
        while not await condition():  # noqa: ASYNC110 - it is asked of another process
            await asyncio.sleep(0.02)


async def test_replicas_that_start_together_agree_on_the_schema(replicas):
    first, second = replicas
    await first.write(lambda tx: settings.put(tx, "a", "1"))
    assert await second.read(lambda tx: settings.get(tx, "a")) == "1"
    kept = await asyncio.gather(
        *(engine.write(lambda tx, n=n: settings.keep(tx, "secret", str(n))) for n, engine in enumerate(replicas))
    )
    assert len(set(kept)) == 1


async def test_replicas_never_claim_the_same(replicas):
    jobs = [delivery(f"dlv_{n:03}", incident_id=f"inc_{n}") for n in range(400)]
    steps = [step(n, incident_id=f"inc_{n}") for n in range(400)]
    await replicas[0].write(lambda tx: (outbox.enqueue(tx, jobs, collapse=False), escalations.schedule(tx, steps)))

    async def drain(engine):
        claimed, taken = [], []
        while True:
            some = await engine.write(lambda tx: outbox.claim(tx, T0, "chat", 7, lease=LEASE))
            more = await engine.write(lambda tx: escalations.claim_due(tx, T0, 7))
            if not some and not more:
                return claimed, taken
            claimed += [one.id for one in some]
            taken += [one.id for one in more]

    drained = await asyncio.gather(*(drain(engine) for engine in replicas * 2))
    assert sorted(id_ for claimed, _ in drained for id_ in claimed) == [job.id for job in jobs]
    assert sorted(id_ for _, taken in drained for id_ in taken) == sorted(one.id for one in steps)


async def test_a_named_lock_is_held_until_the_end_of_the_transaction(replicas):
    running, most = 0, 0

    def turn(tx):
        nonlocal running, most
        tx.lock("processor")
        running += 1
        most = max(most, running)
        value = int(settings.get(tx, "turns") or 0)
        time.sleep(0.002)
        settings.put(tx, "turns", str(value + 1))
        running -= 1

    await asyncio.gather(*(engine.write(turn) for engine in replicas * 10))
    assert await replicas[0].read(lambda tx: settings.get(tx, "turns")) == "20"
    assert most == 1


async def test_work_that_lost_to_another_is_done_again(replicas):
    tries = count()

    def loses(tx):
        if next(tries) < 2:
            raise psycopg.errors.SerializationFailure
        settings.put(tx, "a", "1")

    await replicas[0].write(loses)
    assert next(tries) == 3

    def always(tx):
        raise psycopg.errors.DeadlockDetected

    with pytest.raises(StoreError, match="undid the transaction"):
        await replicas[0].write(always)
    both = [
        engine.write(lambda tx, n=n: incidents.insert(tx, incident(f"inc_{n}", key="k")))
        for n, engine in enumerate(replicas)
    ]
    results = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(result) for result in results if result) == [ConflictError]


async def test_a_wake_reaches_the_other_replica(replicas):
    here, there = asyncio.Event(), asyncio.Event()
    replicas[0].listen("outbox", here.set)
    replicas[1].listen("outbox", there.set)
    for engine in replicas:  # listening begins in its own time
        await _eventually(lambda engine=engine: _is_listening(engine))
    await replicas[0].write(lambda tx: tx.wake("outbox"))
    await asyncio.wait_for(asyncio.gather(here.wait(), there.wait()), WAIT)


async def _is_listening(engine):
    return engine._listener._connection is not None and engine._listener._missed


async def test_every_backend_is_ended_while_work_goes_on(replicas, postgres_store):
    """Every session breaks at once: work is done again or told to be lost, then all goes on."""
    engine, _ = replicas
    woken = asyncio.Event()
    engine.listen("inbox", woken.set)
    await _eventually(lambda: _is_listening(engine))
    await asyncio.gather(*(engine.write(lambda tx: settings.put(tx, "a", "1")) for _ in range(8)))
    await engine.append(inbox.INSERT, [inbox.row("box_0", "x", T0, b"")])
    woken.clear()
    accepted = []

    async def send(number):
        try:
            await engine.append(inbox.INSERT, [inbox.row(f"box_{number}", "x", T0, b"")])
            accepted.append(f"box_{number}")
        except StoreError:
            pass

    numbers = count(1)
    sending = [asyncio.ensure_future(send(next(numbers))) for _ in range(100)]
    with psycopg.connect(postgres_store, autocommit=True) as admin:
        ended = admin.execute(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        ).fetchone()
    assert ended[0] >= 3
    sending += [asyncio.ensure_future(send(next(numbers))) for _ in range(100)]
    await asyncio.gather(*sending)

    async def works():
        try:
            await engine.write(lambda tx: settings.put(tx, "b", "1"))
            await engine.append(inbox.INSERT, [inbox.row(f"box_{next(numbers)}", "x", T0, b"")])
        except StoreError:
            return False
        return True

    await _eventually(works)
    there = {item.id for item in await engine.read(lambda tx: inbox.claim(tx, 1000))}
    assert set(accepted) <= there
    await asyncio.wait_for(woken.wait(), WAIT)  # some wakes may have been missed


async def test_a_server_that_is_not_there_is_a_sentence_and_nobody_waits(monkeypatch):
    url = "postgresql://observe:secret@127.0.0.1:1/alerts"
    with pytest.raises(StoreError, match=r"PostgreSQL at 127\.0\.0\.1:1/alerts does not answer") as caught:
        await _open(url)
    assert "secret" not in f"{caught.value}{caught.value.__cause__}"
    server = postgres_session.Server(url)
    for _ in range(2):
        with pytest.raises(StoreError, match="does not answer"):
            server.connect()
    monkeypatch.setattr(postgres_listen, "POLL", 0.01)
    engine = postgres.PostgresEngine(server)
    polled = asyncio.Event()
    engine.listen("outbox", polled.set)
    for work in (
        engine.append(inbox.INSERT, [inbox.row("box_1", "x", T0, b"")]),
        engine.write(lambda tx: settings.put(tx, "a", "1")),
        engine.read(lambda tx: settings.get(tx, "a")),
    ):
        with pytest.raises(StoreError, match="does not answer"):
            await work
    await asyncio.wait_for(polled.wait(), WAIT)
    await engine.close()


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("set local lock_timeout = '20ms'; lock table setting in access exclusive mode", "took too long"),
        ("set local statement_timeout = '20ms'; select pg_sleep(20)", "took too long"),
        ("set transaction read only; delete from setting", "a standby, or a read of ours"),
        ("do $$ begin raise sqlstate '53100'; end $$", "no room left"),
        ("do $$ begin raise sqlstate '53300'; end $$", "no connection left"),
        ("do $$ begin raise sqlstate '42501'; end $$", "does not let"),
        ("do $$ begin raise sqlstate '28P01'; end $$", "the user or the password"),
        ("do $$ begin raise sqlstate 'XX000' using message = 'odd'; end $$", r"odd \(XX000\)"),
    ],
)
async def test_what_the_server_says_is_a_sentence(replicas, postgres_store, statement, sentence):
    with psycopg.connect(postgres_store) as other:
        other.execute("set search_path to fraiseql_alerts")
        other.execute("lock table setting in access exclusive mode" if "lock table" in statement else "select 1")

        def work(tx):
            tx._connection.execute(statement)

        with pytest.raises(StoreError, match=sentence):
            await replicas[0].write(work)


async def test_a_database_that_is_not_there_is_a_sentence(postgres_url):
    with pytest.raises(StoreError, match="no such database"):
        await _open(postgres_url.rsplit("/", 1)[0] + "/none_such")


async def test_a_session_that_hangs_is_cut(replicas, monkeypatch):
    monkeypatch.setattr(postgres_session, "HANG", 0.05)
    engine, _ = replicas
    with pytest.raises(StoreError):
        await asyncio.wait_for(engine.write(lambda tx: tx.rows("select pg_sleep(25)")), WAIT)
    monkeypatch.undo()
    await engine.write(lambda tx: settings.put(tx, "a", "1"))


async def test_a_commit_that_breaks_is_told_as_unknown(replicas):
    engine, _ = replicas

    def breaks(tx):
        settings.put(tx, "a", "1")
        postgres_session.cut(tx._connection)

        def lost():
            tx._connection.close()
            raise psycopg.OperationalError("server closed the connection")

        tx._connection.commit = lost

    with pytest.raises(StoreError, match="nobody knows"):
        await engine.write(breaks)
    assert await engine.read(lambda tx: settings.get(tx, "a")) is None


async def test_a_commit_the_server_refuses_is_a_sentence(replicas):
    def deferred(tx):
        tx.execute("create temporary table t (a int unique deferrable initially deferred) on commit drop")
        tx.execute("insert into t values (1), (1)")

    with pytest.raises((StoreError, ConflictError)):
        await replicas[0].write(deferred)


async def test_too_many_works_are_refused(replicas, monkeypatch):
    monkeypatch.setattr(postgres, "WAITING", 3)
    works = [replicas[0].write(lambda tx: tx.rows("select pg_sleep(0.01)")) for _ in range(5)]
    results = await asyncio.gather(*works, return_exceptions=True)
    assert [isinstance(result, OverloadError) for result in results] == [False] * 3 + [True] * 2


async def test_a_reader_sees_one_instant(replicas):
    first, second = replicas
    seen = []

    def reads(tx):
        seen.append(settings.get(tx, "a"))
        done = asyncio.run_coroutine_threadsafe(second.write(lambda tx: settings.put(tx, "a", "1")), loop)
        done.result(WAIT)
        seen.append(settings.get(tx, "a"))

    loop = asyncio.get_running_loop()
    await first.read(reads)
    assert seen == [None, None]
