"""The names under which destinations know our incidents, and under which we know what they share."""

from __future__ import annotations

import hashlib


def provider_key(incident_id: str) -> str:
    """Return the key of one incident at a provider: 64 hex digits.

    One for each incident and not for each group, so that a late resolve of an old incident never closes a new one;
    ids are random, so that installations that share an integration keep apart.
    """
    return hashlib.sha256(f"fraiseql-observe\n{incident_id}".encode()).hexdigest()


def channel(kind: str, *secrets: str) -> str:
    """Name what shares a rate limit without showing the secret that makes it one."""
    return f"{kind}:{hashlib.sha256(chr(10).join(secrets).encode()).hexdigest()[:16]}"
