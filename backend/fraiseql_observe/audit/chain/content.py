"""What FraiseQL hashes of a row, made anew from its columns: pure, and without asking FraiseQL's own functions.

The hash is sha256("<previous hash or GENESIS>:<canonical JSON>"), in hex. The canonical JSON is PostgreSQL's text of a
jsonb object: keys by length, then by bytes; a blank after each colon and comma. The parts come from the database as
such texts; here they are put together. (enterprise/migrations/001_audit_tables.sql and 002_unified_audit.sql)
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fraiseql_observe.audit.chain.model import Row

GENESIS = "GENESIS"
# A time is hashed as its text in the time zone of whoever wrote it. Every offset in use is a whole quarter of an hour.
_QUARTERS = tuple(timedelta(minutes=15 * quarter) for quarter in range(-12 * 4, 14 * 4 + 1))
EVENT_KEYS = ("event_data", "event_type")
UNIFIED_KEYS = (
    "metadata",
    "new_data",
    "old_data",
    "entity_id",
    "tenant_id",
    "timestamp",
    "entity_type",
    "changed_fields",
    "operation_type",
    "operation_subtype",
)


def row_hash(previous: str, keys: Sequence[str], parts: Iterable[str]) -> str:
    """The hash of a row that follows `previous` (empty: none) with these canonical parts."""
    canonical = ", ".join(f'"{key}": {part}' for key, part in zip(keys, parts, strict=True))
    return sha256(f"{previous or GENESIS}:{{{canonical}}}".encode()).hexdigest()


class EventRecipe:
    """001: the type and the data of the event are hashed, its time and user are not."""

    hashes_time = False

    def zone_of(self, row: Row) -> timedelta | None:
        """The offset under which the row has its hash (here always 0); None when it has another content."""
        return timedelta() if row_hash(row.previous, EVENT_KEYS, row.content) == row.hash else None


class UnifiedRecipe:
    """002: the row's time is hashed as text, so the hash depends on the writer's time zone."""

    hashes_time = True

    def __init__(self) -> None:
        self._lately = timedelta()

    def zone_of(self, row: Row) -> timedelta | None:
        """The offset under which the row has its hash; None when it has another content."""
        place = UNIFIED_KEYS.index("timestamp")
        head, tail = row.content[:place], row.content[place + 1 :]
        for offset in (self._lately, timedelta(), *_QUARTERS):
            if row_hash(row.previous, UNIFIED_KEYS, (*head, f'"{timestamp(row.at, offset)}"', *tail)) == row.hash:
                self._lately = offset
                return offset
        return None


def timestamp(at: datetime, offset: timedelta) -> str:
    """A timestamptz as PostgreSQL writes it in DateStyle ISO: 2026-03-04 12:00:00.5+05:30."""
    local = at.astimezone(timezone(offset))
    fraction = f".{local.microsecond:06}".rstrip("0") if local.microsecond else ""
    return f"{local.year:04}-{local:%m-%d %H:%M:%S}{fraction}{zone(offset)}"


def zone(offset: timedelta) -> str:
    """An offset as PostgreSQL writes it: +00, -03, +05:30."""
    minutes = offset // timedelta(minutes=1)
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}" + (f":{rest:02}" if rest else "")


def signed(row: Row, keys: Iterable[bytes]) -> bool:
    """Whether one of the keys made the row's signature: the HMAC-SHA256 of its hash, in hex."""
    given = row.signature.encode()
    return any(hmac.compare_digest(hmac.digest(key, row.hash.encode(), "sha256").hex().encode(), given) for key in keys)


def sealed(digest: str, row: Row) -> str:
    """The digest of a stretch that ended with `digest` (empty: none) once the row is added: over every column read."""
    at = row.at.astimezone(UTC).isoformat()
    columns = (row.id, at, row.tenant, row.previous, row.hash, row.signature, *row.content, *row.others)
    framed = "".join("-" if one is None else f"{len(one)}:{one}" for one in columns)
    return sha256(f"{digest}{framed}".encode()).hexdigest()
