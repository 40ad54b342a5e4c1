"""What a list shows, kept in its address: states, severities, words, labels, the place in it. Pure functions."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from fraiseql_observe.errors import PayloadError
from fraiseql_observe.incident.model import Severity, State
from fraiseql_observe.store.incidents import Query

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from multidict import MultiMapping

ACTIVE = (State.FIRING, State.ACKNOWLEDGED)
ACTIVE_HALVES = tuple((state,) for state in ACTIVE)
PERIODS = {name: timedelta(days=days) for name, days in (("day", 1), ("week", 7), ("month", 30), ("year", 365))}
LONGEST = 500  # characters of one field
PAGE = 50
HOW = 'Write name="value", separated by commas.'
_LABEL = re.compile(r'\s*([^\s=!~{},"]+)\s*(=~|!=|!~|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^,"]*?))\s*(?:,|$)')


@dataclass(frozen=True, slots=True)
class Filters:
    """As a person chose them; `severities` empty means all. `place` says where in the list the page begins."""

    states: tuple[State, ...] = ACTIVE
    severities: tuple[Severity, ...] = ()
    text: str = ""
    labels: str = ""
    period: str = ""
    place: str = ""

    @property
    def narrowed(self) -> bool:
        """Whether something may be hidden by them."""
        return bool(self.severities or self.text or self.labels) or self.states in ACTIVE_HALVES

    def query_string(self, *, states: tuple[State, ...] = ACTIVE) -> str:
        """Back to the address; what equals the page's own default is left out."""
        chosen = [("state", state.value) for state in self.states] if set(self.states) != set(states) else []
        chosen += [("severity", severity.value) for severity in self.severities]
        rest = {"text": self.text, "labels": self.labels, "period": self.period, "place": self.place}
        return urlencode(chosen + [(name, value) for name, value in rest.items() if value])

    def at(self, place: str) -> Filters:
        return replace(self, place=place)


def read(query: MultiMapping[str], *, states: tuple[State, ...] = ACTIVE) -> Filters:
    """The filters of an address; what is unknown or too long in it is passed over."""
    chosen = tuple(state for state in State if state.value in query.getall("state", []))
    return Filters(
        states=chosen or states,
        severities=tuple(severity for severity in Severity if severity.value in query.getall("severity", [])),
        text=_field(query, "text"),
        labels=_field(query, "labels"),
        period=period if (period := query.get("period", "")) in PERIODS else "",
        place=_field(query, "place"),
    )


def _field(query: Mapping[str, str], name: str) -> str:
    return query.get(name, "").replace("\0", "").strip()[:LONGEST]


def labels(text: str) -> dict[str, str]:
    """Read `team="payments", region=eu`.

    Raises:
        PayloadError: it cannot be read, or asks for more than equality.
    """
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _LABEL.match(text, at)
        if not match:
            raise PayloadError(f"“{text[at:].strip()}” is not a label.", hint=HOW)
        name, operator, quoted, plain = match.groups()
        if operator != "=":
            raise PayloadError(f"{operator} cannot be searched for.", hint=HOW)
        found[name] = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else plain
        at = match.end()
    return found


def strata(filters: Filters, now: datetime) -> list[Query]:
    """The queries whose results, one after the other, are the list by urgency.

    First what nobody has acknowledged, by severity; then what somebody has; then what is over.
    """
    wanted = Query(
        severities=filters.severities,
        labels=labels(filters.labels),
        text=filters.text,
        since=now - PERIODS[filters.period] if filters.period else None,
        limit=PAGE,
    )
    severities = filters.severities or tuple(Severity)
    firing = [replace(wanted, states=(State.FIRING,), severities=(severity,)) for severity in severities]
    later = [state for state in (State.ACKNOWLEDGED, State.RESOLVED) if state in filters.states]
    rest = [replace(wanted, states=(state,)) for state in later]
    return (firing if State.FIRING in filters.states else []) + rest


def resume(queries: Sequence[Query], place: str) -> list[Query]:
    """The queries that are left at a place in the list, as `place_of` named it."""
    number, _, cursor = place.partition(".")
    if not number.isascii() or not number.isdigit() or int(number) >= len(queries):
        return list(queries)
    first, *later = queries[int(number) :]
    return [replace(first, cursor=cursor), *later]


def place_of(number: int, cursor: str) -> str:
    return f"{number}.{cursor}"
