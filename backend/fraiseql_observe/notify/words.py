"""The few sentences that every destination says in the same words: how long, what changed, by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from datetime import timedelta

    from fraiseql_observe.incident.model import Event, Incident


def duration(span: timedelta) -> str:
    """Two units at most: `45 s`, `4 min`, `2 h 5 min`, `3 d 4 h`."""
    raise NotImplementedError


def change(event: Event) -> str:
    """What happened, one sentence without a full stop, as `acknowledged by Ada: looking at it`."""
    raise NotImplementedError


def state(incident: Incident) -> str:
    """How it stands, as `firing (3 alerts)`, `acknowledged by Ada at 12:03 UTC`, `resolved after 5 min`."""
    raise NotImplementedError
