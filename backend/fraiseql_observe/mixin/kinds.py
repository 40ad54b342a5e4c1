"""What each unit of a knob accepts, and how to say so.

The unit written in `config.libsonnet` is the kind of the value: `seconds` is a duration, `a or b` a choice.
Durations may also be written as Prometheus does ("5m"); they become seconds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

Accepts = Callable[[Any], bool]

LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
MATCHER = re.compile(r'\s*[a-zA-Z_][a-zA-Z0-9_]*\s*(?:=~|!~|!=|=)\s*"(?:[^"\\]|\\.)*"\s*')
CHOICE = re.compile(r"[\w.-]+(?:(?:, [\w.-]+)* or [\w.-]+)?")
SEVERITIES = ("critical", "warning", "info", "none")


@dataclass(frozen=True)
class Kind:
    """One kind of value.

    Args:
        accepts: whether a value is one.
        expects: what is wanted, to finish the sentence "… is not".
        coerce: brings other spellings into the one the Jsonnet knows.
    """

    accepts: Accepts
    expects: str
    coerce: Callable[[Any], Any] = lambda value: value


def of(unit: str) -> Kind | None:
    """The kind that a unit names; None for a section, whose keys have kinds of their own, and for words of no kind."""
    name = unit.partition(" (")[0].strip()
    if name in KINDS:
        return KINDS[name]
    if name.endswith(" or null"):
        return _nullable(of(name.removesuffix(" or null")))
    if name.endswith(" or ''"):
        return _emptiable(of(name.removesuffix(" or ''")))
    if CHOICE.fullmatch(name):
        return _one_of(tuple(re.split(", | or ", name)))
    return None


def seconds(value: Any) -> Any:
    """Seconds of a Prometheus duration; anything else unchanged."""
    if not isinstance(value, str):
        return value
    from promql_parser import parse_duration  # noqa: PLC0415  # only where somebody writes "5m"

    try:
        return parse_duration(value).total_seconds()
    except ValueError:
        return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_selector(value: Any) -> bool:
    """Label matchers without braces: at least one, separated by commas."""
    return isinstance(value, str) and re.fullmatch(rf"{MATCHER.pattern}(?:,{MATCHER.pattern})*,?\s*", value) is not None


def _is_regex(value: Any) -> bool:
    try:
        return _is_text(value) and bool(re.compile(value))
    except re.error:
        return False


def _is_url(value: Any) -> bool:
    return isinstance(value, str) and urlsplit(value).scheme in {"http", "https"} and bool(urlsplit(value).netloc)


def _is_label(value: Any) -> bool:
    return isinstance(value, str) and LABEL.fullmatch(value) is not None


def _is_list_of(accepts: Accepts) -> Accepts:
    return lambda value: isinstance(value, list) and all(accepts(item) for item in value)


def _is_map_of(accepts: Accepts) -> Accepts:
    return lambda value: isinstance(value, dict) and all(accepts(item) for item in value.values())


def _is_receiver(value: Any) -> bool:
    return isinstance(value, dict) and all(
        name.endswith("_configs") and isinstance(configs, list) for name, configs in value.items()
    )


def _at_least(low: float, high: float = float("inf"), *, above: bool = False) -> Accepts:
    return lambda value: _is_number(value) and (low < value if above else low <= value) and value <= high


def _is_thresholds(value: Any) -> bool:
    return _is_map_of(lambda number: number is None or _at_least(0)(number))(value) and set(value) <= set(
        SEVERITIES[:3]
    )


def _nullable(kind: Kind | None) -> Kind | None:
    if kind is None:
        return None
    return Kind(lambda value: value is None or kind.accepts(value), f"{kind.expects}, or null", kind.coerce)


def _emptiable(kind: Kind | None) -> Kind | None:
    if kind is None:
        return None
    return Kind(lambda value: value == "" or kind.accepts(value), f"{kind.expects}, or ''", kind.coerce)


def _one_of(words: tuple[str, ...]) -> Kind:
    return Kind(lambda value: value in words, f"one of {', '.join(words)}")


KINDS = {
    "seconds": Kind(_at_least(0, above=True), 'a duration above 0, in seconds or as "5m"', seconds),
    "label name": Kind(_is_label, "the name of a label"),
    "list of label names": Kind(_is_list_of(_is_label), "a list of label names"),
    "PromQL matchers": Kind(_is_selector, 'label matchers that select the series, such as job="fraiseql"'),
    "regular expression": Kind(_is_regex, "a regular expression that is not empty"),
    "true or false": Kind(lambda value: isinstance(value, bool), "true or false"),
    "URL": Kind(_is_url, "an http:// or https:// URL"),
    "factor": Kind(_at_least(0, above=True), "a number above 0"),
    "share": Kind(_at_least(0, 1), "a share from 0 to 1"),
    "number": Kind(_is_number, "a number"),
    "count": Kind(lambda value: _at_least(0)(value) and value == int(value), "a whole number from 0"),
    "threshold": Kind(
        lambda value: value is None or _at_least(0)(value), "a number from 0, or null for no such severity"
    ),
    "thresholds": Kind(_is_thresholds, "a map from severities (critical, warning, info) to numbers from 0, or null"),
    "severity": Kind(lambda value: value in SEVERITIES, f"one of {', '.join(SEVERITIES)}"),
    "text": Kind(_is_text, "a text that is not empty"),
    "list of texts": Kind(_is_list_of(_is_text), "a list of texts"),
    "map of texts": Kind(_is_map_of(lambda value: isinstance(value, str)), "a map from names to texts"),
    "address": Kind(_is_text, "an address, such as alertmanager:9093"),
    "list of addresses": Kind(_is_list_of(_is_text), "a list of addresses"),
    "map of lists of addresses": Kind(_is_map_of(_is_list_of(_is_text)), "a map from jobs to lists of addresses"),
    "file": Kind(_is_text, "the path of a file"),
    "receiver of Alertmanager": Kind(_is_receiver, "the settings of a receiver of Alertmanager, such as email_configs"),
    "list of objects": Kind(_is_list_of(lambda value: isinstance(value, dict)), "a list of objects"),
}
