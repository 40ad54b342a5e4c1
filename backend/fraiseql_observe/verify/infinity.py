"""What a panel asks through Grafana's Infinity data source, and what becomes of the answer. Pure.

Only the kind that alert rules can use too: JSON from an address, read by the backend parser. The browser fills the
dashboard's variables, the plugin's server then the time macros `${__timeFrom}` and `${__timeTo}`, with the panel's
shift; columns come out in alphabetical order, each converted to its declared type.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fraiseql_observe.errors import VerifyError
from fraiseql_observe.verify.interpolate import Value, interpolate
from fraiseql_observe.verify.judge import Rows
from fraiseql_observe.verify.options import Option

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fraiseql_observe.verify.timing import Window

PLUGIN = "yesoreyeram-infinity-datasource"
ASKED = {"type": "json", "source": "url", "parser": "backend"}  # what verify can ask as the plugin does


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the answer: where it is in a row, its name, its type (string, number, timestamp, boolean)."""

    selector: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Request:
    """A target of a panel, or the query of a variable; `address` lies below the data source's."""

    address: str
    parameters: tuple[tuple[str, str], ...] = ()
    root: str = ""
    columns: tuple[Column, ...] = ()

    @property
    def text(self) -> str:
        """All that variables may stand in."""
        return "&".join([self.address, *(f"{key}={value}" for key, value in self.parameters)])


def parse_request(target: Mapping[str, Any]) -> Request:
    """The request in a target's JSON."""
    options = target.get("url_options") or {}
    return Request(
        address=str(target.get("url") or ""),
        parameters=tuple((str(each["key"]), str(each.get("value") or "")) for each in options.get("params") or ()),
        root=str(target.get("root_selector") or ""),
        columns=tuple(_column(each) for each in target.get("columns") or ()),
    )


def _column(raw: Mapping[str, Any]) -> Column:
    selector = str(raw["selector"])
    return Column(selector, str(raw.get("text") or selector), str(raw.get("type") or "string"))


def why_not(target: Mapping[str, Any]) -> str:
    """Why verify cannot ask a target as the plugin does, or nothing."""
    for key, wanted in ASKED.items():
        if target.get(key) != wanted:
            return f"verify asks Infinity only with {key} `{wanted}`, not `{target.get(key)}`"
    method = (target.get("url_options") or {}).get("method", "GET")
    return "" if method == "GET" else f"verify only reads, and the target says {method}"


def filled(request: Request, scope: Mapping[str, Value], window: Window) -> Request:
    """The request with everything filled in: variables first, then the macros of time."""
    moments = {
        name: Value(str(round(moment.timestamp() * 1000)))
        for name, moment in (("__timeFrom", window.start), ("__timeTo", window.end))
    }

    def fill(text: str) -> str:
        return interpolate(interpolate(text, scope), moments).strip(" ")

    return Request(
        fill(request.address),
        tuple((key, fill(value)) for key, value in request.parameters),
        request.root,
        request.columns,
    )


def rows(request: Request, body: Any) -> Rows:
    """The table that Grafana gets.

    Raises:
        VerifyError: the answer is not what the target says it is.
    """
    found = _at(body, request.root)
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise VerifyError(
            f"The answer has no list of rows at `{request.root or '(its root)'}`.", hint="mend root_selector"
        )
    columns = sorted(request.columns, key=lambda column: column.name)
    return Rows(
        columns=tuple(column.name for column in columns),
        numeric=frozenset(column.name for column in columns if column.type == "number"),
        rows=tuple(tuple(_converted(row.get(column.selector), column) for column in columns) for row in found),
        truncated=isinstance(body, dict) and bool(body.get("truncated")),
    )


def _at(body: Any, path: str) -> Any:
    for name in filter(None, path.split(".")):
        body = body.get(name) if isinstance(body, dict) else None
    return body


def _converted(value: Any, column: Column) -> Any:
    """A cell as its declared type; the plugin makes null of what does not fit, which a reader would never notice."""
    if value is None:
        return None
    try:
        return _TYPES[column.type](value)
    except (KeyError, TypeError, ValueError):
        raise VerifyError(
            f"The column {column.name} holds something that is no {column.type}, which Infinity makes empty."
        ) from None


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return float(value)


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


_TYPES: Mapping[str, Callable[[Any], Any]] = {
    "string": str,
    "number": _number,
    "timestamp": datetime.fromisoformat,
    "boolean": _truth,
}


def options(answer: Rows) -> Sequence[Option]:
    """What a variable offers: its columns `__text` and `__value`, else the first."""
    names = answer.columns
    text = names.index("__text") if "__text" in names else 0
    value = names.index("__value") if "__value" in names else text
    return tuple(Option(str(row[value]), str(row[text])) for row in answer.rows)
