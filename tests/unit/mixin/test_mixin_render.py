"""Overrides are merged at every depth; the command says what it did."""

from __future__ import annotations

import json
import sys

import pytest
from click.testing import CliRunner

from fraiseql_observe.audit import catalogue
from fraiseql_observe.cli import build as build_command
from fraiseql_observe.cli import lint as lint_command
from fraiseql_observe.errors import ConfigError, DriftError, LintError
from fraiseql_observe.mixin import engine, render
from fraiseql_observe.mixin.outputs import MANIFEST


@pytest.fixture(scope="module")
def questions():
    return catalogue.load().as_json()


def as_jsonnet(overrides):
    return sys.modules[render.__module__].as_jsonnet(overrides)


@pytest.mark.parametrize(
    ("base", "overrides", "merged"),
    [
        ("{ a: 1, b: { c: 2, d: 3 } }", {"b": {"c": 5}}, {"a": 1, "b": {"c": 5, "d": 3}}),
        ("{ a: 1, double: self.a * 2 }", {"a": 4}, {"a": 4, "double": 8}),
        ("{ a: [1, 2] }", {"a": [3]}, {"a": [3]}),
        ("{}", {"it's": {'a "b"': "c\n$d é"}}, {"it's": {'a "b"': "c\n$d é"}}),
        ("{ a: 1 }", {"a": None, "b": True}, {"a": None, "b": True}),
    ],
)
def test_overrides_merge_at_every_depth(base, overrides, merged):
    assert engine.evaluate(f"{base} + {as_jsonnet(overrides)}", engine.library()) == merged


def test_a_choice_of_ones_own_comes_without_variants(questions):
    rendered = render({"dashboards": {"compliance": {"enabled": False}}}, catalogue=questions)
    assert rendered.variants == {}
    assert "fraiseql-compliance.json" not in rendered.dashboards
    assert set(render(catalogue=questions).variants) == {"infinity", "v2"}


def test_yaml_json_jsonnet_and_mappings_say_the_same(questions, tmp_path):
    (tmp_path / "a.yaml").write_text("flavour: v2\n")
    (tmp_path / "a.json").write_text('{"flavour": "v2"}')
    (tmp_path / "a.libsonnet").write_text("import 'b.libsonnet'")
    (tmp_path / "b.libsonnet").write_text("{ flavour: 'v2' }")
    wanted = render({"flavour": "v2"}, catalogue=questions)
    assert wanted.left_out
    for name in ("a.yaml", "a.json", "a.libsonnet"):
        assert render(tmp_path / name, catalogue=questions) == wanted


def test_the_given_catalogue_is_what_panels_ask(questions):
    changed = json.loads(json.dumps(questions))
    changed["compliance_recent_events"]["rawSql"] = "select 'fresh'"
    rendered = render(catalogue=changed)
    assert "select 'fresh'" in json.dumps(rendered.dashboards["fraiseql-compliance.json"])


def test_a_wrong_override_never_reaches_the_engine(questions):
    with pytest.raises(ConfigError, match="there is no key flavor"):
        render({"flavor": "v2"}, catalogue=questions)


def test_the_mixin_itself_refuses_what_a_schema_cannot_see(questions):
    with pytest.raises(ConfigError, match=r"HighErrorRate"):
        render({"alerts": {"HighErrorRate": {"thresholds": {"warning": 5}}}}, catalogue=questions)


def run(command, *arguments):
    result = CliRunner().invoke(command, list(map(str, arguments)))
    if result.exception and not isinstance(result.exception, SystemExit):
        return result.exception, result.stdout
    return result.exit_code, result.stdout


def test_build_writes_then_has_nothing_to_do_then_finds_drift(tmp_path):
    code, out = run(build_command.command, "--output", tmp_path)
    assert code == 0
    assert "wrote    provisioning/grafana/dashboards/fraiseql-operations.json" in out
    assert "left out v2: " in out
    assert (tmp_path / MANIFEST).is_file()

    code, out = run(build_command.command, "--output", tmp_path, "--json")
    outcome = json.loads(out)
    assert (code, outcome["changed"], outcome["removed"]) == (0, [], [])
    assert {entry["variant"] for entry in outcome["left_out"]} == {"v2"}

    assert run(build_command.command, "--output", tmp_path, "--check") == (0, "")

    (tmp_path / "bundle/prometheus/prometheus.yml").write_text("scrape_configs: []\n")
    error, out = run(build_command.command, "--output", tmp_path, "--check")
    assert isinstance(error, DriftError)
    assert error.exit_code == 3
    assert out.startswith("changed  bundle/prometheus/prometheus.yml\n--- on disk")

    error, out = run(build_command.command, "--output", tmp_path, "--check", "--json")
    assert isinstance(error, DriftError)
    assert [drift["kind"] for drift in json.loads(out)["drift"]] == ["changed"]


def test_build_removes_what_a_new_choice_no_longer_renders(tmp_path):
    config = tmp_path / "my.yaml"
    config.write_text("dashboards: {cache: {enabled: false}}\n")
    run(build_command.command, "--output", tmp_path / "out")
    code, out = run(build_command.command, "--output", tmp_path / "out", "--config", config)
    assert code == 0
    assert "removed  provisioning/grafana/dashboards/fraiseql-cache.json" in out
    assert not list((tmp_path / "out/bundle/variants").rglob("*.json"))


def test_lint_finds_nothing_in_the_mixin():
    assert run(lint_command.command) == (0, "")


def test_lint_checks_any_files_and_takes_exclusions(tmp_path):
    file = tmp_path / "bad.json"
    file.write_text(json.dumps({"title": "Bad", "uid": "bad", "panels": []}))
    error, out = run(lint_command.command, file)
    assert isinstance(error, LintError)
    assert "Bad: is editable [uneditable-dashboard]" in out

    exclusions = tmp_path / "my.lint"
    entries = "{reason: Tried in the browser., entries: [{dashboard: Bad}]}"
    exclusions.write_text(f"exclusions: {{uneditable-dashboard: {entries}}}\n")
    error, out = run(lint_command.command, file, "--exclusions", exclusions, "--json")
    assert isinstance(error, LintError)
    rules = {finding["rule"] for finding in json.loads(out)["findings"]}
    assert "dashboard-schema-version" in rules
    assert "uneditable-dashboard" not in rules
