"""The two renderings of one question: Grafana's `rawSql`, and the bound statement for psycopg."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fraiseql_observe.audit.lexer import Kind, Token

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fraiseql_observe.audit.question import Parameter

_BLANK_LINES = re.compile(r"[ \t]*\n(?:[ \t]*\n)*")
# The parameters that a dashboard itself gives, and how Grafana's PostgreSQL datasource writes them.
GRAFANA_STANDARD = {
    "from": "$__timeFrom()",
    "to": "$__timeTo()",
    "bucket": "'$__interval'",
    "tenants": "ARRAY[${tenant:sqlstring}]",
}


def grafana(tokens: Iterable[Token], parameters: Mapping[str, Parameter]) -> str:
    """The statement with Grafana's macros and variables in it.

    Comments are dropped: Grafana's macro pattern looks inside them.
    """
    pieces: list[str] = []
    code: list[str] = []
    for token in tokens:
        if token.kind in (Kind.CODE, Kind.COMMENT):
            code.append(token.text if token.kind is Kind.CODE else " " * token.text.startswith("/*"))
            continue
        pieces += [_tidy(code), _grafana_value(parameters[token.name]) if token.name else token.text]
        code.clear()
    pieces.append(_tidy(code))
    return "".join(pieces).strip()


def bound(tokens: Iterable[Token]) -> str:
    """The statement with `%(name)s` placeholders; every other percent sign is doubled."""
    return "".join(f"%({token.name})s" if token.name else token.text.replace("%", "%%") for token in tokens)


def _tidy(code: list[str]) -> str:
    return _BLANK_LINES.sub("\n", "".join(code))


def _grafana_value(parameter: Parameter) -> str:
    if parameter.name in GRAFANA_STANDARD:
        return GRAFANA_STANDARD[parameter.name]
    if parameter.variable:
        variable = f"${{{parameter.variable}:sqlstring}}"
        return f"ARRAY[{variable}]" if parameter.type.endswith("[]") else variable
    return _literal(parameter.default)


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"
