"""A PostgreSQL that is killed, stays away and comes back: nothing that was accepted is lost, nobody waits for ever."""

from __future__ import annotations

import asyncio
import os
import signal
from itertools import count

import pytest
from store_samples import T0

from fraiseql_observe.demo.servers import PostgresServer
from fraiseql_observe.errors import StoreError
from fraiseql_observe.store import inbox, open_store, settings

WAIT = 60.0


@pytest.fixture
def server():
    with PostgresServer() as server:
        yield server


async def _send(engine, numbers, accepted, end):
    """Append without rest, as senders do that come again."""
    while not end.is_set():
        id_ = f"box_{next(numbers)}"
        try:
            await engine.append(inbox.INSERT, [inbox.row(id_, "alertmanager", T0, b"{}")])
            accepted.append(id_)
        except StoreError:
            await asyncio.sleep(0.02)


async def _progress(accepted, more):
    goal = len(accepted) + more
    async with asyncio.timeout(WAIT):
        while len(accepted) < goal:  # noqa: ASYNC110 - the server's, not ours to signal
            await asyncio.sleep(0.01)


async def test_a_server_that_is_killed_comes_back(server):
    engine = await open_store(server.url, clock=lambda: T0)
    numbers, accepted, end = count(), [], asyncio.Event()
    senders = [asyncio.ensure_future(_send(engine, numbers, accepted, end)) for _ in range(8)]
    await _progress(accepted, 500)
    os.kill(server.pid, signal.SIGQUIT)  # PostgreSQL's own kill: every backend dies at once, nothing is flushed
    await asyncio.to_thread(server.stop)
    with pytest.raises(StoreError, match="does not answer"):
        await engine.write(lambda tx: settings.put(tx, "a", "1"))
    with pytest.raises(StoreError, match="does not answer"):
        await engine.read(lambda tx: settings.get(tx, "a"))
    await asyncio.to_thread(server.start)
    await _progress(accepted, 500)
    end.set()
    await asyncio.gather(*senders)
    there = {item.id for item in await engine.read(lambda tx: inbox.claim(tx, 10**7))}
    await engine.close()
    assert set(accepted) <= there


async def test_a_server_that_freezes_is_given_up(server, monkeypatch):
    """It accepts connections and answers nothing: what waits for it is cut and told so."""
    from fraiseql_observe.store import postgres_session  # noqa: PLC0415 - next to what is changed in it

    engine = await open_store(server.url, clock=lambda: T0)
    await engine.write(lambda tx: settings.put(tx, "a", "1"))
    monkeypatch.setattr(postgres_session, "HANG", 0.3)

    def frozen(tx):
        backend = tx.rows("select pg_backend_pid() as pid")[0]["pid"]
        os.kill(backend, signal.SIGSTOP)
        try:
            settings.put(tx, "a", "2")
        finally:
            os.kill(backend, signal.SIGCONT)

    with pytest.raises(StoreError, match="does not answer"):
        await asyncio.wait_for(engine.write(frozen), WAIT)
    monkeypatch.undo()
    assert await engine.read(lambda tx: settings.get(tx, "a")) == "1"
    await engine.close()
