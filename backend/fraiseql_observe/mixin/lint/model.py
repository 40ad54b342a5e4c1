"""What the rules look at: dashboards with their panels and targets, groups with their alerts and records."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fraiseql_observe.mixin.lint import promql

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PROMETHEUS = "prometheus"
LOKI = "loki"
POSTGRES = "grafana-postgresql-datasource"
INFINITY = "yesoreyeram-infinity-datasource"


@dataclass(frozen=True)
class Dashboard:
    """A dashboard in Grafana's classic model."""

    json: Mapping[str, Any]

    @property
    def title(self) -> str:
        return str(self.json.get("title") or self.json.get("uid") or "")

    @property
    def where(self) -> dict[str, str]:
        return {"dashboard": self.title}

    @cached_property
    def panels(self) -> list[Panel]:
        """Its panels without the rows, those inside collapsed rows included."""
        return [Panel(self, panel) for panel in self.boxes if panel.get("type") != "row"]

    @cached_property
    def boxes(self) -> list[Mapping[str, Any]]:
        """Panels and rows."""
        outer = self.json.get("panels") or []
        return [box for panel in outer for box in (panel, *(panel.get("panels") or []))]

    @cached_property
    def variables(self) -> list[Mapping[str, Any]]:
        return list((self.json.get("templating") or {}).get("list") or [])

    def asks(self, kind: str) -> bool:
        """Whether a panel asks this kind of data source."""
        return any(target.kind == kind for panel in self.panels for target in panel.targets)


@dataclass(frozen=True)
class Panel:
    """A panel of a dashboard."""

    dashboard: Dashboard
    json: Mapping[str, Any]

    @property
    def title(self) -> str:
        return str(self.json.get("title") or f"panel {self.json.get('id')}")

    @property
    def type(self) -> str:
        return str(self.json.get("type", ""))

    @property
    def where(self) -> dict[str, str]:
        return {**self.dashboard.where, "panel": self.title}

    @property
    def defaults(self) -> Mapping[str, Any]:
        return (self.json.get("fieldConfig") or {}).get("defaults") or {}

    @cached_property
    def targets(self) -> list[Target]:
        return [Target(self, target) for target in self.json.get("targets") or []]


@dataclass(frozen=True)
class Target:
    """A query of a panel."""

    panel: Panel
    json: Mapping[str, Any]

    @property
    def ref(self) -> str:
        return str(self.json.get("refId", ""))

    @property
    def where(self) -> dict[str, str]:
        return {**self.panel.where, "target": self.ref}

    @property
    def kind(self) -> str:
        """The type of its data source; Prometheus where only an expression tells."""
        source = self.json.get("datasource") or self.panel.json.get("datasource") or {}
        return str(source.get("type") or (PROMETHEUS if "expr" in self.json else ""))

    @property
    def text(self) -> str:
        return str(self.json.get("expr", ""))

    @cached_property
    def query(self) -> promql.Query:
        """The parsed expression; an empty one for a target that is not PromQL."""
        return promql.parse(self.text) if self.kind == PROMETHEUS else promql.Query("", None, "")


@dataclass(frozen=True)
class Group:
    """A group of rules."""

    json: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.json.get("name", ""))

    @property
    def where(self) -> dict[str, str]:
        return {"group": self.name}

    @cached_property
    def rules(self) -> list[Alert | Record]:
        return [Alert(self, rule) if "alert" in rule else Record(self, rule) for rule in self.json.get("rules") or []]


@dataclass(frozen=True)
class _Rule:
    group: Group
    json: Mapping[str, Any]

    @cached_property
    def query(self) -> promql.Query:
        return promql.parse(str(self.json.get("expr", "")))

    @property
    def labels(self) -> Mapping[str, str]:
        return self.json.get("labels") or {}


@dataclass(frozen=True)
class Alert(_Rule):
    """An alerting rule."""

    @property
    def name(self) -> str:
        return str(self.json["alert"])

    @property
    def where(self) -> dict[str, str]:
        return {**self.group.where, "alert": self.name}

    @property
    def annotations(self) -> Mapping[str, str]:
        return self.json.get("annotations") or {}


@dataclass(frozen=True)
class Record(_Rule):
    """A recording rule."""

    @property
    def name(self) -> str:
        return str(self.json.get("record", ""))

    @property
    def where(self) -> dict[str, str]:
        return {**self.group.where, "record": self.name}


@dataclass(frozen=True)
class Expression:
    """An expression wherever it stands: in a panel's target, an alert or a record."""

    owner: Target | Alert | Record

    @property
    def where(self) -> dict[str, str]:
        return self.owner.where

    @property
    def query(self) -> promql.Query:
        return self.owner.query


@dataclass(frozen=True)
class Mixin:
    """Everything together, for rules about how the parts fit."""

    dashboards: Sequence[Dashboard]
    groups: Sequence[Group]

    @property
    def where(self) -> dict[str, str]:
        return {"mixin": "all"}

    @cached_property
    def rules(self) -> list[Alert | Record]:
        return [rule for group in self.groups for rule in group.rules]

    @cached_property
    def records(self) -> frozenset[str]:
        return frozenset(rule.name for rule in self.rules if isinstance(rule, Record))

    @cached_property
    def expressions(self) -> list[Expression]:
        targets = [target for one in self.dashboards for panel in one.panels for target in panel.targets]
        asked = [target for target in targets if target.kind == PROMETHEUS]
        return [Expression(owner) for owner in (*asked, *self.rules)]

    def subjects(self) -> Iterator[Any]:
        """Every subject, from the whole to the parts."""
        yield self
        for dashboard in self.dashboards:
            yield dashboard
            yield from dashboard.panels
            yield from (target for panel in dashboard.panels for target in panel.targets)
        for group in self.groups:
            yield group
            yield from group.rules
        yield from self.expressions
