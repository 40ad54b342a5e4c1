"""A dashboard as a whole."""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING, Any

from fraiseql_observe.mixin.lint.model import Dashboard, Mixin
from fraiseql_observe.mixin.lint.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCHEMA = 42  # the last version of the classic model, by Grafana's own words
WIDTH = 24
UID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
REFRESH = re.compile(r"(\d+)(s|m|h|d)")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
SLOWEST_NEEDED = 30


@rule(Dashboard)
def uneditable_dashboard(dashboard: Dashboard) -> Iterator[str]:
    """A provisioned dashboard says `editable: false`: edits would be lost with the next build."""
    if dashboard.json.get("editable") is not False:
        yield "is editable"


@rule(Dashboard)
def dashboard_title_uid(dashboard: Dashboard) -> Iterator[str]:
    """A title, and a uid of at most 40 small letters, digits and hyphens, which links may rely on."""
    if not dashboard.json.get("title"):
        yield "has no title"
    if not UID.fullmatch(str(dashboard.json.get("uid") or "")):
        yield f"the uid {dashboard.json.get('uid')!r} is empty, too long, or holds other characters"


@rule(Mixin)
def dashboard_unique(mixin: Mixin) -> Iterator[str]:
    """No two dashboards share a title or a uid."""
    for key in ("title", "uid"):
        seen = [dashboard.json.get(key) for dashboard in mixin.dashboards]
        for value in sorted({str(one) for one in seen if seen.count(one) > 1}):
            yield f"several dashboards have the {key} {value!r}"


@rule(Dashboard)
def dashboard_schema_version(dashboard: Dashboard) -> Iterator[str]:
    """The last classic schema, 42: newer Grafanas migrate it, operators accept nothing else."""
    if dashboard.json.get("schemaVersion") != SCHEMA:
        yield f"has schemaVersion {dashboard.json.get('schemaVersion')!r}, not {SCHEMA}"


@rule(Dashboard)
def dashboard_provisionable(dashboard: Dashboard) -> Iterator[str]:
    """Nothing that only an interactive import understands: no id, no version, no `__inputs`, no `DS_…`."""
    if dashboard.json.get("id") is not None:
        yield "carries a database id"
    for key in ("version", "iteration", "__inputs", "__requires", "__elements"):
        if key in dashboard.json:
            yield f"carries {key!r}"
    for panel in dashboard.panels:
        uid = str((panel.json.get("datasource") or {}).get("uid", ""))
        if "DS_" in uid:
            yield f"panel {panel.title!r} asks the import placeholder {uid}"


@rule(Dashboard)
def dashboard_panel_ids(dashboard: Dashboard) -> Iterator[str]:
    """Every panel and row has an id of its own."""
    ids = [box.get("id") for box in dashboard.boxes]
    if any(not isinstance(one, int | float) or isinstance(one, bool) for one in ids):
        yield "a panel has no id"
    for one in sorted({str(one) for one in ids if ids.count(one) > 1}):
        yield f"the panel id {one} is given twice"


@rule(Dashboard)
def dashboard_grid(dashboard: Dashboard) -> Iterator[str]:
    """Panels lie inside the grid of 24 columns and do not overlap."""
    boxes = [box for box in dashboard.json.get("panels") or [] if box.get("gridPos")]
    for box in boxes:
        place = box["gridPos"]
        if place["x"] < 0 or place["w"] <= 0 or place["x"] + place["w"] > WIDTH or place["h"] <= 0:
            yield f"panel {box.get('title')!r} lies outside the grid"
    for one, other in combinations(boxes, 2):
        if _overlap(one["gridPos"], other["gridPos"]):
            yield f"panels {one.get('title')!r} and {other.get('title')!r} overlap"
    if len(boxes) < len(dashboard.json.get("panels") or []):
        yield "a panel has no place in the grid"


def _overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
    below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    return not beside and not below


@rule(Dashboard)
def dashboard_time(dashboard: Dashboard) -> Iterator[str]:
    """A time zone, a range, a shared crosshair, and a refresh no faster than 30 s."""
    if not dashboard.json.get("timezone"):
        yield "has no timezone"
    if not str((dashboard.json.get("time") or {}).get("from", "")).startswith("now-"):
        yield "opens on no range that ends now"
    if dashboard.json.get("graphTooltip") not in {1, 2}:
        yield "does not share the crosshair (graphTooltip)"
    refresh = REFRESH.fullmatch(str(dashboard.json.get("refresh") or ""))
    if refresh and int(refresh[1]) * SECONDS[refresh[2]] < SLOWEST_NEEDED:
        yield f"refreshes every {refresh[0]}, faster than every {SLOWEST_NEEDED}s"


@rule(Dashboard)
def dashboard_links(dashboard: Dashboard) -> Iterator[str]:
    """Tags, and links to its siblings that keep the time range and the variables."""
    if not dashboard.json.get("tags"):
        yield "has no tags"
    for link in dashboard.json.get("links") or []:
        if link.get("type") == "dashboards" and not (link.get("includeVars") and link.get("keepTime")):
            yield f"the link {link.get('title')!r} loses the variables or the time range"
