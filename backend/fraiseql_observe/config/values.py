"""The values a setting may have: how each is read from YAML, and how it is written.

`read` takes what YAML gives and returns the typed value, or raises ValueError with the end of a sentence: "is not …".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fraiseql_observe.config.declare import Help, Secret, Size

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import StrEnum

LONGEST_TEXT = 65_536
HUGE = 1e300  # what is beyond is infinite, or no number at all
SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
BYTES = {"": 1, "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
DURATION = re.compile(r"(?:[0-9]{1,9}(?:\.[0-9]{1,9})?(?:ms|[smhdw]))+")
PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|[smhdw])")
SIZE = re.compile(r"([0-9]{1,15}) ?([kKMG]?i?B|)")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of value; `name` is what the reference page calls it."""

    name: str
    read: Callable[[Any], Any]
    write: Callable[[Any], Any] = lambda value: value
    number: Callable[[Any], float] | None = None  # what `Help.minimum` and `maximum` compare


def duration(value: Any) -> timedelta:
    """5m, 1h30m, 250ms, 2d; 0."""
    if value == 0 and not isinstance(value, bool):
        return timedelta(0)
    if not isinstance(value, str) or not DURATION.fullmatch(value):
        raise ValueError("is not a duration such as 30s, 5m or 1h30m")
    try:
        return timedelta(seconds=sum(float(number) * SECONDS[unit] for number, unit in PART.findall(value)))
    except OverflowError:
        raise ValueError("is longer than any duration may be") from None


def write_duration(value: timedelta) -> str:
    """As `duration` reads it, in the largest units that fit."""
    rest = round(value.total_seconds() * 1000)
    parts = []
    for unit in ("d", "h", "m", "s", "ms"):
        count, rest = divmod(rest, round(SECONDS[unit] * 1000))
        parts.append(f"{count}{unit}" if count else "")
    return "".join(parts) or "0s"


def size(value: Any) -> Size:
    """10MiB, 64 KiB, 500kB; a number is bytes."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return Size(value)
    match = SIZE.fullmatch(value) if isinstance(value, str) else None
    if match is None or match[2] not in BYTES:
        raise ValueError("is not a size such as 10MiB or 64KiB")
    return Size(int(match[1]) * BYTES[match[2]])


def write_size(value: int) -> str | int:
    for unit in ("GiB", "MiB", "KiB"):
        if value and value % BYTES[unit] == 0:
            return f"{value // BYTES[unit]}{unit}"
    return value


def text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("is not a text")  # noqa: TRY004  the caller reads one kind of error
    written = str(value)
    if len(written) > LONGEST_TEXT:
        raise ValueError(f"is longer than {LONGEST_TEXT} characters")
    if "\0" in written:
        raise ValueError("holds a zero byte")
    return written


def whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("is not a whole number")  # noqa: TRY004
    return value


def number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -HUGE < value < HUGE:
        raise ValueError("is not a number")
    return float(value)


def truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("is not true or false")  # noqa: TRY004
    return value


def member(of: type[StrEnum]) -> Kind:
    """The kind of a setting that is one of a few names."""
    names = ", ".join(of)

    def read(value: Any) -> StrEnum:
        try:
            return of(value)
        except ValueError:
            raise ValueError(f"is not one of {names}") from None

    return Kind(f"one of {names}", read, str)


KINDS: dict[Any, Kind] = {
    str: Kind("text", text),
    int: Kind("whole number", whole, number=float),
    float: Kind("number", number, number=float),
    bool: Kind("true or false", truth),
    timedelta: Kind("duration", duration, write_duration, lambda value: value.total_seconds()),
    Size: Kind("size", size, write_size, float),
    Secret: Kind("secret", lambda value: Secret(text(value)), lambda value: "(hidden)" if value else ""),
}


def check(value: Any, kind: Kind, about: Help) -> None:
    """Hold a value against the bounds of its setting.

    Raises:
        ValueError: with the end of a sentence that begins with the value.
    """
    if kind.number is not None:
        if about.minimum is not None and kind.number(value) < about.minimum:
            raise ValueError(f"is less than {bound(about.minimum, kind)}")
        if about.maximum is not None and kind.number(value) > about.maximum:
            raise ValueError(f"is more than {bound(about.maximum, kind)}")
    if about.allowed and value not in about.allowed:
        raise ValueError(f"is not one of {', '.join(about.allowed)}")
    if about.pattern and not re.fullmatch(about.pattern, value.reveal() if isinstance(value, Secret) else str(value)):
        raise ValueError(f"is not like {about.example}" if about.example else "has not the form that is wanted")


def bound(value: float, kind: Kind) -> str | int:
    """A bound as people write it."""
    if kind is KINDS[timedelta]:
        return write_duration(timedelta(seconds=value))
    if kind is KINDS[Size]:
        return write_size(int(value))
    return int(value) if value == int(value) else f"{value:g}"
