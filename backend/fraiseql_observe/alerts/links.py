"""Links that messages carry, and the signed tokens in those that ask for an action."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from fraiseql_observe.errors import AuthError
from fraiseql_observe.incident.message import Links
from fraiseql_observe.notify import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fraiseql_observe.incident.model import Alert, Incident

LIFETIME = timedelta(days=7)
# What annotations are called, ours first and then those of other mixins.
DASHBOARD = ("dashboard_url", "dashboardURL", "dashboard", "__dashboardUrl__")
RUNBOOK = ("runbook_url", "runbookURL", "runbook")
LONGEST_TOKEN = 512
_PURPOSE = b"fraiseql-observe action link\n"  # a signature for one purpose is none for another


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
        said = f"{action}.{incident_id}.{int(expires.timestamp())}".encode()
        return f"{_encode(said)}.{_encode(self._signature(said))}"

    def read(self, token: str, now: datetime) -> Grant:
        """What a token grants.

        Raises:
            AuthError: it is malformed, forged or expired (status 403).
        """
        said, signature = _parts(token)
        if not hmac.compare_digest(self._signature(said), signature):
            raise _refused("is not one of ours")
        action, _, rest = said.decode("utf-8", "replace").partition(".")
        incident_id, _, seconds = rest.rpartition(".")
        expires = datetime.fromtimestamp(int(seconds), UTC)
        if now >= expires:
            raise _refused("has expired")
        return Grant(action, incident_id, expires)

    def _signature(self, said: bytes) -> bytes:
        return hmac.new(self._secret, _PURPOSE + said, hashlib.sha256).digest()


class LinkBuilder:
    """Builds a message's links.

    Args:
        public_url: where people reach the console; without it there are only the alert's own links.
        tokens: signs the action links; without it there are none.
        lifetime: how long these work.
    """

    def __init__(self, public_url: str, tokens: ActionTokens | None, *, lifetime: timedelta = LIFETIME) -> None:
        self._public_url = escape.url(public_url).rstrip("/")
        self._tokens = tokens
        self._lifetime = lifetime

    def for_incident(self, incident: Incident, alerts: Sequence[Alert], now: datetime) -> Links:
        annotations = [incident.common_annotations, *(alert.annotations for alert in alerts)]
        return Links(
            console=f"{self._public_url}/incidents/{quote(incident.id, safe='')}" if self._public_url else "",
            dashboard=first_url(annotations, DASHBOARD),
            runbook=first_url(annotations, RUNBOOK),
            acknowledge=self._act("acknowledge", incident, now),
            resolve=self._act("resolve", incident, now),
            source=next(filter(None, (escape.url(alert.generator_url) for alert in alerts)), ""),
            silence=_silence(incident),
        )

    def _act(self, action: str, incident: Incident, now: datetime) -> str:
        if not (self._public_url and self._tokens):
            return ""
        return f"{self._public_url}/act/{self._tokens.sign(action, incident.id, now + self._lifetime)}"


def first_url(annotations: Iterable[Mapping[str, str]], names: Sequence[str]) -> str:
    """The first annotation of one of these names that a browser may safely follow; empty when there is none."""
    given = (each[name] for each in annotations for name in names if name in each)
    return next(filter(None, map(escape.url, given)), "")


def _silence(incident: Incident) -> str:
    """Alertmanager's form for a new silence, filled with what the incident's alerts have in common."""
    labels = incident.common_labels or incident.group_labels
    base = escape.url(incident.external_url).rstrip("/")
    if not base or not labels:
        return ""
    matchers = ",".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in sorted(labels.items()))
    address = f"{base}/#/silences/new?filter={quote('{' + matchers + '}', safe='', errors='replace')}"
    return address if len(address) <= escape.LONGEST_URL else ""


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _parts(token: str) -> tuple[bytes, bytes]:
    """What was said, and the signature."""
    said, dot, signature = token.partition(".")
    if not dot or len(token) > LONGEST_TOKEN or not token.isascii():
        raise _refused("is not complete")
    try:
        return _decode(said), _decode(signature)
    except binascii.Error:
        raise _refused("is not complete") from None


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _refused(why: str) -> AuthError:
    return AuthError(
        f"This link {why}.",
        hint="open the newest message of the incident, or the console, and act from there",
        status=403,
    )
