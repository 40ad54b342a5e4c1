"""What may be kept of an error's words, and what makes two errors the same. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fraiseql_observe.instrument.classify import Failure

MAX_MESSAGE = 500
_MAX_LITERALS = 1_000
_MIN_LITERAL = 3
_SCAN = 4_000

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_EMAIL = re.compile(r"[^\s@'\"()<>]{1,64}@[^\s@'\"()<>]{1,255}")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|\u201c[^\u201d]*\u201d|=\([^)]*\)")
_DIGITS = re.compile(r"\d+")
# What never closes matches too: searching on from each quote inside it would take quadratic time.
_DOCUMENT_STRING = re.compile(r'"""(.*?)(?:"""|\Z)|"((?:[^"\\\n]|\\.)*)"?', re.DOTALL)


def redact(message: str, literals: Iterable[str] = ()) -> str:
    """The message without values: `literals`, quoted parts, mail addresses, identifiers and digits become `?`.

    An opening quote that never closes takes the rest of the message with it: better lose words than keep a value.
    """
    text = message[:_SCAN]
    for literal in sorted(set(literals), key=len, reverse=True):
        text = text.replace(literal, "?")
    text = _QUOTED.sub("?", text)
    text = _UUID.sub("?", text)
    text = _EMAIL.sub("?", text)
    text = re.split(r"['\"`\u201c]", text, maxsplit=1)[0] if _unbalanced(text) else text
    text = _DIGITS.sub("?", text)
    text = " ".join(text.split()).replace("\x00", "")[:MAX_MESSAGE]
    return text.encode("utf-8", "replace").decode()  # half a surrogate pair is no text to PostgreSQL


def _unbalanced(text: str) -> bool:
    # An apostrophe inside a word ("can't") opens nothing.
    return re.search(r"(?<!\w)['\"`\u201c]", text) is not None


def literals_of(document: object, variables: object) -> list[str]:
    """The strings a client sent: those quoted in the document and those in the variables, within a bound."""
    found: list[str] = []
    for value in _leaves(variables, document):
        if len(value) >= _MIN_LITERAL:
            found.append(value)
            if len(found) >= _MAX_LITERALS:
                break
    return found


def _leaves(variables: object, document: object) -> Iterator[str]:
    pending = [variables]
    for _ in range(1_000):
        if not pending:
            break
        value = pending.pop()
        if isinstance(value, dict):
            pending.extend(list(value.values())[:_MAX_LITERALS])
        elif isinstance(value, list | tuple):
            pending.extend(value[:_MAX_LITERALS])
        elif isinstance(value, str):
            yield value[:_SCAN]
    if isinstance(document, str):
        for match in _DOCUMENT_STRING.finditer(document[: 16 * _SCAN]):
            yield from _readings(match[1] or match[2] or "")


def _readings(literal: str) -> Iterator[str]:
    """A literal as it was written and, if it holds escapes, as the application reads it."""
    yield literal
    if "\\" in literal:
        with suppress(ValueError):
            yield str(json.loads(f'"{literal}"'))


def fingerprint(failure: Failure, operation_name: str, redacted: str) -> str:
    """Thirty-two hex digits that are equal for errors of one kind and differ between kinds."""
    parts = (failure.error_type, failure.kind, failure.code, operation_name, redacted)
    return hashlib.blake2b("\x1f".join(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()
