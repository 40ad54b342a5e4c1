"""Grafana's typed models take in every dashboard and give all of it back: a key they do not know would be lost."""

from __future__ import annotations

import json

import pytest

from fraiseql_observe.audit import catalogue
from fraiseql_observe.mixin import render

RENDERED = render(catalogue=catalogue.load().as_json())
DASHBOARDS = {
    f"{variant} {name}": dashboard
    for variant, rendered in {"default": RENDERED, **RENDERED.variants}.items()
    for name, dashboard in rendered.dashboards.items()
}


def leaves(value, path=()):
    """Every leaf by its path; null is none (the models leave it out), nor is an empty object (they fill it in)."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    elif value is not None and value != {}:
        yield path, value


@pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=DASHBOARDS.keys())
def test_nothing_is_lost(dashboard):
    models = pytest.importorskip("grafana_foundation_sdk.models.dashboard")
    encoder = pytest.importorskip("grafana_foundation_sdk.cog.encoder")
    typed = models.Dashboard.from_json(json.loads(json.dumps(dashboard)))
    returned = dict(leaves(json.loads(encoder.JSONEncoder(sort_keys=True).encode(typed))))
    lost = [".".join(map(str, path)) for path, value in leaves(dashboard) if returned.get(path) != value]
    assert lost == []
