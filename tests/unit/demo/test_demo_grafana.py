"""How Grafana is started where this machine has one; a program or a container, never with a secret in sight."""

from __future__ import annotations

from pathlib import Path

import pytest

from fraiseql_observe.demo import grafana
from fraiseql_observe.demo.grafana import GrafanaServer, Runner

PROVISIONING = Path("/scratch/provisioning/grafana")


def started(runner, tmp_path):
    server = GrafanaServer(runner, PROVISIONING, {"AUDIT_DATABASE_PASSWORD": "hunter2"}, port=3999, folder=tmp_path)
    command = server.command()
    return server, [str(part) for part in command.argv], command.env


def test_a_program_is_given_its_home_and_our_provisioning(tmp_path):
    server, argv, environment = started(Runner(Path("/usr/bin/grafana"), Path("/usr/share/grafana")), tmp_path)
    assert argv == ["/usr/bin/grafana", "server", "--homepath", "/usr/share/grafana"]
    assert environment["GF_PATHS_PROVISIONING"] == str(PROVISIONING)
    assert environment["GF_SERVER_HTTP_PORT"] == "3999"
    assert environment["GF_SERVER_HTTP_ADDR"] == "127.0.0.1"
    assert server.secrets == (server.password, "hunter2")


def test_the_old_program_takes_no_subcommand(tmp_path):
    _, argv, _ = started(Runner(Path("/usr/sbin/grafana-server"), Path("/usr/share/grafana")), tmp_path)
    assert argv == ["/usr/sbin/grafana-server", "--homepath", "/usr/share/grafana"]


def test_a_container_gets_names_of_secrets_not_secrets(tmp_path):
    server, argv, environment = started(Runner(Path("/usr/bin/podman")), tmp_path)
    assert argv[:5] == ["/usr/bin/podman", "run", "--rm", "--name", "fraiseql-observe-demo-3999"]
    assert argv[-1] == grafana.IMAGE
    assert argv[argv.index("--volume") + 1] == f"{PROVISIONING}:{PROVISIONING}:ro"
    assert "AUDIT_DATABASE_PASSWORD" in argv
    assert "GF_SECURITY_ADMIN_PASSWORD" in argv
    assert not {"hunter2", server.password} & set(" ".join(argv).split())
    assert environment["AUDIT_DATABASE_PASSWORD"] == "hunter2"


def executable(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_nothing_is_found_where_there_is_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert grafana.find_runner() is None


def test_an_engine_must_answer(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    executable(tmp_path / "docker", "exit 1")
    assert grafana.find_runner() is None
    executable(tmp_path / "podman", "exit 0")
    assert grafana.find_runner() == Runner(tmp_path / "podman")


def test_a_program_comes_before_an_engine(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    executable(tmp_path / "podman", "exit 0")
    executable(tmp_path / "grafana", "exit 0")
    found = grafana.find_runner()
    assert found is not None
    assert found.program == tmp_path / "grafana"
    assert not found.is_container


def test_a_container_is_removed_for_certain(tmp_path):
    """The client of an engine may die without its container."""
    engine, calls = tmp_path / "docker", tmp_path / "calls"
    executable(engine, f'echo "$@" >> {calls}; [ "$1" = run ] && exec sleep 60')
    server = GrafanaServer(Runner(engine), PROVISIONING, {}, folder=tmp_path)
    server.spawn()
    server.stop()
    assert not server.running
    assert calls.read_text().splitlines()[-1] == f"rm --force fraiseql-observe-demo-{server.port}"


@pytest.mark.container
def test_a_real_grafana_serves_the_provisioned_dashboards(tmp_path):
    runner = grafana.find_runner()
    if runner is None:
        pytest.skip("there is no Grafana on PATH and no container engine answers")
    (tmp_path / "provisioning").mkdir()
    with GrafanaServer(runner, tmp_path / "provisioning", {}, folder=tmp_path) as server:
        assert server.ready()
