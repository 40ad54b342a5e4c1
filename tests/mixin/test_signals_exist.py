"""No panel and no rule asks for a name of ours that neither the instrument nor the alert backend emits."""

from __future__ import annotations

import re

from fraiseql_observe.audit import catalogue, metrics
from fraiseql_observe.instrument.families import FAMILIES
from fraiseql_observe.mixin import render
from fraiseql_observe.mixin.lint.model import Dashboard, Group, Mixin
from fraiseql_observe.telemetry import Telemetry

RENDERED = render(catalogue=catalogue.load().as_json())
SUFFIXES = re.compile(r"_(?:bucket|count|sum|total)$")


def asked():
    mixin = Mixin(
        [Dashboard(one) for one in RENDERED.dashboards.values()],
        [Group(one) for one in RENDERED.rules["groups"] + RENDERED.alerts["groups"]],
    )
    return {name for expression in mixin.expressions for name in expression.query.metrics}


def test_every_metric_of_ours_is_one_that_we_emit():
    of_the_application = {family.name for family in FAMILIES}
    of_the_backend = {family.name for family in Telemetry().registry.collect()}
    of_its_database = {family.series for family in (metrics.UP, *metrics.FAMILIES)}
    ours = {name for name in asked() if name.startswith("fraiseql_")}
    assert {name for name in ours if name.startswith("fraiseql_observe_")}
    emitted = of_the_application | of_the_backend | of_its_database
    assert {name for name in ours if name not in emitted and SUFFIXES.sub("", name) not in emitted} == set()
