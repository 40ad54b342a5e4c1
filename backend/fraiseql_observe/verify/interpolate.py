"""Fill template variables into a query, as Grafana's scenes library does: `$v`, `${v}`, `${v:format}`, `[[v:format]]`.

A variable that nobody defines stays in the text as it is, which is what Grafana does too. A format that nobody knows
falls back to `glob`.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VARIABLE = re.compile(r"\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.([^:^}]+))?(?::([^}]+))?\}")
ALL_TEXT = "All"
_DEPTH = 5  # a custom All value may name variables, and those again; a value that names itself must end


@dataclass(frozen=True, slots=True)
class Value:
    """What a variable stands for.

    `value` is a tuple when several values are selected; `verbatim` marks a custom All value, which no format touches.
    """

    value: str | tuple[str, ...]
    text: str = ""
    multi: bool = False
    include_all: bool = False
    verbatim: bool = False

    @property
    def values(self) -> tuple[str, ...]:
        return self.value if isinstance(self.value, tuple) else (self.value,)


def names_in(text: str) -> frozenset[str]:
    """The names of all variables that a text mentions, the built-in ones too."""
    return frozenset(match[1] or match[2] or match[4] for match in VARIABLE.finditer(text))


def interpolate(
    text: str,
    scope: Mapping[str, Value],
    default: Callable[[Value], str] | None = None,
    *,
    depth: int = _DEPTH,
) -> str:
    """The text with every known variable replaced.

    Args:
        text: a query, a title, a filter.
        scope: variable name -> what it stands for.
        default: how a variable without a format is written; `glob` when there is none. Each data source has its own.
        depth: how many more times a custom All value may itself name variables.
    """

    def replace(match: re.Match[str]) -> str:
        found = scope.get(match[1] or match[2] or match[4])
        if found is None:
            return match[0]
        form = match[3] or match[6] or ""
        if found.verbatim:
            plain = _verbatim(found, form)
            return interpolate(plain, scope, default, depth=depth - 1) if depth else plain
        name = match[1] or match[2] or match[4]
        return default(found) if default and not form else formatted(found, form, name)

    return VARIABLE.sub(replace, text)


def formatted(value: Value, form: str, name: str = "") -> str:
    """One value in one of Grafana's formats, such as `regex`, `sqlstring` or `date:iso`."""
    kind, *arguments = form.split(":")
    if kind == "date":
        return _date(value, arguments)
    if kind == "join":
        return (arguments[0] if arguments else ",").join(value.values)
    if kind in ("queryparam", "distributed"):
        return _named(value, kind, name)
    return FORMATS.get(kind, _glob)(value)


def for_prometheus(value: Value) -> str:
    """How Grafana's Prometheus data source writes a variable: an exact string when single, else as a regex."""
    if isinstance(value.value, str):
        return _regex_literal(value.value) if value.multi or value.include_all else _string_literal(value.value)
    escaped = [_regex_literal(each) for each in value.value]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def for_postgres(value: Value) -> str:
    """How Grafana's PostgreSQL data source writes one: quoted when several may be selected, else only escaped."""
    if isinstance(value.value, str) and not (value.multi or value.include_all):
        return value.value.replace("'", "''")
    return ",".join(f"'{each.replace(chr(39), chr(39) * 2)}'" for each in value.values)


def _string_literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\\\'")


def _regex_literal(text: str) -> str:
    # Twice escaped: once for the regular expression, once for the PromQL string that holds it.
    return re.sub(r"[$^*{}\[\]+?.()|]", r"\\\\\g<0>", text.replace("\\", "\\\\\\\\"))


def _verbatim(value: Value, form: str) -> str:
    if form == "text":
        return ALL_TEXT
    plain = value.values[0] if value.values else ""
    return _percent(plain) if form == "percentencode" else plain


def _glob(value: Value) -> str:
    many = isinstance(value.value, tuple) and len(value.value) > 1
    return f"{{{','.join(value.values)}}}" if many else "".join(value.values)


def _regex(value: Value) -> str:
    escaped = [re.sub(r"[\\^$*+?.()|\[\]{}/]", r"\\\g<0>", each) for each in value.values]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def _json(value: Value) -> str:
    plain = value.value
    return plain if isinstance(plain, str) else json.dumps(list(plain), separators=(",", ":"), ensure_ascii=False)


def _quoted(mark: str, escapes: Mapping[str, str]) -> Callable[[Value], str]:
    table = str.maketrans(dict(escapes))
    return lambda value: ",".join(f"{mark}{each.translate(table)}{mark}" for each in value.values)


def _percent(text: str) -> str:
    return quote(text, safe="-_.~")


def _percent_encoded(value: Value) -> str:
    return _percent(value.value if isinstance(value.value, str) else f"{{{','.join(value.value)}}}")


def _lucene(value: Value) -> str:
    escaped = [re.sub(r'[!*+\-=<>\s&|()\[\]{}^~?:\\/"]', r"\\\g<0>", each) for each in value.values]
    if isinstance(value.value, str):
        return escaped[0]
    return "({})".format(" OR ".join(f'"{each}"' for each in escaped)) if escaped else "__empty__"


def _named(value: Value, kind: str, name: str) -> str:
    if kind == "queryparam":
        return "&".join(f"var-{name}={_percent(each)}" for each in value.values)
    return f",{name}=".join(value.values)


MOMENT_TOKENS = {"YYYY": "%Y", "MM": "%m", "DD": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}


def _date(value: Value, arguments: list[str]) -> str:
    """A time in milliseconds as ISO 8601 (the default), seconds, milliseconds, or in moment.js tokens."""
    try:
        milliseconds = int(value.values[0])
    except (ValueError, IndexError):
        return "NaN"
    form = ":".join(arguments) or "iso"
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    if form == "iso":
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"
    if form in ("seconds", "ms"):
        return str(round(milliseconds / 1000)) if form == "seconds" else str(milliseconds)
    return re.sub("YYYY|MM|DD|HH|mm|ss", lambda token: moment.strftime(MOMENT_TOKENS[token[0]]), form)


FORMATS: Mapping[str, Callable[[Value], str]] = {
    "": _glob,
    "glob": _glob,
    "raw": lambda value: ",".join(value.values),
    "csv": lambda value: ",".join(value.values),
    "pipe": lambda value: "|".join(value.values),
    "regex": _regex,
    "json": _json,
    "text": lambda value: value.text or " + ".join(value.values),
    "html": lambda value: html.escape(", ".join(value.values)),
    "lucene": _lucene,
    "percentencode": _percent_encoded,
    "singlequote": _quoted("'", {"'": "\\'"}),
    "doublequote": _quoted('"', {'"': '\\"'}),
    "sqlstring": _quoted("'", {"'": "''", '"': '\\"'}),
}
