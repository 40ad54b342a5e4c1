"""A console on a real store, and people who are logged in to it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from fraiseql_observe.alerts.manager import AlertManager
from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.server import AuthSettings, ServerSettings, TokenSettings
from fraiseql_observe.config.settings import Settings
from fraiseql_observe.config.store import StoreSettings
from fraiseql_observe.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from aiohttp import ClientResponse
    from aiohttp.test_utils import TestClient

FORM_TOKEN = re.compile(r'name="form_token" value="([^"]*)"')
WRITER, READER, SENDER = "fqo_writer", "fqo_reader", "fqo_sender"


class Clock:
    """The present, moved by `later`."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset


@dataclass
class Page:
    status: int
    text: str
    url: str
    headers: Any

    @property
    def form_token(self) -> str:
        found = FORM_TOKEN.search(self.text)
        return unescape(found[1]) if found else ""


@dataclass
class Person:
    """A browser without JavaScript."""

    client: TestClient
    headers: dict[str, str] = field(default_factory=dict)
    token: str = ""

    async def get(self, path: str, **headers: str) -> Page:
        async with self.client.get(path, headers=self.headers | headers) as answer:
            return await self._seen(answer)

    async def send(self, path: str, **fields: str) -> Page:
        """Send a form that the last page offered, and follow where it leads."""
        async with self.client.post(path, data={"form_token": self.token} | fields, headers=self.headers) as answer:
            return await self._seen(answer)

    async def log_in(self, token: str, **fields: str) -> Page:
        return await self.send("/login", token=token, **fields)

    async def _seen(self, answer: ClientResponse) -> Page:
        page = Page(answer.status, await answer.text(), str(answer.url.relative()), answer.headers)
        self.token = page.form_token or self.token
        return page


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    tokens = {
        "kim": TokenSettings(token=Secret(WRITER), scopes=("alerts:write",)),
        "guest": TokenSettings(token=Secret(READER), scopes=("alerts:read",)),
        "prometheus": TokenSettings(token=Secret(SENDER), scopes=("intake:write",)),
    }
    return Settings(
        server=ServerSettings(),
        store=StoreSettings(url=Secret(f"sqlite:///{tmp_path}/console.db")),
        auth=AuthSettings(tokens=tokens),
    )


@pytest.fixture
async def manager(settings: Settings, clock: Clock) -> AsyncIterator[AlertManager]:
    async with AlertManager(settings, clock=clock) as manager:
        yield manager


@pytest.fixture
def visit(
    manager: AlertManager, settings: Settings, aiohttp_client: Callable[..., Awaitable[TestClient]]
) -> Callable[..., Awaitable[Person]]:
    """A function that gives a browser, logged in with a token if one is named."""

    async def visit(token: str = "", using: Settings = settings) -> Person:
        person = Person(await aiohttp_client(create_app(manager, using)))
        if token:
            await person.log_in(token)
        return person

    return visit


@pytest.fixture
async def kim(visit: Callable[..., Awaitable[Person]]) -> Person:
    return await visit(WRITER)


@pytest.fixture
async def guest(visit: Callable[..., Awaitable[Person]]) -> Person:
    return await visit(READER)
