"""Each server really starts, answers, stops, starts again with its data, and leaves nothing behind."""

from __future__ import annotations

import signal
import socket
import tempfile
import urllib.request
from typing import ClassVar

import psycopg
import pytest
import redis

from fraiseql_observe.demo.servers import (
    AlertmanagerServer,
    NodeExporter,
    PostgresExporter,
    PostgresServer,
    PrometheusServer,
    RedisExporter,
    RedisServer,
    Server,
)
from fraiseql_observe.demo.servers.process import Command
from fraiseql_observe.demo.servers.server import HOST, free_port, port_is_free
from fraiseql_observe.errors import DemoError, MissingProgramError

PROMETHEUS = {"prometheus.yml": "global: {scrape_interval: 1s}\nrule_files: [rules/*.yml]\n"}
ALERTMANAGER = {"alertmanager.yml": "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"}


@pytest.fixture(scope="module")
def postgres():
    with PostgresServer() as server:
        yield server


def get(url):
    with urllib.request.urlopen(url, timeout=10) as response:
        return response.read().decode()


def ended(server):
    """The process is gone, the port is free, the folder is removed."""
    return not server.running and port_is_free(server.port) and not server.folder.exists()


def test_postgres_keeps_its_data_and_port_over_a_restart(tmp_path):
    with PostgresServer(settings={"max_connections": 17}) as server:
        url = server.create_database("shop")
        with psycopg.connect(url) as connection:
            connection.execute("create table kept as select 1 as one")
            connection.execute("create extension pg_stat_statements")
        server.stop()
        assert not server.running
        server.start()
        with psycopg.connect(url) as connection:
            assert connection.execute("select one from kept").fetchone() == (1,)
            assert connection.execute("show max_connections").fetchone() == ("17",)
        assert server.password not in server.log.read_text()
    assert ended(server)


def test_postgres_wants_its_password(postgres):
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(postgres.url_of("postgres", password="wrong"))


def test_prometheus_reads_its_rules_and_changed_files():
    rule = "groups: [{name: g, rules: [{record: a:b, expr: vector(1)}]}]"
    with PrometheusServer(PROMETHEUS | {"rules/one.yml": rule}) as server:
        assert "a:b" in get(f"{server.url}/api/v1/rules")
        server.reload({"rules/one.yml": rule.replace("a:b", "c:d")})
        for _ in range(100):
            if "c:d" in get(f"{server.url}/api/v1/rules"):
                break
        else:
            pytest.fail("the new rule never came")
    assert ended(server)


def test_alertmanager_serves_its_configuration():
    with AlertmanagerServer(ALERTMANAGER) as server:
        assert "nobody" in get(f"{server.url}/api/v2/receivers")
    assert ended(server)


def test_the_exporters_export(postgres):
    with RedisServer() as cache, RedisExporter(cache.url) as exporter:
        assert "redis_up 1" in get(f"{exporter.url}/metrics")
        assert redis.Redis.from_url(cache.url).ping()
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(HOST, cache.port).ping()
    assert ended(cache)
    with PostgresExporter(postgres.url) as exporter:
        assert "pg_up 1" in get(f"{exporter.url}/metrics")
    assert ended(exporter)
    with NodeExporter() as exporter:
        assert "node_memory_MemTotal_bytes" in get(f"{exporter.url}/metrics")
    assert ended(exporter)


def test_a_folder_of_the_callers_is_left(tmp_path):
    folder = tmp_path / "a folder" / "redis"
    with RedisServer(folder=folder) as server:
        assert server.folder == folder
    assert (folder / "redis.log").exists()


def test_a_busy_port_is_named(tmp_path):
    port = free_port()
    with (
        socket.create_server((HOST, port)),
        pytest.raises(DemoError, match=f"Port {port} for redis is taken") as caught,
    ):
        RedisServer(port=port, folder=tmp_path).start()
    assert "ss -ltnp" in caught.value.hint


def test_a_missing_program_is_named_with_its_package(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingProgramError, match="redis-server") as caught:
        RedisServer(folder=tmp_path).start()
    assert caught.value.hint == "sudo apt-get install --no-install-recommends redis-server"


def test_a_server_that_dies_says_why(tmp_path):
    with pytest.raises(DemoError, match=r"alertmanager ended with code 1; its log ends with:") as caught:
        AlertmanagerServer({"alertmanager.yml": "nonsense: true"}, folder=tmp_path).start()
    assert "nonsense" in caught.value.message


def test_a_server_that_cannot_start_leaves_no_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(DemoError), AlertmanagerServer({"alertmanager.yml": "nonsense: true"}):
        pytest.fail("it started")
    assert list(tmp_path.iterdir()) == []


class Deaf(Server):
    """Never answers."""

    name: ClassVar[str] = "deaf"

    def command(self):
        return Command(["sleep", "60"])

    def ready(self):
        return False


def test_a_server_that_never_answers_is_stopped(tmp_path):
    server = Deaf(folder=tmp_path)
    with pytest.raises(DemoError, match=f"deaf does not answer on port {server.port}, and logged nothing"):
        server.start(timeout=0.2)
    assert not server.running


def test_starting_twice_is_starting_once(postgres):
    before = postgres.pid
    postgres.start()
    assert postgres.pid == before


def test_a_death_is_noticed(tmp_path):
    with RedisServer(folder=tmp_path) as server:
        server.check()
        assert server.pid
        server._process.send(signal.SIGKILL)
        server._process.stop()
        with pytest.raises(DemoError, match="redis ended with code -9"):
            server.check()
