"""Maintenance windows: for a time, matching incidents are kept but not told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fraiseql_observe.incident import matchers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Window:
    """`matchers` are in Alertmanager's syntax and must all match; the end is exclusive."""

    id: str
    matchers: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    created_by: str
    created_at: datetime
    comment: str = ""

    def holds(self, labels: Mapping[str, str], now: datetime) -> bool:
        return self.starts_at <= now < self.ends_at and matchers.all_fit(self.matchers, labels)


def holding(windows: Iterable[Window], labels: Mapping[str, str], now: datetime) -> Window | None:
    """Return the window that holds messages about these labels back the longest, if any does."""
    found = [window for window in windows if window.holds(labels, now)]
    return max(found, key=lambda window: window.ends_at, default=None)
