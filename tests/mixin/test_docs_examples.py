"""The examples of the how-to pages do what they show."""

from __future__ import annotations

import re

import pytest

from fraiseql_observe.audit import catalogue
from fraiseql_observe.mixin import engine, render, sources

HOW_TO = sources.CHECKOUT / "docs" / "how-to"
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```", re.DOTALL | re.MULTILINE)


def blocks(page, language):
    text = (HOW_TO / page).read_text(encoding="utf-8")
    return [found["text"] for found in BLOCK.finditer(text) if found["language"] == language]


@pytest.mark.parametrize("example", blocks("import-the-mixin.md", "jsonnet"))
def test_a_mixin_that_imports_ours_evaluates(example):
    roots = "local mixin = %s; [mixin.grafanaDashboards, mixin.prometheusRules, mixin.prometheusAlerts]"
    whole = example if "dashboards: mixin" in example else roots % f"({example})"
    assert engine.evaluate(whole, engine.library())


@pytest.mark.parametrize(("suffix", "language"), [("yaml", "yaml"), ("libsonnet", "jsonnet")], ids=["YAML", "Jsonnet"])
def test_a_file_of_settings_builds(tmp_path, suffix, language):
    (example,) = blocks("build-and-customise.md", language)
    file = tmp_path / f"my.{suffix}"
    file.write_text(example)
    assert render(file, catalogue=catalogue.load().as_json()).files()


def test_the_page_about_alerts_on_the_audit_log_names_them_all_and_its_settings_build(tmp_path):
    (example,) = blocks("alert-on-the-audit-log.md", "yaml")
    file = tmp_path / "my.yaml"
    file.write_text(example)
    groups = render(file, catalogue=catalogue.load().as_json()).alerts["groups"]
    (rules,) = (group["rules"] for group in groups if group["name"] == "fraiseql-audit-log")
    assert any(rule["expr"].endswith(" > 500") for rule in rules)
    text = (HOW_TO / "alert-on-the-audit-log.md").read_text(encoding="utf-8")
    assert {rule["alert"] for rule in rules} == set(re.findall(r"runbooks/(\w+)[.]md", text))


def test_the_page_about_infinity_gives_settings_for_it(tmp_path):
    (example,) = blocks("grafana-infinity.md", "yaml")
    file = tmp_path / "my.yaml"
    file.write_text(example)
    sources_file = render(file, catalogue=catalogue.load().as_json()).deploy[
        "provisioning/grafana/datasources/fraiseql.yaml"
    ]
    assert "https://observe.example.com/" in {each["url"] for each in sources_file["datasources"]}


def test_the_python_example_runs():
    (example,) = blocks("build-and-customise.md", "python")
    names: dict[str, object] = {}
    exec(compile(example, "build-and-customise.md", "exec"), names)
    assert names["rendered"].left_out


def test_the_folder_can_be_installed_by_others():
    file = engine.evaluate("import 'jsonnetfile.json'", engine.library())
    assert file["dependencies"] == []
