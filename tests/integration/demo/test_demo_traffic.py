"""The traffic reaches the blog, survives its absence, and says what it sent when it is stopped."""

from __future__ import annotations

import json
import time

import psycopg
import pytest

from fraiseql_observe.audit import setup
from fraiseql_observe.demo.servers import TrafficGenerator
from fraiseql_observe.demo.traffic.operations import STOPS
from fraiseql_observe.demo.traffic.operator import RESOLVE

pytestmark = [pytest.mark.fraiseql]


def sent_within(traffic, seconds):
    with traffic:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            traffic.check()
            time.sleep(0.1)
        traffic.stop()
        return json.loads(traffic.log.read_text().splitlines()[-1])["sent"]


def test_everybody_sends_and_says_what(blog, blog_database):
    sent = sent_within(TrafficGenerator(blog, blog_database, rate=40), 5)
    assert {"Posts", "Post", "failed login", "nonsense", STOPS.document} <= set(sent)
    assert sum(sent.values()) > 40
    assert "unanswered" not in sent


def test_a_blog_that_is_away_is_waited_for(blog, blog_database):
    blog.stop()
    try:
        sent = sent_within(TrafficGenerator(blog, blog_database, rate=40), 3)
    finally:
        blog.start()
    assert set(sent) == {"unanswered"}


def test_the_operator_resolves_what_has_stopped(blog_database):
    setup.apply(blog_database)
    with psycopg.connect(blog_database) as connection:
        for name, age in (("quiet", 60), ("busy", 0)):
            connection.execute(
                """
                insert into fraiseql_observe.error_group (fingerprint, error_type, severity, operation_name, message,
                                                          first_seen, last_seen, occurrences, status)
                values (%(name)s, 'database', 'error', %(operation)s, '', now() - interval '1 hour',
                        now() - make_interval(secs => %(age)s), 1, 'open')
                """,
                {"name": name, "operation": STOPS.document, "age": age},
            )
        connection.execute(RESOLVE, ([STOPS.document], 5.0))
        rows = connection.execute("select fingerprint, status from fraiseql_observe.error_group where occurrences = 1")
        assert set(rows) >= {("quiet", "resolved"), ("busy", "open")}
