"""Two engines render the mixin to equal JSON, which holds as long as the sources keep to what both share."""

from __future__ import annotations

import re
import sys

import pytest

from fraiseql_observe.audit import catalogue
from fraiseql_observe.mixin import engine, render, sources

RENDER = sys.modules[render.__module__]
SOURCES = sorted(file for file in sources.root().rglob("*sonnet"))

# Comments, and the formats of Prometheus' own templates.
NOT_JSONNET = re.compile(r'^\s*//.*$|printf "[^"]*"', re.MULTILINE)

# What the engines print differently, get wrong, or have not: numbers in text come from lib/number.libsonnet alone.
FORBIDDEN = {
    "a float format": re.compile(r"%[-+ #0]*\d*(?:\.\d+)?[fFgGeE]\b"),
    "std.manifestYamlDoc": re.compile(r"\bstd\.manifestYaml(?:Doc|Stream)\b"),
    "a function that an engine lacks": re.compile(
        r"\bstd\.(?:trim|flattenDeepArray|isNull|thisFile|sha\d+|atan2|log2)\b"
    ),
    "std.mergePatch": re.compile(r"\bstd\.mergePatch\b"),
    "a chomped text block": re.compile(r"\|\|\|-"),
    "importbin": re.compile(r"\bimportbin\b"),
}

CONFIGURATIONS = {
    "default": None,
    "v2": {"flavour": "v2"},
    "infinity": {"auditSource": "infinity"},
    "labels and clusters": {
        "showMultiCluster": True,
        "showNamespace": True,
        "clusterLabel": "k8s",
        "instanceLabel": "pod",
    },
    "native histograms": {"nativeHistograms": "both"},
    "fast": {"timeScale": 60},
    "fractions": {
        "alerts": {"HighErrorRate": {"thresholds": {"warning": 0.0144, "critical": 0.3}}},
        "scrapeInterval": 7,
    },
}


@pytest.mark.parametrize("overrides", CONFIGURATIONS.values(), ids=CONFIGURATIONS.keys())
def test_both_engines_agree(overrides):
    pytest.importorskip("_gojsonnet")
    snippet = RENDER.snippet(RENDER.as_jsonnet(overrides or {}), variants=overrides is None)
    library = engine.library({RENDER.CATALOGUE: RENDER.catalogue_text(catalogue.load().as_json())})
    assert engine.evaluate(snippet, library) == engine.evaluate_go(snippet, library)


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_sources_keep_to_the_common_subset(what):
    code = {file: NOT_JSONNET.sub("", file.read_text(encoding="utf-8")) for file in SOURCES}
    assert [str(file) for file, text in code.items() if FORBIDDEN[what].search(text)] == []


def test_the_sources_were_found():
    assert {"mixin.libsonnet", "config.libsonnet", "render.libsonnet"} <= {file.name for file in SOURCES}
