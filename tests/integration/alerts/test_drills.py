"""Every alert that a real fault can reach fires when the fault happens, and resolves when it is over."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psycopg
import pytest
from drill_stack import DrillStack, folder_for_all, free_ports, wait_for

from fraiseql_observe.demo.blog import database
from fraiseql_observe.demo.blog.tokens import issue_token

pytestmark = [pytest.mark.fraiseql, pytest.mark.timeout(300)]

# How fast this machine answers is not the drill's business: that these resolve is tested with promtool.
SLOWNESS = {"HighLatency", "LatencyBudgetBurn", "SlowQueryRate"}

FAKE = """
import sys
sys.modules["prometheus_client"] = None
from fraiseql.monitoring.metrics import FraiseQLMetrics, MetricsConfig
sys.stdout.buffer.write(FraiseQLMetrics(MetricsConfig()).generate_metrics())
"""


@pytest.fixture(scope="module")
def stack():
    pytest.importorskip("fraiseql")
    with tempfile.TemporaryDirectory(prefix="drills-") as folder:
        ready = folder_for_all(Path(folder))
        with DrillStack(free_ports(), ready, rate=10) as running:
            running.begin()
            wait_for(lambda: {"Watchdog"} - running.firing(), "the rules are not evaluated")
            yield running


@contextmanager
def alerts(stack, *names):
    """What happens in the block makes each of these fire, once the given function is called; after it they resolve."""
    began = time.monotonic()

    def fire():
        wait_for(lambda: set(names) - stack.firing(within=int(time.monotonic() - began) + 1), "does not fire")

    yield fire
    wait_for(lambda: (set(names) - SLOWNESS) & stack.firing(), "does not resolve")


@contextmanager
def stopped(*servers):
    """The servers, gone for as long as the block runs."""
    for server in servers:
        server.stop()
    try:
        yield
    finally:
        for server in servers:
            server.start()


def post(stack, document, token):
    """Send one operation; what the answer says does not matter here."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    body = json.dumps({"query": document}).encode()
    try:
        request = urllib.request.Request(f"{stack.blog.url}/graphql", body, headers)
        urllib.request.urlopen(request, timeout=20).close()
    except urllib.error.HTTPError as refused:
        refused.close()


def token_of(stack, role):
    """The token of somebody with this role."""
    person = next(person for person in database.people(stack.database_url) if person.role == role)
    return issue_token(stack.blog.token_secret, person, now=datetime.now(UTC))


def test_a_machine_over_its_lines(stack):
    wait_for(lambda: {"HighCPUUsage", "HighMemoryUsage", "DiskSpaceRunningLow"} - stack.firing(), "does not fire")


def test_an_application_that_dies(stack):
    with alerts(stack, "Down", "InstanceDown") as fire, stopped(stack.blog):
        fire()


def test_an_application_that_nobody_scrapes(stack):
    with alerts(stack, "Absent") as fire:
        stack.scrape([])
        try:
            fire()
        finally:
            stack.scrape([stack.address("blog")])


def test_an_application_that_makes_its_metrics_up(stack):
    text = subprocess.run([sys.executable, "-c", FAKE], check=True, capture_output=True, timeout=60).stdout
    with alerts(stack, "FakeMetrics") as fire, serving(text) as made_up:
        stack.scrape([stack.address("blog"), made_up])
        try:
            fire()
        finally:
            stack.scrape([stack.address("blog")])


def test_a_database_that_grows(stack):
    # A day's growth needs a day to look back on: here a quarter of a minute.
    wait_for(lambda: set() if stack.watched_for(25) else {"history"}, "is too short")
    blog = stack.postgres.url_of("blog")
    with alerts(stack, "DatabaseGrowth") as fire, psycopg.connect(blog, autocommit=True) as connection:
        connection.execute("create table flood as select repeat('x', 900) as what from generate_series(1, 40000)")
        try:
            fire()
        finally:
            connection.execute("drop table flood")


def test_a_migration_that_locks_a_table(stack):
    with alerts(
        stack,
        "ConnectionPoolTimeouts",
        "ConnectionPoolWaiting",
        "DatabaseConnectionPoolExhausted",
        "HighErrorRate",
        "HighLatency",
    ) as fire:
        with psycopg.connect(stack.postgres.url_of("blog")) as migration:
            migration.execute("lock table tb_post, tb_user in access exclusive mode")
            time.sleep(12)  # longer than the pool's patience and the alerts' together
        fire()


def test_reports_that_are_slow(stack):
    token = token_of(stack, "author")
    with alerts(stack, "SlowQueryRate") as fire, ThreadPoolExecutor(8) as readers:
        for _ in range(400):
            readers.submit(post, stack, "{ readingReport { title views } }", token)
        fire()
        readers.shutdown(cancel_futures=True)


def test_servers_that_die(stack):
    dead = (stack.postgres, stack.redis, stack.server("node_exporter"))
    with (
        alerts(
            stack,
            "AuditEventsDropped",
            "AuditLogLag",
            "CacheConnectionLost",
            "CacheErrors",
            "CacheRecovering",
            "DatabaseDown",
            "DatabaseRecovering",
            "ErrorBudgetBurn",
            "ExporterDown",
            "HealthCheckFailed",
            "HighErrorRate",
            "LatencyBudgetBurn",
        ) as fire,
        stopped(*dead),
    ):
        fire()


def test_attacks(stack):
    reader = token_of(stack, "reader")
    attempts = [
        ("{ tags { id } }", "guessed"),
        ("{ moderationQueue { body } }", reader),
        ("query Tags { tags { id } } #" + "x" * 70_000, reader),
    ]
    # A spike is one against what was usual in the hour before: here a minute.
    wait_for(lambda: set() if stack.watched_for(50) else {"history"}, "is too short")
    with (
        alerts(stack, "HighFailedAuthAttempts", "UnauthorizedDataAccess", "SuspiciousQueryPattern") as fire,
        ThreadPoolExecutor(10) as attackers,
    ):
        list(attackers.map(lambda attempt: post(stack, *attempt), [each for each in attempts for _ in range(40)]))
        fire()


@contextmanager
def serving(text):
    """The address of a page with this text."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_details):
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
