"""From a URL to an open engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from fraiseql_observe.store.engine import Engine


async def open_store(url: str, *, clock: Callable[[], datetime]) -> Engine:
    """Open the store and bring its schema up to date.

    Args:
        url: `sqlite:///relative.db`, `sqlite:////absolute/path.db` or `postgresql://user@host/database`.
        clock: gives the time as an aware UTC datetime.

    Raises:
        ConfigError: the URL is none of these.
        StoreError: it cannot be opened, another process holds it, or its schema is newer than this program.
    """
    raise NotImplementedError
