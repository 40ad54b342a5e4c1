"""The values that a variable offers: written out, filtered by its regular expression, sorted."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fraiseql_observe.errors import VerifyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Option:
    """One value that a variable offers, and what Grafana shows for it."""

    value: str
    text: str


def custom_options(text: str, *, as_json: bool = False) -> tuple[Option, ...]:
    r"""`a, b, label : value`; a comma inside a value is written `\,`. Or a JSON array of strings or objects."""
    if as_json:
        return _json_options(text)
    parts = (part.replace("\\,", ",") for part in re.findall(r"(?:\\,|[^,])+", text))
    return tuple(_custom_option(part) for part in parts)


def _custom_option(part: str) -> Option:
    pair = re.match(r"^\s*(.+)\s:\s(.+)$", part)
    return Option(pair[2].strip(), pair[1].strip()) if pair else Option(part.strip(), part.strip())


def _json_options(text: str) -> tuple[Option, ...]:
    try:
        entries = json.loads(text)
    except ValueError:
        entries = None
    if not isinstance(entries, list):
        raise VerifyError("The values are not JSON.", hint="give a JSON array of strings or objects")
    rows = [each if isinstance(each, dict) else {"value": each} for each in entries]
    return tuple(Option(str(each.get("value", "")), str(each.get("text") or each.get("value", ""))) for each in rows)


def filter_options(options: Iterable[Option], pattern: str, *, on_text: bool = False) -> tuple[Option, ...]:
    """The options that the variable's regular expression keeps; its groups may rename them.

    Raises:
        VerifyError: the expression is malformed.
    """
    if not pattern:
        return _unique(options)
    expression, everywhere = _javascript_regex(pattern)
    kept: list[Option] = []
    for option in options:
        subject = option.text if on_text else option.value
        matches = list(expression.finditer(subject))[: None if everywhere else 1]
        kept += _captured(option, matches)
    return _unique(kept)


def _captured(option: Option, matches: Sequence[re.Match[str]]) -> list[Option]:
    if not matches:
        return []
    named: dict[str, str] = {}
    for match in matches:
        named |= {key: text for key, text in match.groupdict().items() if text and key not in named}
    if "value" in named or "text" in named:
        value = named.get("value", named.get("text", ""))
        return [Option(value, named.get("text", value))]
    if not matches[0].re.groups:
        return [option]
    taken = matches if len(matches) > 1 else matches[:1]
    return [Option(match[1] or "", match[1] or "") for match in taken]


def _javascript_regex(pattern: str) -> tuple[re.Pattern[str], bool]:
    slashed = re.match(r"^/(.*)/([a-z]*)$", pattern, re.DOTALL)
    body, flags = (slashed[1], slashed[2]) if slashed else (f"^{pattern}$", "")
    try:
        compiled = re.compile(re.sub(r"\(\?<(?=[a-zA-Z])", "(?P<", body), re.IGNORECASE if "i" in flags else 0)
    except re.error as error:
        raise VerifyError(f"The regular expression `{pattern}` is malformed: {error}.") from None
    return compiled, "g" in flags


def sort_options(options: Sequence[Option], order: int) -> tuple[Option, ...]:
    """Grafana's orders: 1 alphabetical, 3 by the first number, 5 ignoring case, 7 natural; the even ones reversed."""
    keys: dict[int, Callable[[Option], Any]] = {
        1: lambda each: each.text,
        3: lambda each: _number(each.text),
        5: lambda each: each.text.lower(),
        7: lambda each: [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in _chunks(each.text)],
    }
    key = keys.get(order - (order + 1) % 2)
    if key is None:
        return tuple(options)
    ordered = sorted(options, key=key)
    return tuple(ordered if order % 2 else reversed(ordered))


def _chunks(text: str) -> list[str]:
    return [part for part in re.split(r"(\d+)", text.lower()) if part]


def _number(text: str) -> int:
    match = re.search(r"\d+", text)
    return int(match[0]) if match else -1


def _unique(options: Iterable[Option]) -> tuple[Option, ...]:
    first: dict[str, Option] = {}
    for option in options:
        first.setdefault(option.value, option)
    return tuple(first.values())
