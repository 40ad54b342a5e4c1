"""Template variables: what a dashboard declares, which values it offers, which one is selected.

Everything here is pure. Whoever can ask the servers hands in `ask`, and `resolve` asks it for one variable after the
other, each after those it depends on. The rules of selection are Grafana's: a saved value that is still offered stays;
else `All` when the variable has it, else the first value.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fraiseql_observe.errors import VerifyError
from fraiseql_observe.verify.interpolate import ALL_TEXT, Value, interpolate, names_in
from fraiseql_observe.verify.options import Option, custom_options, filter_options, sort_options
from fraiseql_observe.verify.timing import format_interval, interval_for, parse_interval

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fraiseql_observe.verify.timing import Window

ALL = "$__all"
AUTO = "$__auto"
ON_TIME_CHANGE = 2  # `refresh`: asked again whenever the range changes, over that range
NEVER = 0


@dataclass(frozen=True, slots=True)
class Variable:
    """A template variable as the dashboard declares it."""

    name: str
    kind: str
    query: str = ""
    plugin: str = ""  # the data source of a query variable: its type, or `${variable}`
    current: tuple[str, ...] = ()
    multi: bool = False
    include_all: bool = False
    all_value: str = ""
    regex: str = ""
    regex_on_text: bool = False
    sort: int = 0
    refresh: int = ON_TIME_CHANGE
    saved: tuple[Option, ...] = ()
    json_options: bool = False
    auto_count: int = 30
    auto_min: str = "10s"


@dataclass(frozen=True, slots=True)
class Resolved:
    """All variables of one dashboard with their values, and for each that could not be filled, why."""

    scope: dict[str, Value] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


def parse_variable(raw: Mapping[str, Any]) -> Variable:
    """One entry of `templating.list`."""
    current = raw.get("current") or {}
    datasource = raw.get("datasource") or ""
    named = datasource.get("type") or datasource.get("uid") if isinstance(datasource, dict) else datasource
    return Variable(
        name=str(raw.get("name", "")),
        kind=str(raw.get("type", "")),
        query=_query_text(raw.get("query")),
        plugin=str(named or ""),
        current=_texts(current.get("value")),
        multi=bool(raw.get("multi")),
        include_all=bool(raw.get("includeAll")),
        all_value=str(raw.get("allValue") or ""),
        regex=str(raw.get("regex") or ""),
        regex_on_text=raw.get("regexApplyTo") == "text",
        sort=int(raw.get("sort") or 0),
        refresh=int(raw.get("refresh") or 0),
        saved=tuple(
            Option(str(each.get("value", "")), str(each.get("text", "")))
            for each in raw.get("options") or []
            if each.get("value") != ALL
        ),
        json_options=raw.get("valuesFormat") == "json",
        auto_count=int(raw.get("auto_count") or 30),
        auto_min=str(raw.get("auto_min") or "10s"),
    )


def resolve(
    variables: Sequence[Variable],
    ask: Callable[[Variable, Mapping[str, Value]], Sequence[Option]],
    window: Window,
    chosen: Mapping[str, Sequence[str]],
) -> Resolved:
    """Values for all variables.

    Args:
        variables: as declared.
        ask: the options of a query variable, given the values of the variables before it; raises VerifyError.
        window: the dashboard's range, which sizes automatic intervals.
        chosen: values that the user insists on, by variable; they need not be offered.

    Raises:
        VerifyError: two variables depend on each other.
    """
    resolved = Resolved()
    for variable in in_order(variables):
        try:
            options = offered(variable, resolved.scope, ask)
        except VerifyError as error:
            resolved.problems[variable.name] = error.message
            options = ()
        insisted = tuple(chosen.get(variable.name, ()))
        if variable.kind in ("query", "custom") and not options and not insisted:
            resolved.problems.setdefault(variable.name, "it offers no value")
        resolved.scope[variable.name] = selected(variable, options, window, insisted)
    return resolved


def in_order(variables: Sequence[Variable]) -> tuple[Variable, ...]:
    """The variables so that each comes after those that its query names.

    Raises:
        VerifyError: some depend on each other.
    """
    waiting = {each.name: each for each in variables}
    ordered: list[Variable] = []
    while waiting:
        ready = [
            each for each in waiting.values() if not (names_in(each.query + each.regex) & waiting.keys()) - {each.name}
        ]
        if not ready:
            raise VerifyError(
                f"The variables {', '.join(sorted(waiting))} depend on each other.",
                hint="let one of them ask without naming the others",
            )
        ordered += ready
        for each in ready:
            del waiting[each.name]
    return tuple(ordered)


def offered(
    variable: Variable,
    scope: Mapping[str, Value],
    ask: Callable[[Variable, Mapping[str, Value]], Sequence[Option]],
) -> Sequence[Option]:
    """The options of a variable, filtered and sorted; empty for kinds that offer none."""
    if variable.kind == "custom":
        return custom_options(interpolate(variable.query, scope), as_json=variable.json_options)
    if variable.kind != "query":
        return ()
    found = variable.saved if variable.refresh == NEVER and variable.saved else ask(variable, scope)
    pattern = interpolate(variable.regex, scope)
    return sort_options(filter_options(found, pattern, on_text=variable.regex_on_text), variable.sort)


def selected(variable: Variable, options: Sequence[Option], window: Window, insisted: Sequence[str] = ()) -> Value:
    """What the variable stands for."""
    if variable.kind in ("query", "custom"):
        return _selected_option(variable, options, tuple(insisted))
    value = insisted[0] if insisted else _fixed(variable, window)
    return Value(value=value, text=value, multi=variable.multi, include_all=variable.include_all)


def _fixed(variable: Variable, window: Window) -> str:
    saved = variable.current[0] if variable.current else ""
    if variable.kind == "interval":
        if saved.startswith(AUTO):
            return format_interval(interval_for(window, variable.auto_count, parse_interval(variable.auto_min)))
        return saved or (variable.query.split(",")[0].strip() if variable.query else "1m")
    if variable.kind in ("constant", "textbox"):
        return variable.query if variable.kind == "constant" else saved or variable.query
    return saved or variable.query


def _selected_option(variable: Variable, options: Sequence[Option], insisted: tuple[str, ...]) -> Value:
    wanted = insisted or variable.current
    texts = {each.value: each.text for each in options}
    if any(each in (ALL, ALL_TEXT) and each not in texts for each in wanted):
        wanted = (ALL,) if variable.include_all else ()
    elif not insisted:
        wanted = tuple(each for each in wanted if each in texts)
    if not wanted:
        wanted = (ALL,) if variable.include_all else tuple(each.value for each in options[:1])
    if wanted == (ALL,):
        return _all(variable, options)
    text = " + ".join(texts.get(each, each) for each in wanted)
    value = wanted if variable.multi else (wanted[0] if wanted else "")
    return Value(value=value, text=text, multi=variable.multi, include_all=variable.include_all)


def _all(variable: Variable, options: Sequence[Option]) -> Value:
    if variable.all_value:
        return Value(variable.all_value, ALL_TEXT, variable.multi, include_all=True, verbatim=True)
    return Value(tuple(each.value for each in options), ALL_TEXT, variable.multi, include_all=True)


def _texts(value: object) -> tuple[str, ...]:
    if value is None or value == "" or isinstance(value, dict):
        return ()
    return tuple(str(each) for each in value) if isinstance(value, list) else (str(value),)


def _query_text(query: object) -> str:
    """The text of a variable's query, whether saved as text, as `{query}`, as `{rawSql}` or by the query editor.

    What Infinity asks is an object; it stays one, as JSON.
    """
    if not isinstance(query, dict):
        return str(query or "")
    if "infinityQuery" in query:
        return json.dumps(query["infinityQuery"], ensure_ascii=False)
    text = query.get("rawSql") or query.get("query")
    return str(text) if text else _editor_query(query)


def _editor_query(query: Mapping[str, Any]) -> str:
    if label := query.get("label"):
        filters = ",".join(f'{each["label"]}{each["op"]}"{each["value"]}"' for each in query.get("labelFilters") or [])
        selector = str(query.get("metric") or "") + (f"{{{filters}}}" if filters else "")
        return f"label_values({selector}, {label})" if selector else f"label_values({label})"
    if expression := query.get("varQuery"):
        return f"query_result({expression})"
    if series := query.get("seriesQuery") or query.get("classicQuery"):
        return str(series)
    return f"metrics({query['metric']})" if query.get("metric") else f"label_names({query.get('match') or ''})"
