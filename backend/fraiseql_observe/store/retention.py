"""Forgetting what is over: resolved incidents older than the history goes, with all that belongs to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from fraiseql_observe.store.engine import Transaction


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many went; `more` when there is more than one batch, so that the caller comes again."""

    incidents: int
    windows: int
    more: bool


BATCH = 500


def prune(tx: Transaction, before: datetime, *, batch: int = BATCH) -> Pruned:
    """Remove incidents resolved before a time with their alerts, events, deliveries, attempts and receipts.

    Also windows and pauses that ended before it. At most `batch` incidents go in one transaction.
    """
    raise NotImplementedError
