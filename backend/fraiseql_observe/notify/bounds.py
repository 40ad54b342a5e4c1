"""Cutting what is too long, so that a big incident is told short instead of not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fraiseql_observe.incident.message import Message

ELLIPSIS = "…"
VALUE = 256  # characters of each text, where nothing else makes a body small enough


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters, the last an ellipsis when something was left out."""
    return text if len(text) <= limit else text[: limit - 1] + ELLIPSIS


def cut_all(value: Any, limit: int) -> Any:
    """Cut every text within a JSON value."""
    if isinstance(value, str):
        return cut(value, limit)
    if isinstance(value, dict):
        return {cut(key, limit): cut_all(each, limit) for key, each in value.items()}
    return [cut_all(each, limit) for each in value] if isinstance(value, list) else value


def encode(value: Any) -> bytes:
    """Write JSON as UTF-8; what UTF-8 cannot say (half a surrogate pair) becomes a question mark."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def first_that_fits(candidates: Iterable[bytes], limit: int) -> bytes:
    """Return the first of at most `limit` bytes, else the last: give them from rich to poor."""
    chosen = b""
    for chosen in candidates:
        if len(chosen) <= limit:
            break
    return chosen


def fewer_alerts(message: Message, limit: int, body: Callable[[Message], bytes]) -> bytes:
    """Return the body with as many alerts as fit, halving; the left-out ones are counted in `omitted`."""
    shown = message
    while len(encoded := body(shown)) > limit and shown.alerts:
        kept = len(shown.alerts) // 2
        shown = replace(shown, alerts=shown.alerts[:kept], omitted=message.omitted + len(message.alerts) - kept)
    return encoded
