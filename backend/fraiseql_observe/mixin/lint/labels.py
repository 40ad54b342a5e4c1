"""Which labels the result of an expression can carry, as far as its text tells."""

from __future__ import annotations

from typing import Any

import promql_parser as promql

from fraiseql_observe.mixin.lint.promql import COMPARISONS, EQUAL, SETS, bare, matchers, operator

Labels = frozenset[str] | None  # None: whatever the series have
KEEPING = ("topk", "bottomk", "limitk", "limit_ratio")
NONE: frozenset[str] = frozenset()


def labels(expr: Any) -> Labels:
    """The labels of the result; None where only the series know."""
    expr = bare(expr)
    if isinstance(expr, promql.AggregateExpr):
        return _aggregated(expr)
    if isinstance(expr, promql.BinaryExpr):
        return _combined(expr)
    if isinstance(expr, promql.Call):
        return _called(expr)
    if isinstance(expr, promql.UnaryExpr | promql.SubqueryExpr):
        return labels(expr.expr)
    return NONE if is_scalar(expr) else None


def is_scalar(expr: Any) -> bool:
    """Whether it is one number, not a vector."""
    expr = bare(expr)
    if isinstance(expr, promql.BinaryExpr):
        return is_scalar(expr.lhs) and is_scalar(expr.rhs)
    if isinstance(expr, promql.Call):
        return str(expr.func.return_type) == "ValueType.Scalar"
    return isinstance(expr, promql.NumberLiteral | promql.StringLiteral)


def _aggregated(expr: Any) -> Labels:
    if operator(expr) in KEEPING:
        return labels(expr.expr)
    if expr.modifier is None:
        kept: Labels = NONE
    elif str(expr.modifier.type) == "AggModifierType.By":
        kept = frozenset(expr.modifier.labels)
    else:
        inner = labels(expr.expr)
        kept = None if inner is None else inner - frozenset(expr.modifier.labels)
    if operator(expr) == "count_values" and kept is not None:
        return kept | {expr.param.val}
    return kept


def _combined(expr: Any) -> Labels:
    if is_scalar(expr.lhs):
        return labels(expr.rhs)
    if is_scalar(expr.rhs):
        return labels(expr.lhs)
    left, right = labels(expr.lhs), labels(expr.rhs)
    if operator(expr) == "or":
        return None if left is None or right is None else left | right
    return left if operator(expr) in SETS else _joined(expr, left, right)


def _joined(expr: Any, left: Labels, right: Labels) -> Labels:
    card = str(expr.modifier.card) if expr.modifier else ""
    extra = frozenset((expr.modifier.group_labels or ()) if expr.modifier else ())
    if card.endswith("ManyToOne"):
        return None if left is None else left | extra
    if card.endswith("OneToMany"):
        return None if right is None else right | extra
    on = matched_on(expr)
    if on is not None and operator(expr) not in COMPARISONS:
        return on
    return left


def matched_on(expr: Any) -> Labels:
    """The labels of `on (...)`; None without one."""
    matching = expr.modifier.matching if expr.modifier else None
    if matching is None or str(matching.type) != "LabelModifierType.Include":
        return None
    return frozenset(matching.labels)


def _called(expr: Any) -> Labels:
    name = expr.func.name
    if name in {"absent", "absent_over_time"}:
        return _asserted(expr.args[0])
    if name in {"vector", "scalar", "time", "pi"}:
        return NONE
    vectors = [argument for argument in expr.args if not is_scalar(argument)]
    inner = labels(vectors[-1] if name.startswith("histogram_") else vectors[0]) if vectors else NONE
    if inner is not None and name in {"label_replace", "label_join"}:
        return inner | {expr.args[1].val}
    return inner - {"le"} if inner is not None and name == "histogram_quantile" else inner


def _asserted(expr: Any) -> Labels:
    """`absent` gives the labels that its selector fixes by equality."""
    expr = bare(expr)
    if isinstance(expr, promql.MatrixSelector):
        expr = expr.vector_selector
    if not isinstance(expr, promql.VectorSelector):
        return NONE
    return frozenset(label for label, op, _ in matchers(expr) if op == EQUAL and label != "__name__")
