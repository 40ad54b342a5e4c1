"""The stream that tells open pages of changes: how fast, how many, and that it ends."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from paging import tell

from fraiseql_observe.web.console import live, session, state
from fraiseql_observe.web.console.state import CONSOLE

if TYPE_CHECKING:
    from datetime import datetime

    from aiohttp import ClientResponse


@pytest.fixture(autouse=True)
def brisk(monkeypatch) -> None:
    monkeypatch.setattr(live, "PACE", 0.01)


async def heard(answer: ClientResponse, words: bytes) -> None:
    async with asyncio.timeout(5):
        while words not in (await answer.content.readline()):
            pass


async def test_a_change_is_told(kim, manager) -> None:
    async with kim.client.get("/live") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/event-stream"
        await heard(answer, b"retry: ")
        await tell(manager, "Full")
        await heard(answer, b"event: changed")


async def test_silence_is_kept_alive(kim, monkeypatch) -> None:
    monkeypatch.setattr(live, "ALIVE", 0.01)
    async with kim.client.get("/live") as answer:
        await heard(answer, b": still here")
        await heard(answer, b": still here")


async def test_the_stream_ends_after_a_while(kim, monkeypatch) -> None:
    monkeypatch.setattr(live, "LONGEST", 0.05)
    async with kim.client.get("/live") as answer, asyncio.timeout(5):
        assert b"retry" in await answer.read()


async def test_the_stream_ends_with_the_session(kim, clock) -> None:
    clock.offset += session.LIFETIME - timedelta(seconds=1)
    async with kim.client.get("/live") as answer, asyncio.timeout(5):
        await answer.read()


async def test_the_stream_ends_with_the_server(kim) -> None:
    async with kim.client.get("/live") as answer, asyncio.timeout(5):
        await heard(answer, b"retry: ")
        await live.let_go(kim.client.app)
        await answer.read()
    assert kim.client.app[CONSOLE].streams == set()


async def test_who_leaves_is_forgotten(kim, manager) -> None:
    answer = await kim.client.get("/live")
    await heard(answer, b"retry: ")
    answer.close()
    async with asyncio.timeout(5):
        while kim.client.app[CONSOLE].streams:
            live.wake(kim.client.app[CONSOLE])
            await asyncio.sleep(0.01)


async def test_there_are_only_so_many_streams(kim, monkeypatch) -> None:
    monkeypatch.setattr(live, "STREAMS", 0)
    async with kim.client.get("/live") as answer:
        assert answer.status == 503
        assert answer.headers["Retry-After"]


async def test_the_menus_counts_are_not_asked_for_each_page(manager, monkeypatch, clock) -> None:
    asked = []

    def count(_: object, now: datetime) -> state.Tally:
        asked.append(now)
        return state.Tally(1, 2, 3, now)

    monkeypatch.setattr(state, "_count", count)
    console = state.ConsoleState()
    for _ in range(5):
        assert (await console.tally(manager.engine, clock())).dead == 3
    assert len(asked) == 1
    clock.offset += state.FRESH * 2
    await console.tally(manager.engine, clock())
    clock.offset -= state.FRESH * 9
    await console.tally(manager.engine, clock())
    console.forget()
    await console.tally(manager.engine, clock())
    assert len(asked) == 4


async def test_the_key_is_made_once_and_shared(manager) -> None:
    one, other = state.ConsoleState(), state.ConsoleState()
    assert await one.key(manager.engine) == await other.key(manager.engine)
    assert len(await replace(one).key(manager.engine)) == 32
