"""Groups of rules."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import promql_parser

from fraiseql_observe.mixin.lint.model import Group, Mixin
from fraiseql_observe.mixin.lint.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 20
LONGEST = 40
SLOWEST = timedelta(minutes=5)  # beyond it Prometheus takes a series for gone between two evaluations
KEYS = frozenset({"name", "interval", "limit", "rules"})
RULE_KEYS = frozenset({"alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations"})
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


@rule(Group)
def alert_group_rule_count(group: Group) -> Iterator[str]:
    """At most 20 rules, since a group is evaluated one rule after the other."""
    if len(group.rules) > MOST:
        yield f"has {len(group.rules)} rules, more than {MOST}"


@rule(Group)
def alert_group_name_length(group: Group) -> Iterator[str]:
    """The name has at most 40 characters."""
    if not 0 < len(group.name) <= LONGEST:
        yield f"the name has {len(group.name)} characters, not 1 to {LONGEST}"


@rule(Mixin)
def group_unique(mixin: Mixin) -> Iterator[str]:
    """No two groups share a name."""
    names = [group.name for group in mixin.groups]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"several groups are named {name!r}"


@rule(Group)
def group_interval(group: Group) -> Iterator[str]:
    """The interval, where given, is a duration of at most five minutes."""
    interval = group.json.get("interval")
    if interval is None:
        return
    try:
        given = promql_parser.parse_duration(str(interval))
    except ValueError:
        yield f"the interval {interval!r} is no duration"
        return
    if not timedelta() < given <= SLOWEST:
        yield f"the interval {interval} is not above 0 and at most 5m"


@rule(Group)
def rule_format(group: Group) -> Iterator[str]:
    """Only keys that every supported Prometheus reads, a name, an expression, and labels that are text."""
    for key in sorted(set(group.json) - KEYS):
        yield f"has the key {key!r}, which Prometheus 2.42 refuses"
    for one in group.rules:
        if ("alert" in one.json) == ("record" in one.json) or not one.name:
            yield f"{one.name or 'a rule'} is not exactly one of alert and record"
        for key in sorted(set(one.json) - RULE_KEYS):
            yield f"{one.name} has the key {key!r}, which Prometheus 2.42 refuses"
        for label, value in one.labels.items():
            if not LABEL.fullmatch(label) or not isinstance(value, str):
                yield f"{one.name} has the label {label!r}, which is no name or no text"
