"""The macros of Grafana's PostgreSQL data source, `$__timeFilter(column)` and its kin.

As in Grafana, a macro's arguments end at the first closing parenthesis, macros are found in comments and strings too,
`$__timeGroup(...)` directly before a comma names its column, and an unknown macro is an error.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fraiseql_observe.errors import VerifyError
from fraiseql_observe.verify.timing import parse_interval

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from fraiseql_observe.verify.timing import Window

_MACRO = re.compile(r"\$([_a-zA-Z0-9]+)\(([^)]*)\)")


def expand(sql: str, window: Window) -> str:
    """The SQL that reaches PostgreSQL.

    Raises:
        VerifyError: a macro is unknown, lacks an argument, or its interval is malformed.
    """

    def replace(match: re.Match[str]) -> str:
        name = match[1]
        if name == "__timeGroup" and sql.startswith(",", sql.index(match[0]) + len(match[0])):
            name = "__timeGroupAlias"
        arguments = [part.strip(" ") for part in match[2].split(",")]
        return _evaluate(name, arguments, window)

    return _MACRO.sub(replace, sql)


def _evaluate(name: str, arguments: Sequence[str], window: Window) -> str:
    macro = MACROS.get(name)
    if macro is None:
        raise VerifyError(
            f"Grafana's PostgreSQL data source knows no macro ${name}.", hint="it knows $" + ", $".join(MACROS)
        )
    needed, rewrite = macro
    if len([argument for argument in arguments if argument]) < needed:
        raise VerifyError(
            f"The macro ${name} lacks an argument.", hint=f"give it {needed}: a column{_AND_INTERVAL[needed]}"
        )
    return rewrite(arguments, window)


_AND_INTERVAL = {1: "", 2: " and an interval such as '5m'"}


def _literal(moment: datetime) -> str:
    """RFC 3339 with as many fractional digits as there are, in quotes."""
    fraction = f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else ""
    return f"'{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z'"


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _nanoseconds(moment: datetime) -> int:
    return _seconds(moment) * 1_000_000_000 + moment.microsecond * 1000


def _between(arguments: Sequence[str], window: Window) -> str:
    return f"{arguments[0]} BETWEEN {_literal(window.start)} AND {_literal(window.end)}"


def _bounds(of: Callable[[datetime], int]) -> Callable[[Sequence[str], Window], str]:
    return lambda arguments, window: f"{arguments[0]} >= {of(window.start)} AND {arguments[0]} <= {of(window.end)}"


def _group(expression: str) -> Callable[[Sequence[str], Window], str]:
    def rewrite(arguments: Sequence[str], window: Window) -> str:  # noqa: ARG001  every macro has the same signature
        seconds = _plain(parse_interval(arguments[1].strip("'")) / 1000)
        return f"floor({expression.format(arguments[0])}/{seconds})*{seconds}"

    return rewrite


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)


def _aliased(rewrite: Callable[[Sequence[str], Window], str]) -> Callable[[Sequence[str], Window], str]:
    return lambda arguments, window: rewrite(arguments, window) + ' AS "time"'


_time_group = _group("extract(epoch from {})")
_epoch_group = _group("({})")

# name -> (how many arguments it needs, how it is written)
MACROS: dict[str, tuple[int, Callable[[Sequence[str], Window], str]]] = {
    "__time": (1, lambda arguments, _: f'{arguments[0]} AS "time"'),
    "__timeEpoch": (1, lambda arguments, _: f'extract(epoch from {arguments[0]}) as "time"'),
    "__timeFilter": (1, _between),
    "__timeFrom": (0, lambda _, window: _literal(window.start)),
    "__timeTo": (0, lambda _, window: _literal(window.end)),
    "__timeGroup": (2, _time_group),
    "__timeGroupAlias": (2, _aliased(_time_group)),
    "__unixEpochFilter": (1, _bounds(_seconds)),
    "__unixEpochFrom": (0, lambda _, window: str(_seconds(window.start))),
    "__unixEpochTo": (0, lambda _, window: str(_seconds(window.end))),
    "__unixEpochNanoFilter": (1, _bounds(_nanoseconds)),
    "__unixEpochNanoFrom": (0, lambda _, window: str(_nanoseconds(window.start))),
    "__unixEpochNanoTo": (0, lambda _, window: str(_nanoseconds(window.end))),
    "__unixEpochGroup": (2, _epoch_group),
    "__unixEpochGroupAlias": (2, _aliased(_epoch_group)),
}
