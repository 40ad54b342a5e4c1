"""Each part of a rendering has its file, and a manifest of all."""

from __future__ import annotations

import hashlib
import json

import pytest
import yaml

from fraiseql_observe.errors import BuildError
from fraiseql_observe.mixin import Rendered, outputs

RULES = {"groups": [{"name": "g", "rules": []}]}


OTHER_RULES = {"groups": []}


def rendered(**more):
    house = {"house.json": {"title": "House"}}
    return Rendered(**{"dashboards": house, "rules": RULES, "alerts": RULES, **more})


def test_dashboards_and_rules_have_their_places():
    files = rendered(variants={"v2": rendered(alerts=OTHER_RULES)}).files()
    assert set(files) == {
        "provisioning/grafana/dashboards/house.json",
        "bundle/prometheus/rules/fraiseql-alerts.yaml",
        "bundle/prometheus/rules/fraiseql-recording.yaml",
        "bundle/variants/v2/dashboards/house.json",
        "bundle/variants/v2/prometheus/rules/fraiseql-alerts.yaml",
        "bundle/variants/v2/prometheus/rules/fraiseql-recording.yaml",
        outputs.MANIFEST,
    }
    assert json.loads(files["provisioning/grafana/dashboards/house.json"]) == {"title": "House"}


def test_a_variant_repeats_no_rules():
    files = rendered(variants={"infinity": rendered()}).files()
    assert [path for path in files if "variants" in path] == ["bundle/variants/infinity/dashboards/house.json"]


def test_what_a_variant_provisions_stays_in_its_folder():
    sources = "provisioning/grafana/datasources/fraiseql.yaml"
    files = rendered(deploy={sources: {"a": 1}}, variants={"infinity": rendered(deploy={sources: {"a": 2}})}).files()
    assert yaml.safe_load(files[sources]) == {"a": 1}
    assert yaml.safe_load(files[f"bundle/variants/infinity/{sources}"]) == {"a": 2}


def test_the_manifest_knows_every_file_and_what_was_left_out():
    gap = {"dashboard": "house", "panel": "Roof", "signal": "rain", "why": "it never rains"}
    files = rendered(left_out=(gap,), variants={"v2": rendered()}).files()
    manifest = json.loads(files.pop(outputs.MANIFEST))
    assert manifest["files"] == {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    assert manifest["leftOut"] == {"default": [gap], "v2": []}


def test_a_variant_has_a_bundle_of_its_own():
    v2 = rendered(deploy={"bundle/prometheus/prometheus.yml": {"a": 2}})
    files = rendered(deploy={"bundle/prometheus/prometheus.yml": {"a": 1}}, variants={"v2": v2}).files()
    assert yaml.safe_load(files["bundle/prometheus/prometheus.yml"]) == {"a": 1}
    assert yaml.safe_load(files["bundle/variants/v2/prometheus/prometheus.yml"]) == {"a": 2}


def test_deploy_files_are_written_by_their_kind():
    config_map = {"kind": "ConfigMap", "data": {"x.json": {"dashboard": "house.json"}}}
    files = rendered(
        deploy={
            "bundle/a.yaml": {"a": 1},
            "bundle/b.yaml": [{"a": 1}, config_map],
            "bundle/c.json": {"a": 1},
            "bundle/d.txt": "as it is\n",
        }
    ).files()
    assert yaml.safe_load(files["bundle/a.yaml"]) == {"a": 1}
    assert list(yaml.safe_load_all(files["bundle/b.yaml"]))[1]["data"] == {"x.json": '{"title":"House"}'}
    assert json.loads(files["bundle/c.json"]) == {"a": 1}
    assert files["bundle/d.txt"] == b"as it is\n"


@pytest.mark.parametrize("path", ["/etc/passwd", "bundle/../../x", "README.md", "", outputs.MANIFEST])
def test_a_path_outside_the_output_is_refused(path):
    with pytest.raises(BuildError, match="must not write"):
        rendered(deploy={path: "x"}).files()
