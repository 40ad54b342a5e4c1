"""Dashboards and rules are found in whatever files hold them."""

from __future__ import annotations

import json

import pytest
import yaml
from house import DASHBOARD, GROUPS

from fraiseql_observe.errors import LintError
from fraiseql_observe.mixin.lint import paths


def test_a_folder_is_searched(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "house.json").write_text(json.dumps(DASHBOARD))
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": GROUPS}))
    (tmp_path / "operator.yml").write_text(
        yaml.safe_dump_all([{"kind": "ConfigMap"}, {"kind": "PrometheusRule", "spec": {"groups": GROUPS}}])
    )
    (tmp_path / "scrape.yaml").write_text("groups: [{targets: []}]\n")
    (tmp_path / "notes.txt").write_text("{")
    dashboards, groups = paths.read([tmp_path])
    assert dashboards == [DASHBOARD]
    assert groups == GROUPS


def test_nothing_to_check_is_an_error(tmp_path):
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(LintError, match="no dashboard and no rule"):
        paths.read([tmp_path])


@pytest.mark.parametrize(("name", "text"), [("a.json", "{"), ("a.yaml", "{"), ("a.json", "\xff")])
def test_a_broken_file_is_named(tmp_path, name, text):
    (tmp_path / name).write_bytes(text.encode("latin-1"))
    with pytest.raises(LintError, match=name):
        paths.read([tmp_path / name])


def test_the_same_rules_in_two_files_count_once(tmp_path):
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": GROUPS}))
    (tmp_path / "operator.yaml").write_text(yaml.safe_dump({"kind": "PrometheusRule", "spec": {"groups": GROUPS}}))
    assert paths.read([tmp_path])[1] == GROUPS


def test_variants_are_read_only_when_they_are_given(tmp_path):
    other = tmp_path / "variants" / "v2" / "rules.yaml"
    other.parent.mkdir(parents=True)
    other.write_text(yaml.safe_dump({"groups": [{"name": "other", "rules": []}]}))
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": GROUPS}))
    assert paths.read([tmp_path])[1] == GROUPS
    assert [group["name"] for group in paths.read([tmp_path / "variants" / "v2"])[1]] == ["other"]
