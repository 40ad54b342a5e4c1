"""Read a Grafana dashboard: which panels it has, what each asks, and of which server.

Only the classic schema is read (the one that files and ConfigMaps carry). Panels in collapsed rows count; rows, texts
and the other kinds that show no data do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from fraiseql_observe.errors import VerifyError
from fraiseql_observe.verify import infinity
from fraiseql_observe.verify.variables import Variable, parse_variable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = dict[str, Any]
# Panel kinds that show no data of their own.
SILENT = frozenset({"row", "text", "dashlist", "news", "welcome", "gettingstarted", "pluginlist", "annolist"})
SCREEN_PIXELS = 1920  # a panel asks for one point a pixel; this is the screen we pretend to have
GRID_COLUMNS = 24


class Kind(StrEnum):
    """Who answers a query."""

    PROMETHEUS = "prometheus"
    POSTGRES = "postgres"
    INFINITY = "infinity"
    RULES = "rules"  # an alert list: Prometheus' rules API
    SKIPPED = "skipped"  # computed by Grafana from other queries; nothing to ask
    UNKNOWN = "unknown"  # a server that verify cannot ask


DATASOURCES = {
    "prometheus": Kind.PROMETHEUS,
    "grafana-amazonprometheus-datasource": Kind.PROMETHEUS,
    "grafana-azureprometheus-datasource": Kind.PROMETHEUS,
    "postgres": Kind.POSTGRES,
    "grafana-postgresql-datasource": Kind.POSTGRES,
    infinity.PLUGIN: Kind.INFINITY,
    "__expr__": Kind.SKIPPED,
}


@dataclass(frozen=True, slots=True)
class Query:
    """One target of a panel."""

    ref: str
    kind: Kind
    text: str  # PromQL, SQL, the address Infinity asks, or the name filter of an alert list
    format: str = ""
    instant: bool = False
    range: bool = True
    hidden: bool = False
    note: str = ""  # why it is skipped or unknown
    min_interval: str = ""
    labels: str = ""  # the label filter of an alert list
    request: infinity.Request | None = None  # what Infinity asks


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel that shows data."""

    title: str
    type: str
    queries: tuple[Query, ...]
    points: int = 1000
    min_interval: str = ""
    time_from: str = ""
    time_shift: str = ""
    repeat: str = ""
    note: str = ""  # why there is nothing to ask, when there is not


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One dashboard, as far as its data goes."""

    uid: str
    title: str
    start: str
    end: str
    panels: tuple[Panel, ...]
    variables: tuple[Variable, ...]


def parse_dashboard(raw: Mapping[str, Any], origin: str = "the dashboard") -> Dashboard:
    """The dashboard in a classic JSON document.

    Raises:
        VerifyError: it is something else, such as the newer resource schema.
    """
    try:
        return _parsed(raw, origin)
    except (AttributeError, TypeError, ValueError, KeyError, RecursionError):
        raise VerifyError(
            f"{origin} is not built as Grafana builds dashboards.", hint="export it again from Grafana"
        ) from None


def _parsed(raw: Mapping[str, Any], origin: str) -> Dashboard:
    body = raw["dashboard"] if isinstance(raw.get("dashboard"), dict) else raw
    if "panels" not in body and "rows" not in body:
        raise VerifyError(
            f"{origin} is not a classic Grafana dashboard: it has no `panels`.",
            hint="export it with the schema `Classic`, or name only dashboard files",
        )
    variables = tuple(parse_variable(each) for each in body.get("templating", {}).get("list", []))
    plugins = {each.name: each.query for each in variables if each.kind == "datasource"}
    library = body.get("__elements") or {}
    elements = library if isinstance(library, dict) else {each["uid"]: each for each in library}
    time = body.get("time") or {}
    return Dashboard(
        uid=str(body.get("uid") or ""),
        title=str(body.get("title") or origin),
        start=str(time.get("from", "now-6h")),
        end=str(time.get("to", "now")),
        panels=tuple(_panel(each, plugins, elements) for each in _panels(body) if each.get("type") not in SILENT),
        variables=variables,
    )


def _panels(body: Mapping[str, Any]) -> Iterator[Json]:
    """All panels, those inside rows too; a repeated row hands its variable to its panels."""
    for holder in (*body.get("rows", []), body):
        for panel in holder.get("panels", []):
            yield panel
            for inner in panel.get("panels", []) if panel.get("type") == "row" else []:
                yield inner if inner.get("repeat") else {**inner, "repeat": panel.get("repeat", "")}


def _panel(raw: Json, plugins: Mapping[str, str], elements: Mapping[str, Json]) -> Panel:
    note = ""
    if link := raw.get("libraryPanel"):
        model = elements.get(link.get("uid", ""), {}).get("model")
        if model is None and not raw.get("targets"):
            note = f"library panel `{link.get('name', '?')}` lives in Grafana; export it with the dashboard"
        raw = {**(model or {}), **{key: value for key, value in raw.items() if key != "type" or not model}}
    queries = _queries(raw, plugins)
    kind = str(raw.get("type") or "")
    width = raw.get("gridPos", {}).get("w", GRID_COLUMNS // 2)
    return Panel(
        title=str(raw.get("title") or f"{kind or 'panel'} {raw.get('id', '')}".strip()),
        type=kind,
        queries=queries,
        points=int(raw.get("maxDataPoints") or SCREEN_PIXELS * width // GRID_COLUMNS),
        min_interval=str(raw.get("interval") or ""),
        time_from=str(raw.get("timeFrom") or ""),
        time_shift=str(raw.get("timeShift") or ""),
        repeat=str(raw.get("repeat") or ""),
        note=note or ("" if queries else "the panel has no query"),
    )


def _queries(raw: Json, plugins: Mapping[str, str]) -> tuple[Query, ...]:
    if raw.get("type") == "alertlist":
        options = raw.get("options", {})
        labels = str(options.get("alertInstanceLabelFilter") or "")
        return (Query(ref="A", kind=Kind.RULES, text=str(options.get("alertName") or ""), labels=labels),)
    return tuple(
        _query(target, target.get("datasource") or raw.get("datasource"), plugins, place)
        for place, target in enumerate(raw.get("targets", []))
    )


def _query(target: Json, datasource: object, plugins: Mapping[str, str], place: int) -> Query:
    plugin = _plugin(datasource, target, plugins)
    kind, note = _kind(plugin, datasource, target)
    instant = bool(target.get("instant"))
    request = infinity.parse_request(target) if kind is Kind.INFINITY else None
    return Query(
        ref=str(target.get("refId") or chr(ord("A") + place % 26)),
        kind=kind,
        text=request.text if request else str(target.get("rawSql" if kind is Kind.POSTGRES else "expr") or ""),
        format=str(target.get("format") or "time_series"),
        instant=instant,
        range=bool(target.get("range")) or not instant,
        hidden=bool(target.get("hide")),
        note=note,
        min_interval=str(target.get("interval") or ""),
        request=request,
    )


def _plugin(datasource: object, target: Json, plugins: Mapping[str, str]) -> str:
    """The plugin that answers: named outright, named through a variable, or guessed from what is asked."""
    uid = datasource
    if isinstance(datasource, dict):
        if datasource.get("type") and datasource.get("uid") != "-- Mixed --":
            return str(datasource["type"])
        uid = datasource.get("uid")
    name = str(uid or "").strip("${}")
    if name in plugins:
        return plugins[name]
    return "prometheus" if "expr" in target else "postgres" if "rawSql" in target else name


def _kind(plugin: str, datasource: object, target: Json) -> tuple[Kind, str]:
    if plugin == "__expr__":
        return Kind.SKIPPED, "an expression: Grafana computes it from the panel's other queries"
    if isinstance(datasource, dict) and datasource.get("uid") == "-- Dashboard --":
        return Kind.SKIPPED, f"shows the result of panel {target.get('panelId', '?')}"
    if plugin not in DATASOURCES:
        return Kind.UNKNOWN, f"verify cannot ask a data source of type `{plugin or 'unknown'}`"
    if plugin in DATASOURCES and any(target.get(key) for key in ("fill", "fillMode", "fillInterval", "fillValue")):
        return Kind.UNKNOWN, "Grafana refuses a SQL target that carries `fill` settings"
    if plugin == infinity.PLUGIN and (why := infinity.why_not(target)):
        return Kind.UNKNOWN, why
    return DATASOURCES[plugin], ""
