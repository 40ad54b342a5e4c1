r"""Alertmanager's matchers: `name="value"`, `!=`, `=~`, `!~`, where a regular expression matches the whole value.

Expressions are RE2's, as there: they take linear time whatever the labels hold.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fraiseql_observe.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_MATCHER = re.compile(
    r"\s*(?P<name>\"(?:[^\"\\]|\\.)*\"|[^\s\"'{},=!~]+)\s*(?P<how>=~|!~|!=|=)\s*(?P<value>.*?)\s*", re.DOTALL
)
_LONGEST = 4096
_HINT = 'Write name="value", name!="value", name=~"expression" or name!~"expression".'


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on one label; a label that is not there is empty, as in Alertmanager."""

    name: str
    how: str
    value: str
    expression: Any = None

    def fits(self, labels: Mapping[str, str]) -> bool:
        found = labels.get(self.name, "")
        if self.expression is None:
            return (found == self.value) is (self.how == "=")
        return (self.expression.fullmatch(found) is not None) is (self.how == "=~")


@lru_cache(maxsize=1024)
def parse(text: str) -> Matcher:
    """Read one matcher.

    Raises:
        ConfigError: it is malformed.
    """
    found = _MATCHER.fullmatch(text) if len(text) <= _LONGEST else None
    if not found:
        raise ConfigError(f"{text[:80]!r} is no matcher.", hint=_HINT)
    name, how, value = _unquoted(found["name"], text), found["how"], _unquoted(found["value"], text)
    return Matcher(name, how, value, _expression(value) if "~" in how else None)


def all_fit(matchers: Iterable[str], labels: Mapping[str, str]) -> bool:
    """Tell whether every matcher fits; none at all fit everything."""
    return all(parse(text).fits(labels) for text in matchers)


def _unquoted(part: str, whole: str) -> str:
    if not part.startswith('"'):
        if '"' in part:
            raise ConfigError(f"{whole[:80]!r} has a quote in an unquoted value.", hint=_HINT)
        return part
    try:
        return str(json.loads(part, strict=False))
    except ValueError as error:
        raise ConfigError(f"{whole[:80]!r} has a text that does not end, or a wrong escape.", hint=_HINT) from error


def _expression(text: str) -> Any:
    import re2  # noqa: PLC0415  1.6 MB that only expressions need

    options = re2.Options()
    options.log_errors = False
    options.dot_nl = True  # as Alertmanager compiles them since 0.28: a value may hold newlines
    try:
        return re2.compile(text, options)
    except re2.error as error:
        raise ConfigError(
            f"{text[:80]!r} is no regular expression of RE2.", hint="https://github.com/google/re2/wiki/Syntax"
        ) from error
