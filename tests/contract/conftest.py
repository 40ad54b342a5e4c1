"""Every scenario runs on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from databases import fresh_database
from store_samples import T0

from fraiseql_observe.store import open_store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from fraiseql_observe.store.engine import Engine


@pytest.fixture(scope="session")
def contract_database(postgres_url) -> Iterator[str]:
    """URL of a database for all tests of this folder: to make one costs a server's checkpoint."""
    with fresh_database(postgres_url) as url:
        yield url


@pytest.fixture
def postgres_store(contract_database) -> Iterator[str]:
    """URL of an empty store on PostgreSQL."""
    yield contract_database
    with psycopg.connect(contract_database, autocommit=True) as admin:
        admin.execute("set client_min_messages to warning")
        admin.execute("drop schema if exists fraiseql_alerts cascade")


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request, tmp_path) -> str:
    """URL of an empty store."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/observe.db"
    return request.getfixturevalue("postgres_store")


@pytest.fixture
async def engine(store_url) -> AsyncIterator[Engine]:
    engine = await open_store(store_url, clock=lambda: T0)
    yield engine
    await engine.close()


@pytest.fixture
def write(engine):
    """Call a repository function in a transaction of its own."""

    async def call(function, *args, **kwargs):
        return await engine.write(lambda tx: function(tx, *args, **kwargs))

    return call


@pytest.fixture
def read(engine):
    async def call(function, *args, **kwargs):
        return await engine.read(lambda tx: function(tx, *args, **kwargs))

    return call
