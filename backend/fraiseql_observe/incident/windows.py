"""Maintenance windows: for a time, matching incidents are kept but not told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
