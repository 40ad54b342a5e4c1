"""Whose token is it: those of the configuration, and those of the store by their hashes."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from fraiseql_observe.errors import AuthError, ObserveError
from fraiseql_observe.store import tokens
from fraiseql_observe.web.principal import principal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from fraiseql_observe.alerts.manager import AlertManager
    from fraiseql_observe.config.settings import Settings
    from fraiseql_observe.store.engine import Transaction
    from fraiseql_observe.web.principal import Principal

log = logging.getLogger(__name__)

PREFIX = "fqo_"
REMEMBER = 10.0  # seconds in which a revoked token may still be believed
MOST_REMEMBERED = 1024
NOTE_USE_EVERY = 60.0  # seconds
LONGEST = 4096
CONFIGURED = "config:"


def make() -> str:
    """Return a new token: 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """Return what is kept of a token. It is random, so that a plain hash tells nothing."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class _Remembered:
    token: tokens.Token | None
    until: float


class Access:
    """Finds the principal of a token; remembers for a few seconds what the store said.

    Tokens are looked up by hash, so that the time it takes tells nothing of them.
    """

    def __init__(self, manager: AlertManager) -> None:
        self._manager = manager
        self._settings: Settings | None = None
        self._configured: Mapping[str, Principal] = {}
        self._remembered: dict[str, _Remembered] = {}
        self._used: dict[str, datetime] = {}

    async def principal(self, token: str) -> Principal:
        """Return whose token it is.

        Raises:
            AuthError: nobody's, or it has expired.
        """
        if len(token) > LONGEST:
            raise AuthError("The token is unknown.")
        hashed = digest(token)
        if found := self.configured().get(hashed):
            return found
        return self._living(await self._stored(hashed))

    async def recall(self, token_id: str) -> Principal:
        """Return the principal of a token that was believed before, as a session keeps its id.

        Raises:
            AuthError: it was revoked, has expired or is no longer configured.
        """
        if token_id.startswith(CONFIGURED):
            known = (one for one in self.configured().values() if one.token_id == token_id)
            if found := next(known, None):
                return found
            raise AuthError("The token is no longer configured.")
        return self._living(await self._by_id(token_id))

    def configured(self) -> Mapping[str, Principal]:
        """Return the principals of the configuration by the hashes of their tokens; follows a reload."""
        settings = self._manager.settings
        if settings is not self._settings:
            self._configured = _configured(settings)
            self._settings = settings
        return self._configured

    def forget(self) -> None:
        """Ask the store again, because a token was made or revoked here."""
        self._remembered.clear()

    async def note_use(self) -> None:
        """Write now and then when each token was last used, until cancelled."""
        while True:
            await asyncio.sleep(NOTE_USE_EVERY)
            try:
                await self.write_use()
            except ObserveError as error:
                log.warning("When tokens were used could not be written: %s", error.message)

    async def write_use(self) -> None:
        used, self._used = self._used, {}
        if used:

            def write(tx: Transaction) -> None:
                for token_id, at in used.items():
                    tokens.used(tx, token_id, at)

            await self._manager.engine.write(write)

    async def _stored(self, hashed: str) -> tokens.Token | None:
        kept = self._remembered.get(hashed)
        if kept is not None and time.monotonic() < kept.until:
            return kept.token
        token = await self._manager.engine.read(lambda tx: tokens.by_hash(tx, hashed))
        self._remember(hashed, token)
        return token

    async def _by_id(self, token_id: str) -> tokens.Token | None:
        kept = self._remembered.get(token_id)
        if kept is not None and time.monotonic() < kept.until:
            return kept.token
        every = await self._manager.engine.read(tokens.every)
        token = next((one for one in every if one.id == token_id), None)
        self._remember(token_id, token)
        return token

    def _remember(self, key: str, token: tokens.Token | None) -> None:
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[key] = _Remembered(token, time.monotonic() + REMEMBER)

    def _living(self, token: tokens.Token | None) -> Principal:
        now = self._manager.clock()
        if token is None:
            raise AuthError("The token is unknown.", hint="fraiseql-observe token create NAME --scope …")
        if token.expires_at is not None and token.expires_at <= now:
            raise AuthError("The token has expired.", hint="fraiseql-observe token create NAME --scope …")
        self._used[token.id] = now
        return principal(token.name, token.scopes, token.id, token.tenants)


def _configured(settings: Settings) -> dict[str, Principal]:
    found = {}
    for name, one in settings.auth.tokens.items():
        hashed = digest(one.token.reveal())
        found[hashed] = principal(name, one.scopes, CONFIGURED + hashed[:16], one.tenants)
    return found
