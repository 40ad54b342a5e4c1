"""What to do when the clock was ahead and is set back: what it put off would else come as much too late.

An escalation step that was to be taken in five minutes would be taken in a day and five minutes, and every later
message about its incident would wait behind a retry of tomorrow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fraiseql_observe.store.columns import micros

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from fraiseql_observe.store.engine import Transaction


def _earlier(table: str, column: str, which: str) -> str:
    """A statement that puts times `:by` earlier, and none before the present."""
    return (
        f"update {table} set {column} = case when {column} - :by > :now then {column} - :by else :now end "  # noqa: S608
        f"where {column} > :now and {which}"
    )


# A step that was scheduled before the clock went ahead is due when it always was. A channel that somebody has to
# enable stays away: its time is no time that we waited for.
_STEPS = """
update escalation set due_at = due_at - :by, created_at = created_at - :by where due_at > :now and created_at > :now
"""
_DELIVERIES = _earlier("delivery", "due_at", "state in ('new', 'retry')")
_SENDINGS = _earlier("delivery", "deadline_at", "state = 'sending'")
_CHANNELS = _earlier("channel", "paused_until", "paused_until < :never")
_LEASES = _earlier("lease", "until", "1 = 1")


def put_earlier(tx: Transaction, by: timedelta, now: datetime, never: datetime) -> int:
    """Put everything that waits `by` earlier; return how many rows that were.

    Args:
        tx: a transaction that writes.
        by: how far the clock was set back.
        now: what it says.
        never: pauses until then or later are left alone.
    """
    given = {"by": by // by.resolution, "now": micros(now)}
    moved = sum(tx.execute(statement, given) for statement in (_STEPS, _DELIVERIES, _SENDINGS, _LEASES))
    moved += tx.execute(_CHANNELS, {**given, "never": micros(never)})
    for topic in ("outbox", "escalations"):
        tx.wake(topic)
    return moved
