"""The whole application on a real store, a client that holds every answer against the OpenAPI document."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from web_requests import INTAKE_TOKEN, TOKENS, webhook

from fraiseql_observe.alerts.manager import AlertManager
from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.server import AuthSettings, IntakeSettings, ServerSettings, TokenSettings
from fraiseql_observe.config.settings import Settings
from fraiseql_observe.config.store import StoreSettings
from fraiseql_observe.config.webhook import WebhookDestination
from fraiseql_observe.web.app import create_app
from fraiseql_observe.web.openapi import document
from fraiseql_observe.web.rest.operation import BASE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from aiohttp.test_utils import TestClient


class Clock:
    """The present, moved by `later`."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def later(self, by: timedelta) -> None:
        self.offset += by


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        store=StoreSettings(url=Secret(f"sqlite:///{tmp_path}/observe.db")),
        server=ServerSettings(read_timeout=timedelta(seconds=0.5), request_timeout=timedelta(seconds=10)),
        intake=IntakeSettings(
            token=Secret(INTAKE_TOKEN),
            username="am",
            password=Secret("pass"),
            largest_body=100_000,
            commit_timeout=timedelta(seconds=2),
        ),
        auth=AuthSettings(
            tokens={name: TokenSettings(token=Secret(token), scopes=scopes) for name, (token, scopes) in TOKENS.items()}
        ),
        destinations={
            # Nothing listens there: each delivery is given up at the first refusal.
            "gone": WebhookDestination(url="http://127.0.0.1:1/", allow_private=True, attempts=1)
        },
    )


@pytest.fixture
async def manager(settings: Settings, clock: Clock) -> AsyncIterator[AlertManager]:
    async with AlertManager(settings, clock=clock) as manager:
        yield manager


@pytest.fixture
async def client(aiohttp_client: Any, manager: AlertManager, settings: Settings) -> TestClient[Any, Any]:
    return await aiohttp_client(create_app(manager, settings))


@dataclass
class Answer:
    status: int
    body: Any
    headers: Any


DOCUMENT = document()
OPERATIONS = {
    (method.upper(), re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path))): operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


def validate(method: str, path: str, status: int, body: Any) -> None:
    """Hold an answer against what the document promises for it."""
    found = [one for (verb, pattern), one in OPERATIONS.items() if verb == method and pattern.fullmatch(path)]
    promised = found[0]["responses"][str(status)]
    content = promised.get("content")
    if content is None:
        assert body is None
        return
    schema = {**content["application/json"]["schema"], "components": DOCUMENT["components"]}
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(body)


@pytest.fixture
def api(client: TestClient[Any, Any]) -> Callable[..., Any]:
    """Ask the REST interface; every answer must be one that the document promises."""

    async def ask(method: str, path: str, body: Any = None, *, who: str = "root", **more: Any) -> Answer:
        headers = {"Authorization": f"Bearer {TOKENS[who][0]}", **more.pop("headers", {})}
        data = None if body is None else json.dumps(body)
        if data is not None:
            headers.setdefault("Content-Type", "application/json")
        async with client.request(method, BASE + path, data=data, headers=headers, **more) as response:
            text = await response.text()
            found = json.loads(text) if text else None
            validate(method, BASE + path.partition("?")[0], response.status, found)
            return Answer(response.status, found, response.headers)

    return ask


@pytest.fixture
def tell(manager: AlertManager) -> Callable[..., Any]:
    """Send a webhook and wait until it is worked in; return the newest alert's id."""

    async def tell(*names: str, **more: Any) -> str:
        await manager.accept(json.dumps(webhook(*names, **more)).encode(), "alertmanager")
        await manager._parts.processor.catch_up()
        return (await manager.get_active_alerts())[0].id if more.get("status") != "resolved" else ""

    return tell
