"""No panel and no rule asks FraiseQL for a name that the instrument does not emit."""

from __future__ import annotations

import re

from fraiseql_observe.audit import catalogue
from fraiseql_observe.instrument.families import FAMILIES
from fraiseql_observe.mixin import render
from fraiseql_observe.mixin.lint.model import Dashboard, Group, Mixin

RENDERED = render(catalogue=catalogue.load().as_json())
SUFFIXES = re.compile(r"_(?:bucket|count|sum)$")


def asked():
    mixin = Mixin(
        [Dashboard(one) for one in RENDERED.dashboards.values()],
        [Group(one) for one in RENDERED.rules["groups"] + RENDERED.alerts["groups"]],
    )
    return {name for expression in mixin.expressions for name in expression.query.metrics}


def test_every_metric_of_fraiseql_is_in_the_contract():
    emitted = {family.name for family in FAMILIES}
    ours = {name for name in asked() if name.startswith("fraiseql_")}
    assert ours
    assert {name for name in ours if name not in emitted and SUFFIXES.sub("", name) not in emitted} == set()
