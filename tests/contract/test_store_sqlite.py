"""The embedded engine alone: one process, and what becomes of a bad disk or file."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest
from store_samples import T0

from fraiseql_observe.errors import StoreError
from fraiseql_observe.store import inbox, open_store, settings, sqlite, sqlite_file


@pytest.fixture
def path(tmp_path):
    return tmp_path / "observe.db"


def _open(path, **more):
    return open_store(f"sqlite:///{path}", clock=lambda: T0, **more)


@pytest.fixture
async def engine(path):
    engine = await _open(path)
    yield engine
    await engine.close()


def _row(id_, body=b"{}"):
    return inbox.row(id_, "alertmanager", T0, body)


async def test_a_second_process_is_refused_and_told_what_to_use(engine, path):
    with pytest.raises(StoreError, match=rf"Process {os.getpid()} has .*observe.db open") as caught:
        await _open(path)
    assert "postgresql://" in caught.value.hint
    await engine.close()
    again = await _open(path)
    await again.close()


async def test_the_files_are_for_their_user_only(engine, path):
    await engine.append(inbox.INSERT, [_row("box_1")])
    for name in ("observe.db", "observe.db-wal", "observe.db.lock"):
        assert (path.parent / name).stat().st_mode & 0o777 == 0o600, name


async def test_a_visitor_comes_beside_the_server(engine, path):
    visitor = await _open(path, exclusive=False)
    await visitor.write(lambda tx: settings.put(tx, "token", "1"))
    await visitor.close()
    assert await engine.read(lambda tx: settings.get(tx, "token")) == "1"
    await engine.write(lambda tx: settings.put(tx, "token", "2"))


VISIT = """
import asyncio, sys
from datetime import UTC, datetime
from fraiseql_observe.store import open_store, settings

async def visit():
    engine = await open_store(f"sqlite:///{sys.argv[1]}", clock=lambda: datetime.now(UTC), exclusive=False)
    await engine.write(lambda tx: settings.put(tx, "visitor", sys.argv[2]))
    await engine.close()

asyncio.run(visit())
"""


async def test_a_visitor_that_leaves_takes_nothing_from_the_server(engine, path):
    for turn in ("first", "second"):
        await engine.write(lambda tx, turn=turn: settings.put(tx, "server", turn))
        assert await engine.read(lambda tx: settings.get(tx, "server")) == turn
        visitor = await asyncio.create_subprocess_exec(sys.executable, "-c", VISIT, str(path), turn)
        assert await asyncio.wait_for(visitor.wait(), 60) == 0
        assert path.with_name("observe.db-wal").exists()
        assert await engine.read(lambda tx: settings.get(tx, "visitor")) == turn
        await engine.append(inbox.INSERT, [_row(f"box_{turn}")])
    await engine.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
        assert connection.execute("select count(*) from inbox").fetchone() == (2,)


async def test_a_visitor_without_a_server_makes_the_file(path):
    visitor = await _open(path, exclusive=False)
    with pytest.raises(StoreError):
        await _open(path)
    await visitor.close()


async def test_a_visitor_leaves_an_older_schema_to_the_server(engine, path):
    await engine.write(lambda tx: tx.execute("delete from schema_version where version > 1"))
    with pytest.raises(StoreError, match="older"):
        await _open(path, exclusive=False)


async def test_a_full_disk_loses_only_what_does_not_fit(engine, monkeypatch):
    await engine.append(inbox.INSERT, [_row("box_0")])
    pages = await engine.write(lambda tx: tx.rows("pragma page_count")[0]["page_count"])
    await engine.write(lambda tx: tx.rows(f"pragma max_page_count = {pages + 8}"))
    rows = [_row(f"box_{n}", b"x" * (2_000_000 if n == 3 else 10)) for n in range(1, 6)]
    works = [engine.append(inbox.INSERT, [row]) for row in rows]
    works.append(engine.write(lambda tx: settings.put(tx, "small", "1")))
    works.append(engine.write(lambda tx: settings.put(tx, "large", "x" * 2_000_000)))
    results = await asyncio.gather(*works, return_exceptions=True)
    assert [result is None for result in results] == [True, True, False, True, True, True, False]
    assert "disk is full" in str(results[2])
    assert "disk is full" in str(results[6])
    assert len(await engine.read(lambda tx: inbox.claim(tx, 10))) == 5
    await engine.write(lambda tx: tx.rows("pragma max_page_count = 1000000"))
    await engine.append(inbox.INSERT, [rows[2]])


async def test_a_commit_that_fails_is_an_error_for_each(engine, monkeypatch):
    class Failing:
        def __init__(self, connection):
            self._connection = connection

        def __getattr__(self, name):
            return getattr(self._connection, name)

        def execute(self, statement, *parameters):
            if statement == "commit":
                raise sqlite3.OperationalError("disk I/O error")
            return self._connection.execute(statement, *parameters)

    monkeypatch.setattr(engine, "_connection", Failing(engine._connection))
    works = [engine.append(inbox.INSERT, [_row("box_1")]), engine.write(lambda tx: settings.put(tx, "a", "1"))]
    results = await asyncio.gather(*works, return_exceptions=True)
    assert all(isinstance(result, StoreError) for result in results)
    monkeypatch.undo()
    await engine.append(inbox.INSERT, [_row("box_2")])
    assert [item.id for item in await engine.read(lambda tx: inbox.claim(tx, 10))] == ["box_2"]
    assert await engine.read(lambda tx: settings.get(tx, "a")) is None


async def test_a_file_another_program_holds_is_a_sentence(engine, path, monkeypatch):
    await engine.write(lambda tx: tx.rows("select 1 as one"))
    engine._connection.execute("pragma busy_timeout = 50")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("begin immediate")
    results = await asyncio.gather(
        engine.append(inbox.INSERT, [_row("box_1")]),
        engine.write(lambda tx: settings.put(tx, "a", "1")),
        return_exceptions=True,
    )
    assert all("locked by another program" in str(result) for result in results)
    other.execute("rollback")
    other.close()
    await engine.append(inbox.INSERT, [_row("box_1")])


async def test_a_file_that_may_not_be_written_is_a_sentence(engine):
    engine._connection.execute("pragma query_only = on")
    with pytest.raises(StoreError, match="cannot be written"):
        await engine.append(inbox.INSERT, [_row("box_1")])
    engine._connection.execute("pragma query_only = off")
    await engine.append(inbox.INSERT, [_row("box_1")])


async def test_a_file_of_another_kind_is_a_sentence(path):
    path.write_bytes(b"this is not a database" * 100)
    with pytest.raises(StoreError, match="not a SQLite database"):
        await _open(path)
    assert path.read_bytes().startswith(b"this is not")
    path.unlink()
    engine = await _open(path)
    await engine.close()


async def test_a_damaged_file_is_a_sentence(path):
    engine = await _open(path)
    await engine.append(inbox.INSERT, [_row(f"box_{n}", b"x" * 3000) for n in range(200)])
    await engine.close()
    damaged = bytearray(path.read_bytes())
    damaged[4096 * 4 :] = b"\xa5" * (len(damaged) - 4096 * 4)
    path.write_bytes(damaged)
    with pytest.raises(StoreError, match="damaged"):  # noqa: PT012 - whoever looks first finds it
        engine = await _open(path)
        try:
            await engine.read(lambda tx: inbox.claim(tx, 1000))
        finally:
            await engine.close()


async def test_a_folder_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(StoreError, match="cannot be opened"):
        await _open(tmp_path / "none" / "observe.db")
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreError, match="cannot be opened"):
        await _open(tmp_path / "folder")


async def test_long_work_does_not_keep_the_others_waiting_for_their_commit(engine, monkeypatch):
    monkeypatch.setattr(sqlite, "LONG", -1.0)
    works = [engine.write(lambda tx, n=n: settings.put(tx, str(n), "1")) for n in range(5)]
    await asyncio.gather(*works, engine.append(inbox.INSERT, [_row("box_1")]))
    assert (await engine.read(lambda tx: tx.rows("select count(*) as n from setting"))) == [{"n": 5}]
    assert await engine.read(lambda tx: inbox.backlog(tx).count) == 1


async def test_even_an_exception_nobody_catches_is_only_its_own(engine):
    class Oddity(BaseException):
        pass

    def odd(tx):
        settings.put(tx, "a", "1")
        raise Oddity

    with pytest.raises(Oddity):
        await engine.write(odd)
    assert await engine.read(lambda tx: settings.get(tx, "a")) is None


WRITES_AND_TELLS = """
import asyncio, sys
from datetime import UTC, datetime
from fraiseql_observe.store import inbox, open_store

async def main():
    engine = await open_store(sys.argv[1], clock=lambda: datetime.now(UTC))
    for n in range(10**6):
        await asyncio.gather(*(
            engine.append(inbox.INSERT, [inbox.row(f"box_{n}_{m}", "x", datetime.now(UTC), b"{}")]) for m in range(20)
        ))
        print(n, flush=True)

asyncio.run(main())
"""


def _accepted_before_a_kill(path):
    with subprocess.Popen(
        [sys.executable, "-c", WRITES_AND_TELLS, f"sqlite:///{path}"], stdout=subprocess.PIPE, text=True
    ) as child:
        said = [child.stdout.readline() for _ in range(5)]
        time.sleep(0.05)
        child.send_signal(signal.SIGKILL)
        said += child.stdout.readlines()
    return {f"box_{line.strip()}_{m}" for line in said if line.endswith("\n") for m in range(20)}


async def test_what_was_accepted_outlives_a_kill(path):
    accepted = await asyncio.to_thread(_accepted_before_a_kill, path)
    engine = await _open(path)
    there = {item.id for item in await engine.read(lambda tx: inbox.claim(tx, 10**7))}
    await engine.close()
    assert accepted <= there
    assert len(accepted) >= 100


def test_errors_that_have_no_name_are_told_as_they_are(tmp_path):
    assert "refused: odd" in sqlite_file.explain(sqlite3.OperationalError("odd"), tmp_path).message
