"""Signatures of webhooks, as Standard Webhooks 1.0.0 defines them (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import hashlib
import hmac

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64  # bytes of a secret


def keys(secrets: str) -> tuple[bytes, ...]:
    """Read secrets, blanks between them.

    Raises:
        ValueError: one is no `whsec_` secret of 24 to 64 bytes; the message does not show it.
    """
    return tuple(_key(secret) for secret in secrets.split())


def headers(signing_keys: tuple[bytes, ...], delivery_id: str, seconds: int, body: bytes) -> dict[str, str]:
    """Return the three headers: the id stays over all retries, the time is that of this try.

    With several keys there are several signatures, so that a receiver may know either while keys change.
    """
    signed = b".".join((delivery_id.encode(), str(seconds).encode(), body))
    signatures = " ".join(f"v1,{_signature(key, signed)}" for key in signing_keys)
    base = {"webhook-id": delivery_id, "webhook-timestamp": str(seconds)}
    return base | ({"webhook-signature": signatures} if signatures else {})


def _signature(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:  # of binascii too
        key = b""
    if not secret.startswith(PREFIX) or not SHORTEST <= len(key) <= LONGEST:
        raise ValueError(f"a signing secret is {PREFIX} and {SHORTEST} to {LONGEST} random bytes in base64")
    return key
