"""Names of rows: sorted by time, safe in a URL, the same length for ever."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: none is mistaken for another
_PAIRS = tuple(high + low for high in _DIGITS for low in _DIGITS)
_SHIFTS = tuple(range(120, -1, -10))  # 26 digits, two at a time
# Seeded once by the system. An id must be unique, not secret, and a system call for each is half of a webhook's cost.
_RANDOM = random.Random(random.SystemRandom().getrandbits(256))  # noqa: S311


def new_id(prefix: str, now: datetime) -> str:
    """Return `<prefix>_` and 26 digits: 48 bits of milliseconds, then 80 random bits."""
    number = int(now.timestamp() * 1000) << 80 | _RANDOM.getrandbits(80)
    return f"{prefix}_{''.join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])}"
