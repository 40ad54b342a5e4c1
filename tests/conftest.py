"""What every suite shares: a real PostgreSQL, and a fresh database in it for each test that asks."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

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
    psycopg = pytest.importorskip("psycopg")
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f'create database "{name}"')
    try:
        yield urlunsplit(urlsplit(postgres_url)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(postgres_url, autocommit=True) as admin:
            admin.execute(f'drop database if exists "{name}" with (force)')
