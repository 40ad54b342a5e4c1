"""The traffic reaches the blog, survives its absence, and says what it sent when it is stopped."""

from __future__ import annotations

import asyncio
import json
import random

import psycopg
import pytest

from fraiseql_observe.audit import setup
from fraiseql_observe.demo.servers import TrafficGenerator
from fraiseql_observe.demo.traffic import drive, operator
from fraiseql_observe.demo.traffic.client import BlogClient
from fraiseql_observe.demo.traffic.crowd import Crowd
from fraiseql_observe.demo.traffic.drive import Traffic
from fraiseql_observe.demo.traffic.operations import COMES_BACK, STOPS

pytestmark = [pytest.mark.fraiseql]


async def sent_until(traffic, enough):
    """Let it run until `enough` says so; a minute at most."""
    running = asyncio.create_task(traffic.run())
    try:
        async with asyncio.timeout(60):
            while not (running.done() or enough(traffic.seen)):  # noqa: ASYNC110  a counter has no event
                await asyncio.sleep(0.05)
    finally:
        running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    return json.loads(traffic.summary())["sent"]


def traffic_of(client, people):
    rng = random.Random(1)
    return Traffic(client, Crowd.of(people, rng), rng, rate=40)


EVERYBODY = {
    "Posts",
    "Post",
    "TagCloud",
    "failed login",
    "nonsense",
    STOPS.document,
    COMES_BACK.document,
    "ReadingReport",
}


async def test_everybody_sends(client, people, monkeypatch):
    monkeypatch.setattr(drive, "BURST", 0.5)
    monkeypatch.setattr(drive, "NONSENSE", 0.1)
    sent = await sent_until(traffic_of(client, people), lambda seen: seen.keys() >= EVERYBODY and seen["nonsense"] > 4)
    assert "unanswered" not in sent


async def test_a_blog_that_is_away_is_waited_for(people):
    async with BlogClient("http://127.0.0.1:1", "x" * 32) as nobody:
        sent = await sent_until(traffic_of(nobody, people), lambda seen: seen["unanswered"] > 20)
    assert set(sent) == {"unanswered"}


def test_the_process_says_what_it_sent(blog, blog_database):
    with TrafficGenerator(blog, blog_database, rate=40) as traffic:
        traffic.stop()
        assert json.loads(traffic.log.read_text().splitlines()[-1]).keys() == {"seconds", "sent"}


@pytest.fixture
def errors(blog_database):
    """Two errors of the client that stopped: one quiet for a minute, one that has just happened."""
    setup.apply(blog_database)
    with psycopg.connect(blog_database) as connection:
        for name, age in (("quiet", 60), ("busy", -60)):
            connection.execute(
                """
                insert into fraiseql_observe.error_group (fingerprint, error_type, severity, operation_name, message,
                                                          first_seen, last_seen, occurrences, status)
                values (%(name)s, 'database', 'error', %(operation)s, '', now() - interval '1 hour',
                        now() - make_interval(secs => %(age)s), 1, 'open')
                """,
                {"name": name, "operation": STOPS.document, "age": age},
            )
    return blog_database


def statuses(url):
    with psycopg.connect(url) as connection:
        rows = connection.execute("select fingerprint, status from fraiseql_observe.error_group")
        return {name: status for name, status in rows if name in {"quiet", "busy"}}


async def test_the_operator_resolves_what_has_stopped(errors, monkeypatch):
    monkeypatch.setattr(operator, "ROUND", 0.05)
    working = asyncio.create_task(operator.resolve_stopped_errors(errors))
    try:
        async with asyncio.timeout(30):
            while statuses(errors)["quiet"] != "resolved":  # noqa: ASYNC110  a row has no event
                await asyncio.sleep(0.05)
    finally:
        working.cancel()
    assert statuses(errors) == {"quiet": "resolved", "busy": "open"}


async def test_the_operator_comes_back_to_a_database_that_is_away(monkeypatch, caplog):
    monkeypatch.setattr(operator, "ROUND", 0.01)
    working = asyncio.create_task(operator.resolve_stopped_errors("postgresql://nobody@127.0.0.1:1/none"))
    try:
        async with asyncio.timeout(30):
            while len(caplog.records) < 2:  # noqa: ASYNC110  a log has no event
                await asyncio.sleep(0.01)
    finally:
        working.cancel()
    assert "could not look at the errors" in caplog.text
