"""Names of rows: sorted by time, safe in a URL, the same length for ever."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: none is mistaken for another
_PAIRS = tuple(first + second for first in _DIGITS for second in _DIGITS)
_PLACES = tuple(range(120, -10, -10))


def new_id(prefix: str, now: datetime) -> str:
    """Return `<prefix>_` and 26 digits: 48 bits of milliseconds, then 80 random bits."""
    milliseconds = int(now.timestamp() * 1000)
    number = milliseconds << 80 | secrets.randbits(80)
    return f"{prefix}_{''.join([_PAIRS[number >> place & 1023] for place in _PLACES])}"
