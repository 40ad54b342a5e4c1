"""The lint: what the makers of Grafana, Prometheus and their mixins ask of dashboards and rules, checked offline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fraiseql_observe.mixin.lint import rules
from fraiseql_observe.mixin.lint.exclusions import Exclusions
from fraiseql_observe.mixin.lint.model import Dashboard, Group, Mixin
from fraiseql_observe.mixin.lint.registry import RULES, Finding, Rule, findings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["RULES", "Exclusions", "Finding", "Rule", "lint", "rules"]


def lint(
    dashboards: Iterable[Mapping[str, Any]],
    groups: Iterable[Mapping[str, Any]],
    exclusions: Exclusions | None = None,
) -> list[Finding]:
    """Every finding about dashboards (classic JSON) and groups of rules that no exclusion covers."""
    mixin = Mixin([Dashboard(one) for one in dashboards], [Group(one) for one in groups])
    return (exclusions or Exclusions()).apply(findings(mixin.subjects()))
