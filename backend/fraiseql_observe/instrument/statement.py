"""What kind of SQL statement runs, and on which table. Pure; remembers the texts it saw."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from psycopg.sql import SQL, Composable, Composed, Identifier


class Statement(NamedTuple):
    """`query_type` is select, insert, update, delete, function or other; `table` the first one named, or empty."""

    query_type: str
    table: str


_VERB = re.compile(r"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*([a-z]+)", re.IGNORECASE | re.DOTALL)
_FUNCTION = re.compile(r"\bselect\s+(?:row_to_json\s*\(\s*|\*\s+from\s+)([\w.\"]+)\s*\(", re.IGNORECASE)
_TABLE = re.compile(r"\b(?:from|into|update|join)\s+(?:only\s+)?([\w.\"]+)", re.IGNORECASE)
_SCANNED = 4_000
_COUNTED = frozenset({"select", "insert", "update", "delete"})
# Sent by psycopg and FraiseQL around the statements of the application.
_SKIPPED = frozenset({"set", "reset", "show", "begin", "commit", "rollback", "savepoint", "release", "discard"})
_PING = re.compile(r"\s*select\s+1\s*;?\s*$", re.IGNORECASE)

OTHER = Statement("other", "")


def describe(query: object) -> Statement | None:
    """The statement's kind and table; None for what is not the application's own work."""
    if isinstance(query, str):
        return _of_text(query) if len(query) <= _SCANNED else _scan(query[:_SCANNED])
    if isinstance(query, Composed):
        return _of_composed(query)
    if isinstance(query, SQL):
        return _of_text(query.as_string(None))
    if isinstance(query, bytes):
        return _of_text(query[:_SCANNED].decode("utf-8", "replace"))
    return OTHER


@lru_cache(maxsize=1024)
def _of_text(text: str) -> Statement | None:
    return _scan(text)


def _scan(text: str) -> Statement | None:
    found = _VERB.match(text)
    verb = found[1].lower() if found else ""
    if verb in _SKIPPED or _PING.match(text):
        return None
    if function := _FUNCTION.search(text):
        return Statement("function", _plain(function[1]))
    table = _TABLE.search(text)
    return Statement(verb if verb in _COUNTED else "other", _plain(table[1]) if table else "")


def _of_composed(query: Composed) -> Statement:
    """The first identifier is the view; the verb stands in the first piece of SQL."""
    verb, table = "", ""
    for part in _parts(query):
        if isinstance(part, SQL):
            if not verb:
                verb = _first_word(part._obj)  # noqa: SLF001  (as_string costs ten times as much)
        elif isinstance(part, Identifier):
            table = part._obj[-1]  # noqa: SLF001
            break
    return Statement(verb if verb in _COUNTED else "other", table)


def _parts(query: Composed, depth: int = 0) -> list[Composable]:
    parts = list(query)
    if depth < 5 and parts and isinstance(parts[0], Composed):  # noqa: PLR2004
        return _parts(parts[0], depth + 1) + parts[1:]
    return parts


@lru_cache(maxsize=256)
def _first_word(text: str) -> str:
    found = _VERB.match(text)
    return found[1].lower() if found else ""


def _plain(name: str) -> str:
    return name.replace('"', "")
