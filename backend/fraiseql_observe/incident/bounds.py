"""How large labels may be: what is larger is cut, because an alert that says too much must still be told.

Everything here gives the same for the same input and leaves alone what it has cut before. What is cut ends with a
digest of the whole, so that two groups that differ only behind the cut stay two.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

RECEIVER = 512  # characters
LABELS = 16_384  # characters in all names and values of one set
ANNOTATIONS = 32_768
VALUE = 1024  # of one value, in a set that is too large
URL = 8192
LEFT_OUT = "…"  # the label that stands for those without room

_FIRST = ("alertname", "severity", "summary", "description", "runbook_url", "dashboard_url")  # what we read ourselves
_RESERVED = 100  # characters, for what says that something was left out


def text(value: str, limit: int) -> str:
    """Return at most `limit` characters."""
    if len(value) <= limit:
        return value
    end = f"… ({len(value)} characters, {_digest(value)})"
    return value[: limit - len(end)] + end


def url(value: str) -> str:
    """Return the address, or nothing: half of one leads nowhere."""
    return value if len(value) <= URL else ""


def labels(given: dict[str, str], limit: int = LABELS) -> dict[str, str]:
    """Return a set of at most `limit` characters: long values are cut, then the last by name left out."""
    if _size(given) <= limit:
        return given
    kept: dict[str, str] = {}
    size = 0
    order = [name for name in _FIRST if name in given] + sorted(given.keys() - set(_FIRST))
    for name in order:
        kept[text(name, VALUE)] = value = text(given[name], VALUE)
        size += min(len(name), VALUE) + len(value)
        if size > limit:
            break
    if size <= limit:
        return kept
    while size > limit - _RESERVED:
        name, value = kept.popitem()
        size -= len(name) + len(value)
    whole = _digest("\0".join(part for name in order for part in (name, given[name])))
    return {**kept, LEFT_OUT: f"{len(given) - len(kept)} more, {whole}"}


def _size(given: Mapping[str, str]) -> int:
    return sum(map(len, given)) + sum(map(len, given.values()))


def _digest(value: str) -> str:
    return sha256(value.encode(errors="surrogatepass")).hexdigest()[:16]
