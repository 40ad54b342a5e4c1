"""What is committed is what the sources render to, and the programs that read it accept it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml
from click.testing import CliRunner

from fraiseql_observe.audit import catalogue
from fraiseql_observe.cli.lint import command as lint_command
from fraiseql_observe.mixin import files, render, sources

RENDERED = render(catalogue=catalogue.load().as_json())
FILES = RENDERED.files()
ROOT = sources.CHECKOUT
CONFIG_MAP_LIMIT = 262_144  # what an annotation holds, hence what `kubectl apply` takes
JSONNETFMT = ["-n", "2", "--max-blank-lines", "2", "--string-style", "s", "--comment-style", "s"]

# Links and bookmarks hold these: a change breaks them, so it must be made here as well.
UIDS = {
    "fraiseql-backend.json": "fraiseql-backend",
    "fraiseql-cache.json": "fraiseql-cache",
    "fraiseql-compliance.json": "fraiseql-compliance",
    "fraiseql-database.json": "fraiseql-database",
    "fraiseql-errors.json": "fraiseql-errors",
    "fraiseql-operations.json": "fraiseql-operations",
    "fraiseql-users.json": "fraiseql-users",
}

# Prints one checksum over everything that a fresh process renders.
CHECKSUM = """
import hashlib
from fraiseql_observe.audit import catalogue
from fraiseql_observe.mixin import render
files = render(catalogue=catalogue.load().as_json()).files()
print(hashlib.sha256(b"".join(path.encode() + files[path] for path in sorted(files))).hexdigest())
"""


def program(name):
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rendered")
    files.write(FILES, folder)
    return folder


def accepts(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def documents(path):
    return [one for one in yaml.safe_load_all(FILES[path]) if one]


def test_what_is_committed_is_what_is_rendered():
    assert [f"{drift.kind} {drift.path}\n{drift.diff}" for drift in files.check(FILES, ROOT)] == []


def test_two_processes_render_the_same_bytes():
    sums = {
        subprocess.run(
            [sys.executable, "-c", CHECKSUM],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(sums) == 1


def test_uids_are_pinned():
    assert {name: dashboard["uid"] for name, dashboard in RENDERED.dashboards.items()} == UIDS


def test_the_application_has_fifty_four_panels_and_its_backend_has_twenty_one():
    def panels(dashboard):
        return [panel for panel in dashboard["panels"] if panel["type"] != "row"]

    counted = {
        name.removeprefix("fraiseql-").removesuffix(".json"): (
            len(panels(one)),
            sum(len(panel.get("targets", [])) for panel in panels(one)),
        )
        for name, one in RENDERED.dashboards.items()
    }
    wanted = {"operations": 15, "cache": 12, "database": 15, "errors": 15, "users": 10, "compliance": 10, "backend": 40}
    assert {name: count for name, (count, _) in counted.items()} == {
        "operations": 10,
        "cache": 8,
        "database": 10,
        "errors": 10,
        "users": 8,
        "compliance": 8,
        "backend": 21,
    }
    assert sum(count for name, (count, _) in counted.items() if name != "backend") == 54
    assert {name: queries for name, (_, queries) in counted.items() if queries < wanted[name]} == {}


def test_grafana_is_provisioned_with_fixed_uids_and_secrets_by_environment():
    folder = "provisioning/grafana"
    (datasources,) = documents(f"{folder}/datasources/fraiseql.yaml")
    assert {one["type"] for one in datasources["datasources"]} >= {"prometheus", "grafana-postgresql-datasource"}
    assert all(one["uid"] and one["editable"] is False for one in datasources["datasources"])
    secrets = [value for one in datasources["datasources"] for value in one.get("secureJsonData", {}).values()]
    assert secrets
    assert all(re.fullmatch(r"\$\{?[A-Z_]+\}?", value) for value in secrets)
    (provider,) = documents(f"{folder}/dashboards/fraiseql.yaml")
    assert all(one["allowUiUpdates"] is False for one in provider["providers"])
    contact = FILES[f"{folder}/alerting/fraiseql-contact-point.yaml"].decode()
    assert "/webhooks/alertmanager" in contact
    assert re.search(r"\$\{?[A-Z_]*TOKEN\}?", contact)


def test_config_maps_fit_and_are_found():
    maps = [one for one in documents("bundle/kubernetes/dashboards.yaml") if one["kind"] == "ConfigMap"]
    held = {name: json.loads(text) for one in maps for name, text in one["data"].items()}
    assert held == json.loads(json.dumps(RENDERED.dashboards))
    for one in maps:
        assert one["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert len(one["data"]) == 1
        assert len(yaml.safe_dump(one)) < CONFIG_MAP_LIMIT


def test_the_prometheus_rule_holds_every_group():
    (rule,) = documents("bundle/kubernetes/prometheus-rule.yaml")
    assert rule["kind"] == "PrometheusRule"
    wanted = [group["name"] for group in RENDERED.rules["groups"] + RENDERED.alerts["groups"]]
    assert sorted(group["name"] for group in rule["spec"]["groups"]) == sorted(wanted)


@pytest.mark.parametrize("path", [path for path in FILES if path.startswith("bundle/kubernetes/")])
def test_a_manifest_names_what_it_is(path):
    for one in documents(path):
        assert one["apiVersion"]
        assert one["kind"]
        assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", one["metadata"]["name"])
        for value in one["metadata"].get("labels", {}).values():
            assert isinstance(value, str)


def test_promtool_accepts_the_configuration_and_every_rule(written):
    promtool = program("promtool")
    accepts(promtool, "check", "config", written / "bundle/prometheus/prometheus.yml")
    accepts(promtool, "check", "rules", *sorted(written.glob("bundle/**/rules/*.yaml")))


def test_amtool_accepts_the_configuration(written):
    accepts(program("amtool"), "check-config", written / "bundle/alertmanager/alertmanager.yml")


def test_alertmanager_routes_to_our_webhook_and_inhibits():
    (config,) = documents("bundle/alertmanager/alertmanager.yml")
    hooks = [hook for receiver in config["receivers"] for hook in receiver.get("webhook_configs", [])]
    assert any(hook["url"].endswith("/webhooks/alertmanager") for hook in hooks)
    assert all(hook["send_resolved"] for hook in hooks if hook["url"].endswith("/webhooks/alertmanager"))
    assert config["inhibit_rules"]
    assert "credentials:" not in FILES["bundle/alertmanager/alertmanager.yml"].decode()


def test_the_sources_are_formatted():
    found = sorted(sources.root().rglob("*sonnet"))
    accepts(program("jsonnetfmt"), *JSONNETFMT, "--test", *found)


def test_no_secret_and_no_machine_is_rendered():
    text = b"\n".join(FILES.values()).decode()
    assert not re.search(r"/(?:root|home|work|tmp)/", text)
    assert not re.search(r"(?i)password: (?!\$)[^\s'\"]", text)


@pytest.mark.parametrize(
    "folders",
    [["provisioning", "bundle"], ["bundle/variants/v2"], ["bundle/variants/infinity", "bundle/prometheus"]],
)
def test_what_is_shipped_lints_clean(folders):
    outcome = CliRunner().invoke(lint_command, [str(ROOT / folder) for folder in folders])
    assert (outcome.exit_code, outcome.stdout) == (0, "")
