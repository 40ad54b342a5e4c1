"""From a URL to an open engine."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fraiseql_observe.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from fraiseql_observe.store.engine import Engine


async def open_store(url: str, *, clock: Callable[[], datetime], exclusive: bool = True) -> Engine:
    """Open the store and bring its schema up to date.

    Args:
        url: `sqlite:///relative.db`, `sqlite:////absolute/path.db` or `postgresql://user@host/database`.
        clock: gives the time as an aware UTC datetime.
        exclusive: False opens a SQLite file beside the server that has it, for a short visit (another process is
            not woken by it). PostgreSQL serves everybody anyway.

    Raises:
        ConfigError: the URL is none of these.
        StoreError: it cannot be opened, another process holds it, or its schema is newer than this program.
    """
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        from fraiseql_observe.store import sqlite, sqlite_file  # noqa: PLC0415 - only the engine that is used

        return await sqlite.open_sqlite(sqlite_file.path_of(url), clock, exclusive=exclusive)
    if scheme in {"postgresql", "postgres"}:
        from fraiseql_observe.store import postgres  # noqa: PLC0415 - psycopg takes its time to load

        return await postgres.open_postgres(url, clock)
    raise ConfigError(
        f"The store's URL begins with {scheme!r}, which is no engine of ours."
        if scheme
        else "The store's URL names no engine.",
        hint="Write sqlite:///observe.db or postgresql://user@host/database.",
    )
