"""What every suite shares: a real PostgreSQL, and a fresh database in it for each test that asks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a superuser on a real PostgreSQL: the one the environment names, else one of our own."""
    given = os.environ.get("FRAISEQL_OBSERVE_TEST_POSTGRES")
    if given:
        yield given
        return
    from fraiseql_observe.demo.servers import PostgresServer  # noqa: PLC0415 - only where no server is given

    with PostgresServer() as server:
        yield server.url


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """URL of an empty database of this test's own, dropped afterwards."""
    pytest.importorskip("psycopg")
    from databases import fresh_database  # noqa: PLC0415 - only where psycopg is there

    with fresh_database(postgres_url) as url:
        yield url
