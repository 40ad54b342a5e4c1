"""`fraiseql-observe doctor` against real servers: what is right, and what each fault looks like."""

from __future__ import annotations

import json
import socket
import sqlite3
import time
from contextlib import closing

import psycopg
import pytest
import requests
from click.testing import CliRunner

from fraiseql_observe.cli import cli
from fraiseql_observe.demo.servers import AlertmanagerServer, PrometheusServer
from fraiseql_observe.store.postgres_session import SCHEMA

OURS = """
route: {receiver: fraiseql-observe}
receivers: [{name: fraiseql-observe, webhook_configs: [{url: 'http://127.0.0.1:9095/webhooks/alertmanager'}]}]
"""
RULES = "groups: [{name: ours, rules: [{alert: FraiseQLWatchdog, expr: 'vector(1)'}]}]"


@pytest.fixture
def doctor(tmp_path, monkeypatch, unused_tcp_port):
    """Run it with these settings; gives exit code and findings."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "FRAISEQL_OBSERVE_PROMETHEUS_URL"):
        monkeypatch.delenv(name, raising=False)

    def run(settings="", *words):
        (tmp_path / "fraiseql-observe.yaml").write_text(f"server: {{port: {unused_tcp_port}}}\n{settings}")
        result = CliRunner().invoke(cli, ("doctor", "--json", *words), standalone_mode=False, catch_exceptions=False)
        found = json.loads(result.stdout)["findings"]
        assert "hunter2" not in result.output
        return result.return_value or 0, {one["subject"]: (one["level"], one["found"]) for one in reversed(found)}

    return run


def test_a_new_installation_has_nothing_wrong(doctor):
    code, found = doctor()
    assert code == 0
    assert found["settings"] == ("ok", "fraiseql-observe.yaml is right")
    assert found["store"] == ("note", "fraiseql-observe.db does not exist yet")
    assert found["backend"][0] == "note"
    assert found["grafana"][0] == "skipped"


def test_settings_that_are_wrong_do_not_keep_the_rest_from_being_looked_at(doctor, database_url):
    code, found = doctor("stroe: {}\n", "--database", database_url)
    assert code == 1
    assert "did you mean store?" in found["settings"][1]
    assert found["audit: schema"] == ("wrong", "there is no schema fraiseql_observe here")


def test_a_store_in_a_file(doctor, tmp_path):
    store = tmp_path / "observe.db"
    settings = f"store: {{url: 'sqlite:///{store}'}}\n"
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("create table schema_version (version int)")
        connection.execute("insert into schema_version values (999)")
        connection.commit()
    code, found = doctor(settings)
    assert (code, found["store"][0]) == (1, "wrong")
    assert "schema version 999" in found["store"][1]
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("update schema_version set version = 1")
        connection.commit()
    assert doctor(settings)[1]["store"][0] == "note"
    store.write_bytes(b"no database" * 100)
    assert "cannot be read" in doctor(settings)[1]["store"][1]
    assert "does not exist" in doctor("store: {url: 'sqlite:////none/at/all/x.db'}\n")[1]["store"][1]


def test_a_store_in_postgres(doctor, database_url, unused_tcp_port):
    settings = f"store: {{url: '{database_url}'}}\n"
    code, found = doctor(settings)
    assert (code, found["store"][0]) == (0, "note")
    assert found["clock of the store's server"] == ("ok", "it agrees with ours")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"create schema {SCHEMA} create table schema_version (version bigint)")
        connection.execute(f"insert into {SCHEMA}.schema_version values (999)")
    assert "schema version 999" in doctor(settings)[1]["store"][1]
    code, found = doctor(f"store: {{url: 'postgresql://u:hunter2@127.0.0.1:{unused_tcp_port}/x'}}\n")
    assert (code, found["store"][0]) == (1, "wrong")
    assert "cannot be reached" in found["store"][1]


def test_destinations_are_only_knocked_at(doctor, unused_tcp_port):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        open_, private, closed = (
            f"{{type: webhook, url: 'http://127.0.0.1:{port}/hunter2', allow_private: true}}",
            f"{{type: webhook, url: 'http://127.0.0.1:{port}/'}}",
            f"{{type: webhook, url: 'http://127.0.0.1:{unused_tcp_port}/', allow_private: true}}",
        )
        lost = "{type: email, host: mail.invalid, sender: a@example.org, to: [b@example.org]}"
        code, found = doctor(f"destinations: {{open: {open_}, private: {private}, closed: {closed}, lost: {lost}}}\n")
        connection, _ = server.accept()
        with connection:
            assert connection.recv(1) == b""
    assert code == 1
    assert found["destination open"][0] == "ok"
    assert "no public address" in found["destination private"][1]
    assert "ConnectionRefusedError" in found["destination closed"][1]
    assert "no address that could be found" in found["destination lost"][1]


def test_the_audit_database(doctor, audited):
    settings = f"audit: {{url: {json.dumps(audited.reader_url)}}}\n"
    code, found = doctor(settings, "--database", audited.url)
    assert code == 0, [one for one in found.items() if one[1][0] == "wrong"]
    assert found["audit: login of the audit questions"] == ("ok", "has no rights over the server")
    code, found = doctor(f"audit: {{url: '{audited.url}'}}\n")
    assert code == 1
    assert "has the rights of postgres" in found["audit: login of the audit questions"][1]
    audited.event()
    audited.run("alter table fraiseql_observe.error_group disable row level security")
    audited.run(
        "do $$ declare p record; begin for p in select policyname from pg_policies where tablename = "
        "'audit_event' loop execute format('drop policy %I on fraiseql_observe.audit_event', p.policyname); "
        "end loop; end $$"
    )
    for given in ((settings,), ("", "--database", audited.url)):
        code, found = doctor(*given)
        assert code == 1
        assert "no policy lets the reader see a row" in found["audit: row security of fraiseql_observe.audit_event"][1]
    assert found["audit: rows of fraiseql_observe.audit_event"] == ("wrong", "hidden from the reader")


def test_the_other_users_of_the_audit_database(doctor, audited):
    reader = json.dumps(audited.reader_url)

    def given(name, url):
        return f"audit: {{url: {reader}, {name}: {url}}}\n"

    assert doctor(given("maintenance_url", audited.url))[1]["audit: partitions"][0] == "ok"
    found = doctor(given("chain_url", audited.url))[1]
    assert found["audit: user of audit.chain_url"] == ("ok", "may verify hash chains")
    code, found = doctor(f"audit: {{url: {reader}, maintenance_url: {reader}, chain_url: {reader}}}\n")
    assert code == 1
    assert found["audit: maintenance"] == ("wrong", "this user may not keep the log")
    assert found["audit: user of audit.chain_url"] == ("wrong", "may not verify hash chains")
    assert doctor(f"audit: {{url: {reader}}}\n")[1]["audit: maintenance"][0] == "note"


def test_a_schema_of_another_version_is_seen_by_the_reader_too(doctor, audited):
    audited.run("insert into fraiseql_observe.schema_version (version) values (999)")
    code, found = doctor(f"audit: {{url: {json.dumps(audited.reader_url)}}}\n")
    assert (code, found["audit: schema"][0]) == (1, "wrong")
    assert "version 999" in found["audit: schema"][1]


def wait_for(url, word):
    """Prometheus looks around for its Alertmanagers some seconds after its start."""
    for _ in range(200):
        if word in requests.get(url, timeout=5).text:
            return
        time.sleep(0.1)
    pytest.fail(f"{word} did not come")


def test_real_prometheus_and_alertmanager(doctor, unused_tcp_port):
    with AlertmanagerServer({"alertmanager.yml": OURS}) as alertmanager:
        target = alertmanager.url.removeprefix("http://")
        config = (
            "global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [rules.yml]\n"
            f"alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{target}']}}]}}]}}\n"
        )
        with PrometheusServer({"prometheus.yml": config, "rules.yml": RULES}) as prometheus:
            wait_for(f"{prometheus.url}/api/v1/alertmanagers", target)
            settings = f"alertmanager: {{urls: ['{alertmanager.url}']}}\nprometheus: {{url: '{prometheus.url}'}}\n"
            code, found = doctor(settings, "--grafana", prometheus.url, "--metrics", f"{prometheus.url}/metrics")
            _, wrong = doctor(
                f"alertmanager: {{urls: ['{prometheus.url}'], receivers: [other]}}\n"
                f"prometheus: {{url: '{alertmanager.url}'}}\n"
            )
            _, away = doctor(f"alertmanager: {{urls: ['http://127.0.0.1:{unused_tcp_port}']}}\n")
    about = f"prometheus {prometheus.url}"
    assert code == 1
    assert found[about] == ("ok", "it answers")
    assert found[f"clock of {about}"][0] == "ok"
    assert found[f"{about}, rules"][0] == "note"
    assert found[f"{about}, alertmanagers"][0] == "ok"
    assert found[f"{about}, application"] == ("wrong", "it has no series of a FraiseQL application")
    assert found["application"] == ("wrong", "its metrics hold no series of FraiseQL")
    assert "does not answer as a Grafana" in found[f"grafana {prometheus.url}"][1]
    assert found[f"alertmanager {alertmanager.url}"][0] == "ok"
    assert found[f"alertmanager {alertmanager.url}, receiver fraiseql-observe"][0] == "ok"
    assert "does not answer as an Alertmanager" in wrong[f"alertmanager {prometheus.url}"][1]
    assert wrong["prometheus"][0] == "wrong"
    assert "does not answer" in away[f"alertmanager http://127.0.0.1:{unused_tcp_port}"][1]


def test_as_a_table(doctor, tmp_path):
    doctor()
    result = CliRunner().invoke(cli, ("doctor", "--quiet"), standalone_mode=False, env={"COLUMNS": "200"})
    assert "WRONG" not in result.stdout
    assert "there are none, so alerts are kept" in result.stdout
    assert "not looked at" not in result.stdout
    assert "Nothing is wrong." in result.stderr
    (tmp_path / "fraiseql-observe.yaml").write_text("x: 1\n")
    result = CliRunner().invoke(cli, ("doctor",), standalone_mode=False, env={"COLUMNS": "200"})
    assert result.return_value == 1
    assert "WRONG" in result.stdout
    assert "1 thing is wrong." in result.stderr
