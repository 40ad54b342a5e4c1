"""Channels that asked to be left alone: a 429 outlives a restart and reaches the other replicas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fraiseql_observe.store.columns import micros, moment

if TYPE_CHECKING:
    from datetime import datetime

    from fraiseql_observe.store.engine import Transaction

_PAUSE = """
insert into channel (name, paused_until) values (:name, :until)
on conflict (name) do update set paused_until = excluded.paused_until
where channel.paused_until < excluded.paused_until
"""
_PAUSED = "select name, paused_until from channel where paused_until > :now"
_RESUME = "delete from channel where name = :name"


def pause(tx: Transaction, name: str, until: datetime) -> None:
    """Leave the channel alone until a time; a longer pause stays."""
    tx.execute(_PAUSE, {"name": name, "until": micros(until)})


def resume(tx: Transaction, name: str) -> None:
    """End the pause."""
    tx.execute(_RESUME, {"name": name})


def paused(tx: Transaction, now: datetime) -> dict[str, datetime]:
    """Give the channels that are left alone now, and until when."""
    return {row["name"]: moment(row["paused_until"]) for row in tx.rows(_PAUSED, {"now": micros(now)})}
