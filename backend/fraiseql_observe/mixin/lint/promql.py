"""PromQL as the rules see it: Grafana's variables filled in, parsed once, every node with its ancestors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import promql_parser as promql

if TYPE_CHECKING:
    from collections.abc import Iterator

# Outside quotes a variable stands for a label in `by (...)`, for a duration in `[...]` and after `offset`, else for a
# number. Inside quotes it is text, and stays.
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`')
VARIABLE = r"(?:\$\{\w+(?::\w+)?\}|\$\w+|\[\[\w+\]\])"
GROUPED = re.compile(rf"(\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*?){VARIABLE}")
RANGED = re.compile(rf"(\[|:|\boffset\s+){VARIABLE}(?=\s*[\]:]|\s|\)|$)")
ANYWHERE = re.compile(VARIABLE)
SETS = ("and", "or", "unless")
COMPARISONS = ("==", "!=", ">", "<", ">=", "<=")
EQUAL = "MatchOp.Equal"
REGEX = ("MatchOp.Re", "MatchOp.NotRe")


@dataclass(frozen=True)
class Node:
    """A node of the syntax tree and those above it, nearest last."""

    expr: Any
    ancestors: tuple[Any, ...] = ()

    def within(self, *functions: str) -> bool:
        """Whether a call of one of these functions is above it."""
        return any(isinstance(above, promql.Call) and above.func.name in functions for above in self.ancestors)


@dataclass(frozen=True)
class Query:
    """One expression.

    Args:
        text: as it was written.
        tree: its root; None when it does not parse.
        error: why not, else empty.
    """

    text: str
    tree: Any
    error: str

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        return () if self.tree is None else tuple(_walk(self.tree, ()))

    def of(self, kind: type) -> list[Node]:
        """The nodes of one kind."""
        return [node for node in self.nodes if isinstance(node.expr, kind)]

    @cached_property
    def selectors(self) -> list[Node]:
        return self.of(promql.VectorSelector)

    @cached_property
    def metrics(self) -> frozenset[str]:
        """The names it asks for."""
        return frozenset(name for node in self.selectors if (name := metric(node.expr)))


@lru_cache(maxsize=4096)
def parse(text: str) -> Query:
    """Parse an expression; Grafana's variables may be in it."""
    try:
        return Query(text, promql.parse(substitute(text)), "")
    except ValueError as error:
        return Query(text, None, str(error))


def substitute(text: str) -> str:
    """The text with variables outside quotes filled in, so that a parser of PromQL accepts it."""
    pieces, end = [], 0
    for quoted in QUOTED.finditer(text):
        pieces += [_filled(text[end : quoted.start()]), quoted.group()]
        end = quoted.end()
    return "".join([*pieces, _filled(text[end:])])


def _filled(code: str) -> str:
    if "$" not in code and "[[" not in code:
        return code
    while GROUPED.search(code):
        code = GROUPED.sub(r"\1label", code)
    return ANYWHERE.sub("1", RANGED.sub(r"\g<1>5m", code))


def children(expr: Any) -> tuple[Any, ...]:
    """The expressions directly inside one."""
    if isinstance(expr, promql.BinaryExpr):
        return (expr.lhs, expr.rhs)
    if isinstance(expr, promql.Call):
        return tuple(expr.args)
    if isinstance(expr, promql.AggregateExpr):
        return (expr.expr,) if expr.param is None else (expr.param, expr.expr)
    if isinstance(expr, promql.MatrixSelector):
        return (expr.vector_selector,)
    if isinstance(expr, promql.ParenExpr | promql.SubqueryExpr | promql.UnaryExpr):
        return (expr.expr,)
    return ()


def _walk(expr: Any, ancestors: tuple[Any, ...]) -> Iterator[Node]:
    yield Node(expr, ancestors)
    for child in children(expr):
        yield from _walk(child, (*ancestors, expr))


def matchers(selector: Any) -> list[tuple[str, str, str]]:
    """(label, operator, value) of each matcher of a selector."""
    return [(one.name, str(one.op), one.value) for one in selector.matchers.matchers]


def metric(selector: Any) -> str:
    """The name a selector asks for; empty when it asks by label alone."""
    named = [value for label, op, value in matchers(selector) if label == "__name__" and op == EQUAL]
    return selector.name or (named[0] if named else "")


def operator(expr: Any) -> str:
    return str(expr.op)


def bare(expr: Any) -> Any:
    """The expression without the parentheses around it."""
    while isinstance(expr, promql.ParenExpr):
        expr = expr.expr
    return expr
