"""Panels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fraiseql_observe.mixin.lint.grafana import FREE, UNITS
from fraiseql_observe.mixin.lint.model import INFINITY, POSTGRES, Panel
from fraiseql_observe.mixin.lint.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

DRAWN = ("timeseries", "stat", "gauge", "bargauge", "table", "heatmap", "barchart", "piechart", "graph", "singlestat")
COUNTED = ("timeseries", "stat", "gauge", "bargauge", "heatmap", "barchart", "graph", "singlestat")
WORDLESS = ("text", "row", "alertlist", "dashlist", "news")


@rule(Panel)
def panel_datasource_rule(panel: Panel) -> Iterator[str]:
    """The panel names its data source through a variable, never a fixed one and never "Mixed"."""
    uid = (panel.json.get("datasource") or {}).get("uid", "")
    if panel.type in DRAWN and not (uid.startswith("$") and uid.strip("${}").endswith("datasource")):
        yield f"its data source is {uid!r}, not a data source variable"


@rule(Panel)
def panel_title_description_rule(panel: Panel) -> Iterator[str]:
    """A title, and a description that says what is shown and what to do when it looks bad."""
    if not panel.json.get("title"):
        yield "has no title"
    if panel.type != "row" and not panel.json.get("description"):
        yield "has no description"


@rule(Panel)
def panel_units_rule(panel: Panel) -> Iterator[str]:
    """A unit from Grafana's list; only value mappings or a field that is no number do without."""
    unit = panel.defaults.get("unit", "")
    if unit and unit not in UNITS and not unit.startswith(FREE):
        yield f"the unit {unit!r} is not one of Grafana's"
    if panel.type in COUNTED and not unit and not panel.defaults.get("mappings") and not _shows_fields(panel):
        yield "has no unit"
    yield from _overridden(panel)


def _overridden(panel: Panel) -> Iterator[str]:
    for override in (panel.json.get("fieldConfig") or {}).get("overrides") or []:
        for one in override.get("properties") or []:
            unit = one.get("value")
            if one.get("id") == "unit" and unit not in UNITS and not str(unit).startswith(FREE):
                yield f"an override has the unit {unit!r}, which is not one of Grafana's"


def _shows_fields(panel: Panel) -> bool:
    """A stat of a named field may show a word."""
    options = panel.json.get("options") or {}
    return panel.type == "stat" and bool((options.get("reduceOptions") or {}).get("fields"))


@rule(Panel)
def panel_no_targets_rule(panel: Panel) -> Iterator[str]:
    """A panel that draws data asks for some."""
    if panel.type not in WORDLESS and not panel.targets:
        yield "has no targets"


@rule(Panel)
def panel_ref_id_rule(panel: Panel) -> Iterator[str]:
    """Every target has a refId of its own."""
    refs = [target.ref for target in panel.targets]
    if "" in refs:
        yield "a target has no refId"
    if len(set(refs)) < len(refs):
        yield f"its refIds are not unique: {', '.join(refs)}"


@rule(Panel)
def panel_instant_rule(panel: Panel) -> Iterator[str]:
    """A table asks PromQL once (`instant`), not for a range of which it shows the last row."""
    for target in panel.targets:
        if panel.type == "table" and target.kind not in {POSTGRES, INFINITY} and not target.json.get("instant"):
            yield f"target {target.ref} asks for a range"


@rule(Panel)
def panel_column_order_rule(panel: Panel) -> Iterator[str]:
    """Infinity hands columns out by alphabet; the transformation "Organize fields" puts several into their order."""
    ordered = {
        name
        for each in panel.json.get("transformations") or []
        if each.get("id") == "organize"
        for name in (each.get("options") or {}).get("indexByName") or {}
    }
    for target in panel.targets:
        names = [str(column.get("text") or column.get("selector")) for column in target.json.get("columns") or []]
        if target.kind == INFINITY and len(names) > 1 and not ordered.issuperset(names):
            yield f"target {target.ref} has columns without a place: {', '.join(sorted(set(names) - ordered))}"
