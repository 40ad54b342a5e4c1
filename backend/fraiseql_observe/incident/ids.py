"""Names of rows: sorted by time, safe in a URL, the same length for ever."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: none is mistaken for another
_PAIRS = tuple(high + low for high in _DIGITS for low in _DIGITS)
_TIME = tuple(range(40, -1, -10))  # where its ten digits begin, two at a time
_REST = tuple(range(70, -1, -10))
# Seeded once by the system. An id must be unique, not secret, and a system call for each is half of a webhook's cost.
_RANDOM = random.Random(random.SystemRandom().getrandbits(256))  # noqa: S311


def new_id(prefix: str, now: datetime) -> str:
    """Return `<prefix>_` and 26 digits: 48 bits of milliseconds, then 80 random bits."""
    return f"{prefix}_{_time(int(now.timestamp() * 1000))}{_digits(_RANDOM.getrandbits(80), _REST)}"


@lru_cache(maxsize=64)
def _time(milliseconds: int) -> str:
    """Return the digits of a time: most ids are made together with others."""
    return _digits(milliseconds, _TIME)


def _digits(number: int, shifts: tuple[int, ...]) -> str:
    return "".join([_PAIRS[number >> shift & 1023] for shift in shifts])
