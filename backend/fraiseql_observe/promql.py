"""What a parsed PromQL expression selects."""

from __future__ import annotations

from typing import Any

import promql_parser


def metric_names(tree: Any) -> tuple[str, ...]:
    """The names of the metrics that a parser's tree selects, each once, in order."""
    names: dict[str, None] = {}

    def collect(node: Any) -> bool:
        if isinstance(node, promql_parser.VectorSelector) and node.name:
            names[node.name] = None
        return True

    promql_parser.walk(tree, collect, lambda _: True)
    return tuple(names)
