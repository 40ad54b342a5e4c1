"""What an alert's expression says: the metric that is compared, its threshold and its unit."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import promql_parser

from fraiseql_observe.alerts.unit import unit_of
from fraiseql_observe.incident.message import COMPARISONS
from fraiseql_observe.promql import metric_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_BRANCHES = 4
# The parser takes quadratic time for long chains and the stack for deep ones; no rule that people write comes near.
LONGEST = 8000  # characters
MOST_MARKS = 250
DEEPEST = 40  # brackets
_MARKS = re.compile(r"[-+*/%^(<>=!{\[]|\b(?:and|or|unless)\b", re.IGNORECASE)

_MIRRORED = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "==", "!=": "!="}
_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
}


@dataclass(frozen=True, slots=True)
class Branch:
    """One comparison of an alert's expression: the series on one side, the number on the other.

    `operator` reads with the series on the left; it is empty, and `threshold` None, where nothing is compared.
    """

    expression: str
    operator: str = ""
    threshold: float | None = None
    unit: str = ""

    def breached(self, value: float) -> bool:
        """Whether the comparison is true of the value; where nothing is compared, being there is enough."""
        return self.threshold is None or COMPARISONS[self.operator](value, self.threshold)


def branches(expression: str) -> tuple[Branch, ...]:
    """The comparisons that may make the alert fire, at most four; empty when the expression does not parse.

    `or` separates them; of `a and b` and `a unless b` the alert's value is that of `a`.
    """
    root = parsed(expression)
    if root is None:
        return ()
    found = (branch for branch, _ in zip(_alternatives(root), range(MOST_BRANCHES), strict=False))
    return tuple(dict.fromkeys(found))


def parsed(expression: str) -> Any | None:
    """The parser's tree; None when it is too large to be parsed safely, or malformed."""
    if len(expression) > LONGEST or _nesting(expression) > DEEPEST or len(_MARKS.findall(expression)) > MOST_MARKS:
        return None
    try:
        return promql_parser.parse(expression)
    except ValueError:
        return None


def metrics_in(expression: str) -> tuple[str, ...]:
    """The metric names that an expression selects, in order; empty when it does not parse."""
    root = parsed(expression)
    return () if root is None else metric_names(root)


def expression_of(generator_url: str) -> str:
    """The PromQL expression in an alert's generator URL (`g0.expr`), or empty.

    Newer web interfaces keep it behind the `#`.
    """
    try:
        parts = urlsplit(generator_url[: 4 * LONGEST])
        for text in (parts.query, parts.fragment.partition("?")[2]):
            for found in parse_qs(text, max_num_fields=50).get("g0.expr", ()):
                return found
    except ValueError:
        pass  # not a URL: there is nothing to find
    return ""


def _nesting(expression: str) -> int:
    depth = deepest = 0
    for character in expression:
        if character == "(":
            depth += 1
            deepest = max(deepest, depth)
        elif character == ")":
            depth -= 1
    return deepest


def _alternatives(node: Any) -> Iterator[Branch]:
    if isinstance(node, promql_parser.ParenExpr):
        yield from _alternatives(node.expr)
    elif isinstance(node, promql_parser.BinaryExpr) and str(node.op) == "or":
        yield from _alternatives(node.lhs)
        yield from _alternatives(node.rhs)
    elif isinstance(node, promql_parser.BinaryExpr) and str(node.op) in {"and", "unless"}:
        yield from _alternatives(node.lhs)
    else:
        yield _branch(node)


def _branch(node: Any) -> Branch:
    if isinstance(node, promql_parser.BinaryExpr) and str(node.op) in COMPARISONS:
        compared = str(node.op)
        if (number := constant(node.rhs)) is not None:
            return Branch(node.lhs.prettify(), compared, number, unit_of(node.lhs))
        if (number := constant(node.lhs)) is not None:
            return Branch(node.rhs.prettify(), _MIRRORED[compared], number, unit_of(node.rhs))
        # Series against series: the left one is the alert's value.
        return Branch(node.lhs.prettify(), unit=unit_of(node.lhs))
    return Branch(node.prettify(), unit=unit_of(node))


def constant(node: Any) -> float | None:
    """The value of an expression that is made of numbers alone, else None."""
    if isinstance(node, promql_parser.NumberLiteral):
        return float(node.val)
    if isinstance(node, promql_parser.ParenExpr):
        return constant(node.expr)
    if isinstance(node, promql_parser.UnaryExpr):
        inner = constant(node.expr)
        return None if inner is None else -inner
    if isinstance(node, promql_parser.BinaryExpr) and str(node.op) in _ARITHMETIC:
        left, right = constant(node.lhs), constant(node.rhs)
        try:
            return None if left is None or right is None else _ARITHMETIC[str(node.op)](left, right)
        except (ArithmeticError, ValueError):
            return None
    return None
