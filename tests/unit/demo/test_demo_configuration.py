"""The mixin's configuration points at the demo's own ports."""

from __future__ import annotations

from pathlib import Path

from fraiseql_observe.audit import catalogue
from fraiseql_observe.demo import configuration
from fraiseql_observe.demo.ports import Ports
from fraiseql_observe.mixin import render

PORTS = Ports(20000)


def test_what_is_rendered_asks_the_demos_servers(tmp_path):
    rendered = render(configuration.mixin_config(PORTS, tmp_path), catalogue=catalogue.load().as_json())
    files = rendered.files()
    prometheus = files["bundle/prometheus/prometheus.yml"].decode()
    for server in set(configuration.TARGETS.values()):
        assert configuration.address(PORTS, server) in prometheus
    alertmanager = files["bundle/alertmanager/alertmanager.yml"].decode()
    assert f"127.0.0.1:{PORTS.of('backend')}/webhooks/alertmanager" in alertmanager
    assert f"credentials_file: {tmp_path}/webhook-token" in alertmanager
    assert all(dashboard["time"]["from"] == "now-15m" for dashboard in rendered.dashboards.values())


def test_grafana_learns_what_the_provisioned_files_ask_for(tmp_path):
    files = render(configuration.mixin_config(PORTS, tmp_path), catalogue=catalogue.load().as_json()).files()
    provisioned = b"".join(content for path, content in files.items() if path.endswith(".yaml") and "grafana" in path)
    environment = configuration.grafana_environment("http://p", "http://a", "postgresql://who:pw@host:5433/blog", "tok")
    assert environment["AUDIT_DATABASE_HOST"] == "host:5433"
    assert environment["AUDIT_DATABASE_NAME"] == "blog"
    assert environment["AUDIT_DATABASE_PASSWORD"] == "pw"
    assert all(f"${name}\n".encode() in provisioned for name in environment)


def test_below_gives_paths_inside_the_folder():
    files = {"bundle/prometheus/rules/a.yaml": b"a", "bundle/other": b"b"}
    assert configuration.below(files, "bundle/prometheus/") == {"rules/a.yaml": b"a"}


def test_dashboards_lie_where_grafana_looks():
    config = configuration.mixin_config(PORTS, Path("/scratch"))
    assert config["deploy"]["dashboardsPath"] == "/scratch/provisioning/grafana/dashboards"
