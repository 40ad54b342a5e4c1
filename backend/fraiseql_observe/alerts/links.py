"""Links that messages carry, and the signed tokens in those that ask for an action."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fraiseql_observe.incident.message import Links

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fraiseql_observe.incident.model import Alert, Incident

LIFETIME = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a link lets its holder do: `action` is `acknowledge` or `resolve`."""

    action: str
    incident_id: str
    expires: datetime


class ActionTokens:
    """Signs and reads the tokens of `/act/{token}`: HMAC-SHA256 over action, incident and expiry.

    Whoever has the link may act, as with the mail itself; opening it only shows a page that asks.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def sign(self, action: str, incident_id: str, expires: datetime) -> str:
        """A URL-safe token."""
        raise NotImplementedError

    def read(self, token: str, now: datetime) -> Grant:
        """What a token grants.

        Raises:
            AuthError: it is malformed, forged or expired (status 403).
        """
        raise NotImplementedError


class LinkBuilder:
    """Builds a message's links.

    Args:
        public_url: where people reach the console; without it there are only the alert's own links.
        tokens: signs the action links; without it there are none.
    """

    def __init__(self, public_url: str, tokens: ActionTokens | None, *, lifetime: timedelta = LIFETIME) -> None:
        self._public_url = public_url.rstrip("/")
        self._tokens = tokens
        self._lifetime = lifetime

    def for_incident(self, incident: Incident, alerts: Sequence[Alert], now: datetime) -> Links:
        raise NotImplementedError
