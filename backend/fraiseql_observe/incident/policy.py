"""Escalation policies: a snapshot of steps, kept with the incident that was opened under it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class DueStep:
    """A step of an escalation that is still to be taken: a row, claimed when it is due.

    `number` counts from 0 over all rounds: with three steps, number 3 is the first step of the first repetition.
    """

    id: str
    incident_id: str
    number: int
    due_at: datetime
    created_at: datetime
