"""Every alert fires, stays quiet at its boundary, and resolves; every record has the value worked out by hand."""

from __future__ import annotations

import json

import mixin_rules
import promtools
import pytest
import rule_cases

ALERTS = rule_cases.load("alerts")
RECORDS = rule_cases.load("records")
PROMTOOLS = promtools.find()

each_promtool = pytest.mark.parametrize("promtool", PROMTOOLS, ids=lambda promtool: promtool.version)
each_subject = pytest.mark.parametrize("subject", [*ALERTS, *RECORDS], ids=lambda subject: subject.name)


def test_a_promtool_is_installed():
    assert PROMTOOLS, f"install Debian's package prometheus, or name promtools in {promtools.VARIABLE}"


@each_promtool
@each_subject
def test_behaves_as_its_cases_say(subject, promtool, tmp_path):
    rules = mixin_rules.rendered(subject.config)
    chosen = rules.named(subject.name) if subject.said.get("alone") else rules.needed_for(subject.name)
    assert chosen, f"{subject.source}: the mixin has no {subject.name}"
    loaded, cases = tmp_path / "rules.json", tmp_path / "cases.json"
    loaded.write_text(json.dumps({"groups": [{"name": "tested", "rules": chosen}]}))
    cases.write_text(json.dumps(rule_cases.document(subject, loaded)))
    outcome = promtool.run("test", "rules", cases)
    assert outcome.returncode == 0, outcome.stdout


@each_promtool
@pytest.mark.parametrize(
    "config",
    [
        {},
        {"flavour": "v2"},
        {"showMultiCluster": True, "showNamespace": True},
        {"timeScale": 60},
        {"grafanaUrl": "https://grafana.example.com"},
    ],
    ids=lambda config: " ".join(config) or "as shipped",
)
def test_rules_are_valid(config, promtool, tmp_path):
    rules = mixin_rules.rendered(config)
    for kind in ("alerts", "records"):
        (tmp_path / kind).write_text(json.dumps({"groups": getattr(rules, kind)}))
    outcome = promtool.run("check", "rules", tmp_path / "alerts", tmp_path / "records")
    assert outcome.returncode == 0, outcome.stdout
