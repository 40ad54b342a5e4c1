"""What the console remembers while it runs: its signing key, failed logins, counts for the menu, open live streams."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from aiohttp import web

from fraiseql_observe.incident.model import State
from fraiseql_observe.store import incidents, outbox, settings
from fraiseql_observe.web.console.throttle import Throttle

if TYPE_CHECKING:
    import asyncio

    from fraiseql_observe.store.engine import Engine, Transaction

FRESH = timedelta(seconds=2)  # how old the menu's counts may be
STREAMS = 200  # live streams at once; whoever comes later asks on a timer instead


@dataclass(frozen=True, slots=True)
class Tally:
    """What the menu shows: incidents that nobody has acknowledged, and deliveries that were given up."""

    firing: int
    acknowledged: int
    dead: int
    at: datetime


@dataclass(slots=True)
class ConsoleState:
    throttle: Throttle = field(default_factory=Throttle)
    streams: set[asyncio.Event] = field(default_factory=set)  # set when a stream has something to say
    ending: bool = False
    _key: bytes = b""
    _tally: Tally | None = None

    async def key(self, engine: Engine) -> bytes:
        """What sessions are signed with: made once, kept in the store, the same in every replica."""
        if not self._key:
            made = secrets.token_hex(32)
            kept = await engine.write(lambda tx: settings.keep(tx, "console_session_key", made))
            self._key = bytes.fromhex(kept)
        return self._key

    async def tally(self, engine: Engine, now: datetime) -> Tally:
        """Counts for the menu: of now as far as the store told us of changes, else at most `FRESH` old."""
        if self._tally is None or not timedelta(0) <= now - self._tally.at < FRESH:
            self._tally = await engine.read(lambda tx: _count(tx, now))
        return self._tally

    def forget(self) -> None:
        """Count again, because incidents changed."""
        self._tally = None


def _count(tx: Transaction, now: datetime) -> Tally:
    states, waiting = incidents.counts(tx), outbox.counts(tx, now)
    return Tally(states[State.FIRING], states[State.ACKNOWLEDGED], waiting.dead + waiting.ambiguous, now)


CONSOLE = web.AppKey("console", ConsoleState)
