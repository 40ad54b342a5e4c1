"""How values stand in columns: times as microseconds since the epoch, JSON as text, text that every engine takes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FOREVER = 2**62  # later than any time, within bigint


def micros(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND


def moment(value: int) -> datetime:
    return EPOCH + timedelta(microseconds=value)


def micros_or_none(at: datetime | None) -> int | None:
    return None if at is None else micros(at)


def moment_or_none(value: int | None) -> datetime | None:
    return None if value is None else moment(value)


def dump(value: Any) -> str:
    """Write JSON in which NUL and lone surrogates, which PostgreSQL's text would refuse, are escaped."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # half a surrogate pair, or an integer beyond 64 bits
        return json.dumps(value, separators=(",", ":"))


def load(text: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:  # an escaped half of a surrogate pair
        return json.loads(text)


def text(value: str) -> str:
    """Replace what a text column cannot hold: NUL and lone surrogates become U+FFFD."""
    if value.isascii() and "\0" not in value:
        return value
    return value.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
