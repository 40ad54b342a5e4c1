"""The picture of a metric with its threshold: a small, crisp PNG."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from fraiseql_observe.incident.message import Trend

WIDTH, HEIGHT = 600, 200  # CSS pixels; the PNG has twice as many


def draw(trend: Trend, *, started: datetime | None = None, now: datetime | None = None) -> bytes:
    """A PNG of the trend; blocks for some milliseconds, so call it in a thread.

    Args:
        trend: with at least two points.
        started: when the alert began, marked if it is in range.
        now: the right edge; the last point without it.
    """
    raise NotImplementedError
