"""Recording rules."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import promql_parser as ast

from fraiseql_observe.mixin.lint import promql
from fraiseql_observe.mixin.lint.labels import labels
from fraiseql_observe.mixin.lint.model import Mixin, Record
from fraiseql_observe.mixin.lint.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = re.compile(r"[a-z][a-z0-9_]*:[a-z][a-z0-9_]*:[a-z][a-z0-9_]*")


@rule(Record)
def record_name(record: Record) -> Iterator[str]:
    """The name is `level:metric:operations`."""
    if not NAME.fullmatch(record.name):
        yield "the name is not level:metric:operations"


@rule(Record)
def record_name_total(record: Record) -> Iterator[str]:
    """A rate of a counter loses the counter's `_total`."""
    metric = record.name.split(":")[1] if record.name.count(":") > 1 else ""
    if metric.endswith("_total") and any(
        node.expr.func.name in {"rate", "irate"} for node in record.query.of(ast.Call)
    ):
        yield "the metric in the name keeps its _total after a rate"


@rule(Record)
def record_level(record: Record) -> Iterator[str]:
    """The labels of the level are labels of the result."""
    kept = labels(record.query.tree) if record.query.tree is not None else None
    level = record.name.partition(":")[0]
    # A level joins the names of labels by underscores.
    if kept is not None and not kept & set(level.split("_")) and level not in kept and level != "global":
        yield f"the level {level!r} names no label of the result ({', '.join(sorted(kept)) or 'none'})"


@rule(Mixin)
def record_unique(mixin: Mixin) -> Iterator[str]:
    """No two records have the same name and labels."""
    seen: set[str] = set()
    for record in mixin.rules:
        if not isinstance(record, Record):
            continue
        key = json.dumps([record.name, sorted(record.labels.items())])
        if key in seen:
            yield f"{record.name} is recorded twice with the same labels"
        seen.add(key)


@rule(Record)
def record_selector(record: Record) -> Iterator[str]:
    """Every selector narrows: a rule that reads every series of a name also reads those of others."""
    for node in record.query.selectors:
        name = promql.metric(node.expr)
        if ":" not in name and not [1 for label, _, _ in promql.matchers(node.expr) if label != "__name__"]:
            yield f"{name} is selected without a matcher"
