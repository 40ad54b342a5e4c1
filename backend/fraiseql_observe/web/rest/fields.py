"""Parameters and bodies: each field declared once, read strictly, all problems told at once.

The same declaration gives the field's JSON Schema in the OpenAPI document.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from fraiseql_observe.config.values import DURATION, duration
from fraiseql_observe.web.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from enum import StrEnum

    from aiohttp import web

LARGEST_BODY = 64 * 1024
NAME = 1024  # characters of a label's name
VALUE = 16_384  # of its value
MOMENT_END = 250_000_000_000_000  # milliseconds since the epoch: the year 9892
DIGITS = re.compile(r"-?[0-9]{1,18}")
LONGEST_SPAN = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Kind:
    """`read` takes what was sent and returns the typed value, or raises ValueError with the end of a sentence."""

    read: Callable[[Any], Any]
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One query parameter or one key of a JSON body. `many`: a parameter that may be repeated, a list in a body."""

    name: str
    about: str
    kind: Kind
    required: bool = False
    many: bool = False
    default: Any = None
    most: int = 32

    @property
    def schema(self) -> dict[str, Any]:
        if self.many:
            least = {"minItems": 1} if self.required else {}
            return {"type": "array", "items": dict(self.kind.schema), **least, "maxItems": self.most}
        return dict(self.kind.schema)


def text(longest: int, *, shortest: int = 0) -> Kind:
    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError("is not a text")  # noqa: TRY004  the caller reads one kind of error
        if not shortest <= len(value) <= longest:
            raise ValueError(f"is not {shortest} to {longest} characters long")
        if "\0" in value:
            raise ValueError("holds a zero byte")
        return value

    return Kind(read, {"type": "string", "minLength": shortest, "maxLength": longest})


def whole(least: int, most: int) -> Kind:
    def read(value: Any) -> int:
        if isinstance(value, str) and DIGITS.fullmatch(value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"is not a whole number from {least} to {most}")
        return value

    return Kind(read, {"type": "integer", "minimum": least, "maximum": most})


def choice(of: type[StrEnum], only: Iterable[StrEnum] | None = None) -> Kind:
    names = [str(one) for one in only or of]

    def read(value: Any) -> StrEnum:
        if value not in names:
            raise ValueError(f"is not one of {', '.join(names)}")
        return of(value)

    return Kind(read, {"type": "string", "enum": names})


def matching(pattern: str) -> Kind:
    def read(value: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise ValueError(f"is not {pattern.replace('|', ', ')}"[:200])
        return value

    return Kind(read, {"type": "string", "pattern": f"^({pattern})$"})


def _truth(value: Any) -> bool:
    if value in ("true", "false"):
        return bool(value == "true")
    if not isinstance(value, bool):
        raise ValueError("is not true or false")  # noqa: TRY004
    return value


def _moment(value: Any) -> datetime:
    """RFC 3339 with its zone, or milliseconds since the epoch as Grafana writes them."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:20])
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOMENT_END:
        return datetime.fromtimestamp(value / 1000, UTC)
    try:
        moment = datetime.fromisoformat(value).astimezone(UTC) if "T" in value else None
    except (TypeError, ValueError, OverflowError):
        moment = None
    if moment is None or datetime.fromisoformat(value).tzinfo is None:
        raise ValueError("is not a time such as 2026-11-23T09:30:00Z")
    return moment


def _span(value: Any) -> timedelta:
    if (
        not isinstance(value, str)
        or not DURATION.fullmatch(value)
        or not timedelta(0) < duration(value) <= LONGEST_SPAN
    ):
        raise ValueError("is not a duration such as 30m or 2h, of a year at most")
    return duration(value)


def _labels(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > 128:  # noqa: PLR2004
        raise ValueError("is not a mapping of at most 128 names to texts")
    for name, one in value.items():
        if not isinstance(one, str) or len(one) > VALUE or not 0 < len(name) <= NAME:
            raise ValueError(f"has no text of at most {VALUE} characters for {name[:60]!r}")
    return value


TRUTH = Kind(_truth, {"type": "boolean"})
MOMENT = Kind(_moment, {"type": "string", "format": "date-time"})
SPAN = Kind(_span, {"type": "string", "pattern": f"^{DURATION.pattern}$"})
LABELS = Kind(_labels, {"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 128})
COMMENT = Field("comment", "What the timeline shall say.", text(2000), default="")


def read_query(request: web.Request, fields: Iterable[Field]) -> dict[str, Any]:
    """Return the parameters of a request, typed.

    Raises:
        RequestError: naming every one that is unknown, missing, repeated or malformed.
    """
    given: dict[str, list[str]] = {}
    for name, value in request.query.items():
        given.setdefault(name, []).append(value)
    singles = {name: values if _many(fields, name) else values[0] for name, values in given.items()}
    repeated = [
        f"{name}: is given {len(v)} times" for name, v in given.items() if len(v) > 1 and not _many(fields, name)
    ]
    return _read(singles, fields, repeated)


async def read_body(request: web.Request, fields: Iterable[Field]) -> dict[str, Any]:
    """Return the keys of a JSON body, typed; no body is an empty one.

    Raises:
        RequestError: it is no JSON object, or keys are unknown, missing or malformed.
    """
    if (request.content_length or 0) > LARGEST_BODY:
        raise RequestError([f"The body is larger than {LARGEST_BODY} bytes."], status=413)
    content = b""
    while chunk := await request.content.readany():
        content += chunk
        if len(content) > LARGEST_BODY:
            raise RequestError([f"The body is larger than {LARGEST_BODY} bytes."], status=413)
    if not content:
        return _read({}, fields, [])
    if request.content_type != "application/json" or (request.charset or "utf-8").lower() != "utf-8":
        raise RequestError(["The body must be application/json in UTF-8."], status=415)
    try:
        given = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RequestError([f"The body is not JSON: {str(error)[:200]}"]) from None
    if not isinstance(given, dict):
        raise RequestError(["The body must be a JSON object."])
    return _read(given, fields, [])


def _many(fields: Iterable[Field], name: str) -> bool:
    return any(field.many for field in fields if field.name == name)


def _read(given: Mapping[str, Any], fields: Iterable[Field], problems: list[str]) -> dict[str, Any]:
    known = {field.name: field for field in fields}
    problems += [_unknown(name, known) for name in given if name not in known]
    values = {}
    for name, field in known.items():
        try:
            values[name] = _value(field, given)
        except ValueError as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise RequestError(problems)
    return values


def _value(field: Field, given: Mapping[str, Any]) -> Any:
    if field.name not in given or given[field.name] is None:
        if field.required:
            raise ValueError("is missing")
        return () if field.many else field.default
    value = given[field.name]
    if not field.many:
        return field.kind.read(value)
    if not isinstance(value, list) or not field.required <= len(value) <= field.most:
        raise ValueError(f"is not a list of {'1 to' if field.required else 'at most'} {field.most}")
    return tuple(field.kind.read(one) for one in value)


def _unknown(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"{name[:60]}: is unknown" + (f"; did you mean {near[0]}?" if near else "")
