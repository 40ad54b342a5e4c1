"""What an alert's expression says: the metric that is compared, its threshold and its unit."""

from __future__ import annotations

from dataclasses import dataclass


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
        """Whether the comparison is true of the value."""
        raise NotImplementedError


def branches(expression: str) -> tuple[Branch, ...]:
    """The comparisons that may make the alert fire, at most four; empty when the expression does not parse."""
    raise NotImplementedError


def expression_of(generator_url: str) -> str:
    """The PromQL expression in an alert's generator URL (`g0.expr`), or empty."""
    raise NotImplementedError
