"""What kind of SQL statement runs, and on which table. Pure; remembers the texts it saw."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg.sql import SQL, Composed, Identifier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

QUERY_TYPES = ("select", "insert", "update", "delete", "function", "other")


class Statement(NamedTuple):
    """`query_type` is select, insert, update, delete, function or other; `table` the first one named, or empty."""

    query_type: str
    table: str


_VERB = re.compile(r"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*([a-z]+)", re.IGNORECASE | re.DOTALL)
_FUNCTION = re.compile(r"\bselect\s+(?:row_to_json\s*\(\s*|\*\s+from\s+)([\w.\"]+)\s*\(", re.IGNORECASE)
_TABLE = re.compile(r"\b(?:from|into|update|join)\s+(?:only\s+)?([\w.\"]+)", re.IGNORECASE)
_BEFORE_TABLE = re.compile(r"\b(?:from|into|update|join)\s+(?:only\s+)?$", re.IGNORECASE)
_SCANNED = 4_000
_MAX_PARTS = 100
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
    """The verb stands in the first piece of SQL; the table is the identifier after one that ends in FROM and the like.

    Looks at the pieces themselves, because putting the text together costs ten times as much.
    """
    opening, before, first = "", "", ""
    for part in islice(_parts(query), _MAX_PARTS):
        kind = type(part)
        if kind is SQL:
            before = part._obj or before  # noqa: SLF001
            opening = opening or before
        elif kind is Identifier:
            first = first or part._obj[-1]  # noqa: SLF001
            if _names_table(before):
                return _statement(opening, part._obj[-1])  # noqa: SLF001
    return _statement(opening, first)


def _parts(query: Composed) -> Iterable[Any]:
    pieces = query._obj  # noqa: SLF001
    return _flat(query) if pieces and type(pieces[0]) is Composed else pieces


def _flat(query: Composed) -> Iterator[Any]:
    for part in query:
        if isinstance(part, Composed):
            yield from _flat(part)
        else:
            yield part


@lru_cache(maxsize=1024)
def _statement(opening: str, table: str) -> Statement:
    found = _VERB.match(opening)
    verb = found[1].lower() if found else ""
    return Statement(verb if verb in _COUNTED else "other", table)


@lru_cache(maxsize=256)
def _names_table(text: str) -> bool:
    return _BEFORE_TABLE.search(text) is not None


def _plain(name: str) -> str:
    return name.replace('"', "")
