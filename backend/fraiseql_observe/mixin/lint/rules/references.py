"""How the parts fit together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fraiseql_observe.mixin.lint.model import Expression, Mixin, Record
from fraiseql_observe.mixin.lint.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator


@rule(Mixin)
def record_exists(mixin: Mixin) -> Iterator[str]:
    """Every record that a panel, an alert or another record asks for is recorded."""
    for expression in mixin.expressions:
        for name in sorted(expression.query.metrics):
            if ":" in name and name not in mixin.records:
                yield f"{_place(expression)} asks for {name}, which nothing records"


@rule(Mixin)
def record_order(mixin: Mixin) -> Iterator[str]:
    """Records that feed each other stand in one group, in order: groups run side by side, rules one after the other."""
    home = {one.name: group.name for group in mixin.groups for one in group.rules if isinstance(one, Record)}
    for group in mixin.groups:
        later = [one.name for one in group.rules if isinstance(one, Record)]
        for one in group.rules:
            for name in sorted(one.query.metrics & home.keys()):
                if isinstance(one, Record) and home[name] != group.name:
                    yield f"{one.name} is in {group.name} and reads {name} from {home[name]}"
                elif name in later:
                    yield f"{one.name} stands before {name}, which it reads"
            if isinstance(one, Record):
                later.remove(one.name)


def _place(expression: Expression) -> str:
    return " / ".join(expression.where.values())
