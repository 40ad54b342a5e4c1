"""Numbers as people read them: with a unit, and no more digits than they need."""

from __future__ import annotations

import math

SPANS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
MINUTE, HOUR = 60, 3600
_BYTES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_COUNTS = ("", " K", " M", " G", " T")


def readable(value: float, unit: str = "") -> str:
    """A number with its unit: `7.3 %`, `320 ms`, `1.5 GiB`, `12/s`.

    Args:
        value: in base units; may be infinite.
        unit: one of ``, `ratio` (1 is 100 %), `percent`, `seconds`, `bytes`, `/s`, `bytes/s`.
    """
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else ("-" if value < 0 else "") + "infinite"
    if value < 0:
        return "-" + readable(-value, unit)
    if unit in {"ratio", "percent"}:
        return f"{digits(value * (100 if unit == 'ratio' else 1))} %"
    if unit == "seconds":
        return _seconds(value)
    if unit.startswith("bytes"):
        return _scaled(value, 1024, _BYTES) + unit.removeprefix("bytes")
    return _scaled(value, 1000, _COUNTS) + unit


def digits(value: float) -> str:
    """Three significant digits, all of them before the point, no trailing zeros, never an exponent."""
    if value == 0:
        return "0"
    places = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:.{min(places, 9)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scaled(value: float, base: int, names: tuple[str, ...]) -> str:
    step = 0
    while float(digits(value)) >= base and step < len(names) - 1:
        value, step = value / base, step + 1
    return f"{digits(value)} {names[step].strip()}".strip()


def _seconds(value: float) -> str:
    if value == 0:
        return "0 s"
    if float(digits(value * 1000)) < 1:
        return f"{digits(value * 1e6)} µs"
    if float(digits(value)) < 1:
        return f"{digits(value * 1000)} ms"
    if round(value) < MINUTE:
        return f"{digits(value)} s"
    return span(round(value), 2)


def span(seconds: int, parts: int) -> str:
    """Whole seconds in the largest unit, with two parts also in the next smaller one: `3 h 12 min`; `0 s` below one."""
    left = max(0, seconds)
    said: list[str] = []
    for size, unit in SPANS:
        count, left = divmod(left, size)
        if count or said:
            said.append(f"{count} {unit}" if count else "")
        if len(said) == parts:
            break
    return " ".join(filter(None, said)) or "0 s"
