"""The unit of a PromQL expression, from the naming conventions of Prometheus and what its functions do to units.

Source of the conventions: https://prometheus.io/docs/practices/naming/
"""

from __future__ import annotations

from typing import Any

import promql_parser

from fraiseql_observe.promql import metric_names

PER_SECOND = frozenset({"rate", "irate", "deriv"})
COUNTS = frozenset(
    {"count", "count_values", "group", "count_over_time", "changes", "resets", "absent", "present_over_time"}
)
HUNDRED = 100


def unit_of(node: Any) -> str:  # noqa: PLR0911  one return a kind of node
    """One of ``, `ratio`, `percent`, `seconds`, `bytes`, `/s`, `bytes/s`; empty also when nobody can know."""
    if isinstance(node, promql_parser.ParenExpr | promql_parser.UnaryExpr | promql_parser.SubqueryExpr):
        return unit_of(node.expr)
    if isinstance(node, promql_parser.MatrixSelector):
        return unit_of(node.vector_selector)
    if isinstance(node, promql_parser.VectorSelector):
        return _named(node.name or "")
    if isinstance(node, promql_parser.AggregateExpr):
        return "" if str(node.op) in COUNTS else unit_of(node.expr)
    if isinstance(node, promql_parser.Call):
        return _called(node)
    if isinstance(node, promql_parser.BinaryExpr):
        return _combined(node)
    return ""


def _named(name: str) -> str:
    parts = name.replace(":", "_").split("_")
    if parts[-1] in {"count", "created"}:
        return ""
    if "ratio" in parts or "per" in parts:
        return "ratio"
    for unit in ("seconds", "bytes"):
        if unit in parts:
            return unit
    return ""


def _called(node: Any) -> str:
    name, arguments = node.func.name, [each for each in node.args if not _is_number(each)]
    if name == "time":
        return "seconds"
    if not arguments or name in COUNTS:
        return ""
    inner = unit_of(arguments[0])
    if name == "histogram_quantile":
        return _of_buckets(arguments[0])
    if name in PER_SECOND:
        return {"seconds": "ratio", "bytes": "bytes/s", "": "/s"}.get(inner, "")
    return inner


def _of_buckets(node: Any) -> str:
    """A quantile has the unit that is observed, whatever `rate` did to the buckets' counts."""
    names = metric_names(node)
    return _named(names[0]) if names else ""


def _combined(node: Any) -> str:
    left, right, mark = unit_of(node.lhs), unit_of(node.rhs), str(node.op)
    if mark == "/":
        return _quotient(node, left, right)
    if mark == "*":
        return _product(node, left, right)
    if mark in {"+", "-", "%"}:
        return left if _is_number(node.rhs) or left == right else right if _is_number(node.lhs) else ""
    return left


def _quotient(node: Any, left: str, right: str) -> str:
    if _is_number(node.rhs):
        return left
    if left == right and not _is_number(node.lhs):
        return "ratio"
    return "bytes/s" if (left, right) == ("bytes", "seconds") else ""


def _product(node: Any, left: str, right: str) -> str:
    number, unit = (node.lhs, right) if _is_number(node.lhs) else (node.rhs, left)
    if not _is_number(number):
        return ""
    if unit == "ratio":
        return "percent" if _value(number) == HUNDRED else "ratio" if _value(number) == 1 else ""
    return unit.removesuffix("/s")


def _is_number(node: Any) -> bool:
    return isinstance(_inner(node), promql_parser.NumberLiteral)


def _value(node: Any) -> float:
    return float(_inner(node).val)


def _inner(node: Any) -> Any:
    while isinstance(node, promql_parser.ParenExpr | promql_parser.UnaryExpr):
        node = node.expr
    return node
