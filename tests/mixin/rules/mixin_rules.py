"""The rules as the mixin renders them, under any configuration."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from fraiseql_observe.mixin.engine import evaluate, library

Rule = dict[str, Any]


@dataclass(frozen=True)
class Rules:
    """Alerting and recording rule groups, as Prometheus loads them."""

    alerts: list[dict[str, Any]]
    records: list[dict[str, Any]]

    @property
    def all(self) -> list[Rule]:
        """Every rule, records first, in the order of evaluation."""
        return [rule for group in [*self.records, *self.alerts] for rule in group["rules"]]

    def named(self, name: str) -> list[Rule]:
        """The rules of one alert or record."""
        return [rule for rule in self.all if name_of(rule) == name]

    def needed_for(self, name: str) -> list[Rule]:
        """The rules of one alert or record, after the records that they read."""
        wanted = {name}
        for rule in reversed(self.all):
            if name_of(rule) in wanted:
                wanted |= {name_of(other) for other in self.all if "record" in other and reads(rule, other["record"])}
        return [rule for rule in self.all if name_of(rule) in wanted]


def name_of(rule: Rule) -> str:
    """The alert's or the record's name."""
    return str(rule.get("alert") or rule["record"])


def reads(rule: Rule, record: str) -> bool:
    """Whether a rule's expression asks for a record."""
    return any(record + end in rule["expr"] + " " for end in " [{)")


def rendered(config: dict[str, Any] | None = None) -> Rules:
    """The rules with `config` laid over the shipped configuration."""
    return _rendered(json.dumps(config or {}, sort_keys=True))


@cache
def _rendered(config: str) -> Rules:
    snippet = f"""
        local mixin = (import 'mixin.libsonnet') {{ _config+:: (import 'lib/layer.libsonnet')({config}) }};
        {{ alerts: mixin.prometheusAlerts.groups, records: mixin.prometheusRules.groups }}
    """
    return Rules(**evaluate(snippet, library()))
