"""Several replicas on one PostgreSQL: nothing is told twice, nothing is lost when one dies or the database restarts."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from ledger import SENDERS, Ledger, everything_arrived, sink, storm

from fraiseql_observe.demo.servers import BackendServer, PostgresServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    """A server of this test's own: it is stopped and started again."""
    with PostgresServer() as server:
        yield server


def settings(postgres: PostgresServer, url: str) -> dict[str, Any]:
    destination = {
        "type": "webhook",
        "url": url,
        "allow_private": True,
        "actions": ["trigger", "resolve"],
        "timeout": "1s",
    }
    return {"store": {"url": postgres.url}, "destinations": {"sink": destination}}


async def storms(replicas: list[BackendServer], ledger: Ledger, ended: asyncio.Event) -> None:
    urls = [f"{each.url}/webhooks/alertmanager" for each in replicas]
    await asyncio.gather(
        *(storm(urls[first % 2 :] + urls[: first % 2], ledger, first, ended) for first in range(SENDERS))
    )


@pytest.mark.timeout(240)
async def test_two_replicas_tell_once_and_survive_a_death(postgres: PostgresServer) -> None:
    ledger, ended = Ledger(), asyncio.Event()
    with ExitStack() as stack:
        async with sink(ledger) as url:
            replicas = [BackendServer(settings(postgres, url)) for _ in range(2)]
            for each in replicas:
                await asyncio.to_thread(stack.enter_context, each)
            sending = asyncio.create_task(storms(replicas, ledger, ended))
            await asyncio.sleep(4)
            assert ledger.extra == 0, "both live, and a message came twice"
            await asyncio.to_thread(replicas[0]._process._kill_session)
            await asyncio.sleep(3)
            ended.set()
            await sending
            await everything_arrived(ledger)
            await asyncio.to_thread(stack.close)
    assert len(ledger.accepted["resolved"]) > 50
    assert ledger.missing() == {"firing": set(), "resolved": set()}
    assert not ledger.told_twice()
    assert not ledger.copies_that_are_no_further_attempt()


@pytest.mark.timeout(240)
async def test_a_database_that_restarts_under_load_costs_nothing(postgres: PostgresServer) -> None:
    ledger, ended = Ledger(), asyncio.Event()
    with ExitStack() as stack:
        async with sink(ledger) as url:
            backend = BackendServer(settings(postgres, url))
            await asyncio.to_thread(stack.enter_context, backend)
            sending = asyncio.create_task(storms([backend, backend], ledger, ended))
            for _ in range(2):
                await asyncio.sleep(2)
                await asyncio.to_thread(postgres.stop)
                await asyncio.sleep(1)
                await asyncio.to_thread(postgres.start)
            await asyncio.sleep(2)
            ended.set()
            await sending
            await everything_arrived(ledger)
            assert backend.running
            await asyncio.to_thread(stack.close)
    assert ledger.answers["503"] > 0, "the database was away and nobody was told"
    assert len(ledger.accepted["resolved"]) > 50
    assert ledger.missing() == {"firing": set(), "resolved": set()}
    assert not ledger.told_twice()
    assert not ledger.copies_that_are_no_further_attempt()
