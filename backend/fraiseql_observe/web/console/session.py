"""Who is logged in: a signed cookie, and the token that proves a form came from one of our pages. Pure functions.

The cookie holds no secret: name, scopes and the id of the token that opened it, so that revoking that token ends it.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec

from fraiseql_observe.web.principal import Principal, Scope

LIFETIME = timedelta(hours=12)
LONGEST = 2048  # characters of a cookie that are worth looking at


@dataclass(frozen=True, slots=True)
class Session:
    """`nonce` tells two sessions of the same person apart."""

    principal: Principal
    expires: datetime
    nonce: str


class _Sealed(msgspec.Struct, array_like=True):
    name: str
    scopes: list[str]
    token_id: str
    expires: int
    nonce: str


def open_session(principal: Principal, now: datetime, nonce: str) -> Session:
    return Session(principal, now + LIFETIME, nonce)


def seal(session: Session, key: bytes) -> str:
    """The session as a cookie's value: its content and a signature over it."""
    who = session.principal
    content = _Sealed(who.name, sorted(who.scopes), who.token_id, int(session.expires.timestamp()), session.nonce)
    body = _text(msgspec.json.encode(content))
    return f"{body}.{_sign(key, 'session', body)}"


def unseal(cookie: str, key: bytes, now: datetime) -> Session | None:
    """The session of a cookie; None when it is forged, damaged or over."""
    body, _, signature = cookie.partition(".")
    if len(cookie) > LONGEST or not _same(signature, _sign(key, "session", body)):
        return None
    content = msgspec.json.decode(_bytes(body), type=_Sealed)
    expires = datetime.fromtimestamp(content.expires, UTC)
    if expires <= now:
        return None
    scopes = frozenset(Scope(scope) for scope in content.scopes)
    return Session(Principal(content.name, scopes, content.token_id), expires, content.nonce)


def form_token(session: Session, key: bytes, salt: str) -> str:
    """What a form carries. Another salt for each page, so that a compressed answer's length tells nothing of it."""
    return f"{salt}.{_sign(key, 'form', session.nonce, salt)}"


def form_token_is_ours(token: str, session: Session, key: bytes) -> bool:
    salt, _, signature = token.partition(".")
    return len(token) <= LONGEST and _same(signature, _sign(key, "form", session.nonce, salt))


def _sign(key: bytes, *parts: str) -> str:
    return _text(hmac.digest(key, "\0".join(parts).encode(errors="replace"), sha256))


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode())


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def _bytes(value: str) -> bytes:
    return urlsafe_b64decode(value + "=" * (-len(value) % 4))
