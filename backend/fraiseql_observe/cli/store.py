"""The backend's store as commands reach it: beside a running service, for a short visit."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from fraiseql_observe.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from fraiseql_observe.store.engine import Engine

store_option = click.option(
    "--store", "url", metavar="URL", help="The backend's store, sqlite:///… or postgresql://…  Default: `store.url`."
)


def store_url(path: Path | None, url: str | None) -> str:
    """The URL of the store: the one given, else that of the settings.

    Raises:
        ConfigError: the settings are wrong.
    """
    from fraiseql_observe.config.load import load  # noqa: PLC0415  only who needs them pays for it

    return url or load(path, os.environ).store.url.reveal()


def exists(url: str) -> bool:
    """Whether there is a store to visit; opening one would make it."""
    from fraiseql_observe.store.sqlite_file import path_of  # noqa: PLC0415

    return not url.startswith("sqlite:") or path_of(url).exists()


def visited(url: str, work: Callable[[Engine], Awaitable[Any]]) -> Any:
    """As `on_store`, for commands that only look: they make no store.

    Raises:
        StoreError: there is none, or it cannot be opened.
    """
    if not exists(url):
        raise StoreError(
            f"There is no store at {url}.", hint="run it where the backend runs, or name its store: --store"
        )
    return on_store(url, work)


def on_store(url: str, work: Callable[[Engine], Awaitable[Any]]) -> Any:
    """Open the store, do the work, and let go of it.

    Raises:
        StoreError: it cannot be opened or written.
    """
    from fraiseql_observe.store.opening import open_store  # noqa: PLC0415

    async def run() -> Any:
        engine = await open_store(url, clock=lambda: datetime.now(UTC), exclusive=False)
        try:
            return await work(engine)
        finally:
            await engine.close()

    return asyncio.run(run())
