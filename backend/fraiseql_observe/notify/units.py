"""Numbers as people read them: with a unit, and no more digits than they need."""

from __future__ import annotations


def readable(value: float, unit: str = "") -> str:
    """A number with its unit: `7.3 %`, `320 ms`, `1.5 GiB`, `12/s`.

    Args:
        value: in base units; may be infinite.
        unit: one of ``, `ratio` (1 is 100 %), `percent`, `seconds`, `bytes`, `/s`, `bytes/s`.
    """
    raise NotImplementedError
