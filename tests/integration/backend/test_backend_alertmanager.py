"""Every Alertmanager there is in front of a running backend: its real bodies and its retries."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from fraiseql_observe.demo.servers import AlertmanagerServer, BackendServer, programs

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from fraiseql_observe.demo.servers.process import Command

# Others than the installed one, as `scripts/fetch-program.sh` prints them.
OTHERS = [Path(path) for path in os.environ.get("FRAISEQL_OBSERVE_ALERTMANAGERS", "").split(":") if path]
ALERTMANAGERS = [programs.ALERTMANAGER.look(), *OTHERS]
TOKEN = secrets.token_urlsafe(24)
SOON = 20.0  # seconds


class Alertmanager(AlertmanagerServer):
    """One of a certain version."""

    def __init__(self, program: Path, webhook: str) -> None:
        super().__init__({"alertmanager.yml": json.dumps(configuration(webhook))})
        self._program = program

    def command(self) -> Command:
        command = super().command()
        command.argv = [self._program, *command.argv[1:]]
        return command

    async def tell(self, *, ends: datetime | None = None, **labels: str) -> None:
        """Push one alert, as Prometheus does; with an end it is over."""
        alert: dict[str, Any] = {
            "labels": {"alertname": "Tried", "severity": "critical", **labels},
            "annotations": {"summary": "Something <b>breaks</b>", "runbook_url": "https://example.org/runbook"},
            "startsAt": (datetime.now(UTC) - timedelta(minutes=1)).isoformat(),
        }
        if ends:
            alert["endsAt"] = ends.isoformat()
        async with aiohttp.ClientSession() as session, session.post(f"{self.url}/api/v2/alerts", json=[alert]) as said:
            assert said.status == 200, await said.text()


def configuration(webhook: str) -> dict[str, Any]:
    authorization = {"type": "Bearer", "credentials": TOKEN}
    return {
        "route": {
            "receiver": "fraiseql-observe",
            "group_by": ["alertname"],
            "group_wait": "100ms",
            "group_interval": "1s",
            "repeat_interval": "2s",
        },
        "receivers": [
            {
                "name": "fraiseql-observe",
                "webhook_configs": [{"url": webhook, "http_config": {"authorization": authorization}}],
            }
        ],
    }


@pytest.fixture
def backend() -> Iterator[BackendServer]:
    reader = {"token": TOKEN, "scopes": ["alerts:read"]}
    with BackendServer({"intake": {"token": TOKEN}, "auth": {"tokens": {"test": reader}}}) as server:
        yield server


@pytest.fixture(params=ALERTMANAGERS, ids=lambda path: path.parts[-4] if path and path in OTHERS else "installed")
def alertmanager(request: pytest.FixtureRequest, backend: BackendServer) -> Iterator[Alertmanager]:
    if request.param is None:
        pytest.skip("needs Alertmanager: apt-get install prometheus-alertmanager")
    with ExitStack() as stack:
        yield stack.enter_context(Alertmanager(request.param, f"{backend.url}/webhooks/alertmanager"))


async def incidents(backend: BackendServer) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"{backend.url}/api/observability/alerts") as answer,
    ):
        assert answer.status == 200, await answer.text()
        listed: list[dict[str, Any]] = (await answer.json())["alerts"]
        return listed


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    deadline = asyncio.get_running_loop().time() + SOON
    while not await holds():
        assert asyncio.get_running_loop().time() < deadline, "it does not come true"
        await asyncio.sleep(0.05)


async def test_a_group_fires_grows_repeats_and_ends(backend: BackendServer, alertmanager: Alertmanager) -> None:
    async def there(state: str, total: int) -> bool:
        return [(each["state"], each["total"]) for each in await incidents(backend)] == [(state, total)]

    await alertmanager.tell(instance="a")
    await until(lambda: there("firing", 1))
    await alertmanager.tell(instance="b")
    await until(lambda: there("firing", 2))
    version = (await incidents(backend))[0]["version"]
    await asyncio.sleep(3)  # longer than its repeat interval
    assert (await incidents(backend))[0]["version"] == version, "a repetition changed the incident"
    now = datetime.now(UTC)
    await alertmanager.tell(instance="a", ends=now)
    await alertmanager.tell(instance="b", ends=now)
    await until(lambda: there("resolved", 2))


async def test_it_comes_again_after_we_were_away(backend: BackendServer, alertmanager: Alertmanager) -> None:
    async def there() -> bool:
        return [each["state"] for each in await incidents(backend)] == ["firing"]

    await asyncio.to_thread(backend.stop)
    await alertmanager.tell(instance="a")
    await asyncio.sleep(0.5)
    await asyncio.to_thread(backend.start)
    await until(there)
