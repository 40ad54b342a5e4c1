"""One blog, without a network in between, for all tests that talk to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fraiseql_observe.demo.blog import database
from fraiseql_observe.demo.servers import BlogServer, PostgresServer, RedisServer, process
from fraiseql_observe.demo.traffic.client import BlogClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


COVERAGE = ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG", "COVERAGE_FILE")


@pytest.fixture(scope="session", autouse=True)
def _measured_children():
    """Children see little of our environment; for the tests they also see whether their coverage is measured."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "INHERITED", (*process.INHERITED, *COVERAGE))
        yield


@pytest.fixture(scope="module")
def blog_database():
    with PostgresServer() as server:
        url = server.create_database("blog")
        database.prepare(url)
        yield url


@pytest.fixture(scope="module")
def blog(blog_database):
    pytest.importorskip("fraiseql")
    with RedisServer() as redis, BlogServer(blog_database, redis_url=redis.url) as server:
        yield server


@pytest.fixture(scope="module")
def people(blog_database):
    return database.people(blog_database)


@pytest.fixture
async def client(blog) -> AsyncIterator[BlogClient]:
    async with BlogClient(blog.url, blog.token_secret) as connected:
        yield connected
