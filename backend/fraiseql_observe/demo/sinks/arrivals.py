"""What all sinks have in common: they say what arrived, and keep the newest."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

KEPT = 500  # of each kind; a demo that runs for days must not grow


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message that somebody would now have.

    Attributes:
        place: where, as `Slack #alerts`.
        what: what happened there, as `posted` or `edited`.
        text: its first line.
    """

    place: str
    what: str
    text: str


class Arrivals:
    """The newest arrivals of all sinks; `tell` is called once for each, from the sinks' own threads."""

    def __init__(self, tell: Callable[[Arrival], None]) -> None:
        self._tell = tell
        self.kept: deque[Arrival] = deque(maxlen=KEPT)

    def add(self, place: str, what: str, text: str) -> None:
        arrival = Arrival(place, what, " ".join(text.split())[:200])
        self.kept.append(arrival)
        self._tell(arrival)
