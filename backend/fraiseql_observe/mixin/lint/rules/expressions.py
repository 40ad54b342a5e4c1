"""Expressions, wherever they stand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import promql_parser as ast

from fraiseql_observe.mixin.lint import prometheus, promql
from fraiseql_observe.mixin.lint.labels import is_scalar, labels, matched_on
from fraiseql_observe.mixin.lint.model import Alert, Expression, Record
from fraiseql_observe.mixin.lint.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

SPECIAL = re.compile(r"[.+*?()\[\]{}|^$\\]")
MANY_TO_ONE = ("topk", "bottomk", "limitk", "limit_ratio")


@rule(Expression)
def promql_syntax(expression: Expression) -> Iterator[str]:
    """A rule's expression is PromQL."""
    if isinstance(expression.owner, Alert | Record) and expression.query.error:
        yield f"invalid PromQL: {expression.query.error}"


@rule(Expression)
def promql_supported(expression: Expression) -> Iterator[str]:
    """Only functions and aggregations that every supported Prometheus has."""
    for node in expression.query.of(ast.Call):
        if node.expr.func.name not in prometheus.FUNCTIONS:
            yield f"{node.expr.func.name}() is not in every Prometheus {prometheus.SUPPORTED}"
    for node in expression.query.of(ast.AggregateExpr):
        if promql.operator(node.expr) not in prometheus.AGGREGATIONS:
            yield f"{promql.operator(node.expr)} is not in every Prometheus {prometheus.SUPPORTED}"


@rule(Expression)
def promql_regexp(expression: Expression) -> Iterator[str]:
    """A regular expression that is one: plain text takes `=`, anchors are implied, and `.*` selects nothing away."""
    for node in expression.query.selectors:
        for label, op, value in promql.matchers(node.expr):
            if op in promql.REGEX and not value.startswith("$") and (fault := _regexp_fault(value)):
                yield f"{label}{'=~' if op == promql.REGEX[0] else '!~'}{value!r}: {fault}"


def _regexp_fault(value: str) -> str:
    if not SPECIAL.search(value):
        return "there is nothing regular about it; use = or !="
    if value.startswith("^") or (value.endswith("$") and not value.endswith("\\$")):
        return "matchers are anchored already"
    return "it matches everything" if value == ".*" else ""


@rule(Expression)
def promql_fragile(expression: Expression) -> Iterator[str]:
    """No ranking in a rule, whose members change; no `without` on one side of a join, whose labels change."""
    if not isinstance(expression.owner, Alert | Record):
        return
    for node in expression.query.of(ast.AggregateExpr):
        if promql.operator(node.expr) in MANY_TO_ONE:
            yield f"{promql.operator(node.expr)} in a rule makes alerts come and go"
    for node in expression.query.of(ast.BinaryExpr):
        if matched_on(node.expr) is None and _strips(node.expr.lhs) != _strips(node.expr.rhs) and _is_join(node.expr):
            yield "one side of a join aggregates without (...), so a new label breaks the match; say on (...)"


def _is_join(expr: Any) -> bool:
    return not is_scalar(expr.lhs) and not is_scalar(expr.rhs)


def _strips(expr: Any) -> bool:
    expr = promql.bare(expr)
    modifier = expr.modifier if isinstance(expr, ast.AggregateExpr) else None
    return modifier is not None and str(modifier.type) == "AggModifierType.Without"


@rule(Expression)
def promql_impossible(expression: Expression) -> Iterator[str]:
    """No join on a label that a side has lost, and no comparison of two numbers."""
    for node in expression.query.of(ast.BinaryExpr):
        if promql.operator(node.expr) in promql.COMPARISONS and is_scalar(node.expr.lhs) and is_scalar(node.expr.rhs):
            yield "compares two numbers, which is always the same"
        on = matched_on(node.expr)
        for side, expr in (("left", node.expr.lhs), ("right", node.expr.rhs)):
            kept = labels(expr)
            if on and kept is not None and on - kept:
                yield f"joins on {', '.join(sorted(on - kept))}, which the {side} side does not have"
        yield from _unmatched(node.expr, on)


def _unmatched(expr: Any, on: frozenset[str] | None) -> Iterator[str]:
    """Sides that are known to carry different labels never match one to one."""
    modifier = expr.modifier
    plain = on is None and (modifier is None or modifier.matching is None) and promql.operator(expr) != "or"
    if not plain or not _is_join(expr):
        return
    left, right = labels(expr.lhs), labels(expr.rhs)
    if left is not None and right is not None and left != right:
        sides = "; ".join(", ".join(sorted(side)) or "none" for side in (left, right))
        yield f"the sides carry different labels ({sides})"


@rule(Expression)
def promql_nan(expression: Expression) -> Iterator[str]:
    """A quotient inside an aggregation guards against 0/0: its NaN spoils every sum above it."""
    for node in expression.query.of(ast.BinaryExpr):
        aggregated = [above for above in node.ancestors if isinstance(above, ast.AggregateExpr)]
        if promql.operator(node.expr) == "/" and aggregated and not _never_zero(node.expr.rhs):
            yield "a quotient inside an aggregation may be 0/0; compare the denominator with > 0"


def _never_zero(expr: Any) -> bool:
    expr = promql.bare(expr)
    if isinstance(expr, ast.BinaryExpr) and promql.operator(expr) in {">", "!="}:
        return True
    return is_scalar(expr)


@rule(Expression)
def promql_aggregate(expression: Expression) -> Iterator[str]:
    """An alert keeps its job, so that it can be routed."""
    if not isinstance(expression.owner, Alert) or expression.query.tree is None:
        return
    kept = labels(expression.query.tree)
    if kept is not None and "job" not in kept | set(expression.owner.labels):
        yield "the expression removes the label job"


@rule(Expression)
def promql_selector(expression: Expression) -> Iterator[str]:
    """Every selector of an alert narrows by at least one label, unless it asks a record."""
    if not isinstance(expression.owner, Alert):
        return
    for node in expression.query.selectors:
        name = promql.metric(node.expr)
        if ":" not in name and not [1 for label, _, _ in promql.matchers(node.expr) if label != "__name__"]:
            yield f"{name} is selected without a matcher"
