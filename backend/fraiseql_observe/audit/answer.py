"""An answer of the audit log as JSON and as CSV: whatever PostgreSQL gave becomes what both can say. Pure."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from fraiseql_observe.audit.question import Column, Question

Value = str | float | bool | None
CHUNK = 500  # rows
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_BIG = 2**53  # beyond it a JSON number is not exact for most readers


@dataclass(frozen=True)
class Answer:
    """Rows in the order of `question.columns`; `seconds` is how long the database took.

    `start` and `end` are the range that was asked, when the question has one.
    """

    question: Question
    rows: Sequence[tuple[Value, ...]]
    truncated: bool
    seconds: float
    start: datetime | None = None
    end: datetime | None = None

    @cached_property
    def rows_as_json(self) -> tuple[bytes, ...]:
        """The rows, some hundreds a piece, without the brackets around them."""
        names = [column.name for column in self.question.columns]
        encode = msgspec.json.encode
        return tuple(
            encode([dict(zip(names, row, strict=True)) for row in self.rows[start : start + CHUNK]])[1:-1]
            for start in range(0, len(self.rows), CHUNK)
        )

    @cached_property
    def tag(self) -> str:
        """The same for the same rows, however long they took."""
        digest = sha256(self.question.name.encode())
        for piece in (*self.rows_as_json, str(self.truncated).encode()):
            digest.update(piece)
        return digest.hexdigest()[:32]

    @property
    def size(self) -> int:
        return sum(map(len, self.rows_as_json))

    def json(self) -> Iterator[bytes]:
        """The document in pieces: ok, query, columns, rows (objects), row_count, truncated, elapsed_ms, from, to."""
        head = {
            "ok": True,
            "query": self.question.name,
            "columns": [column.as_json() for column in self.question.columns],
        }
        tail = {
            "row_count": len(self.rows),
            "truncated": self.truncated,
            "elapsed_ms": round(self.seconds * 1000, 1),
            "from": plain(self.start, "time"),
            "to": plain(self.end, "time"),
        }
        yield msgspec.json.encode(head)[:-1] + b',"rows":['
        for place, piece in enumerate(self.rows_as_json):
            yield b"," + piece if place else piece
        yield b"]," + msgspec.json.encode(tail)[1:]

    def csv(self) -> Iterator[bytes]:
        """RFC 4180 with a line of names, in pieces; a text that a spreadsheet would run is quoted by an apostrophe."""
        yield _lines([[column.name for column in self.question.columns]])
        for start in range(0, len(self.rows), CHUNK):
            yield _lines([[_cell(value) for value in row] for row in self.rows[start : start + CHUNK]])


def row(values: Sequence[Any], columns: Sequence[Column]) -> tuple[Value, ...]:
    """One row as PostgreSQL gave it, by the declared types of its columns."""
    return tuple(
        [None if value is None else _AS[column.type](value) for value, column in zip(values, columns, strict=True)]
    )


def plain(value: Any, kind: str) -> Value:
    """What JSON can say of a value: times are RFC 3339 in UTC; NaN and infinities, which it lacks, are null."""
    return None if value is None else _AS[kind](value)


def _time(value: Any) -> str | None:
    if isinstance(value, datetime):
        text = value.isoformat()
        if not text.endswith("+00:00"):
            moment = value if value.tzinfo else value.replace(tzinfo=UTC)
            text = moment.astimezone(UTC).isoformat()
        return f"{text[:-6]}Z"
    return f"{value.isoformat()}T00:00:00Z" if isinstance(value, date) else None


def _number(value: Any) -> float | None:
    if type(value) is int and abs(value) < 2**63:
        return value
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value() and abs(value) < _BIG:
        return int(value)
    try:
        number = float(value)
    except (OverflowError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, datetime | date):
        return _time(value) or ""
    if isinstance(value, list | dict | bool):
        return msgspec.json.encode(value, enc_hook=str).decode()
    return str(value)


_AS: Mapping[str, Callable[[Any], Value]] = {"time": _time, "number": _number, "boolean": bool, "string": _text}


def _cell(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else str(value)


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue().encode()
