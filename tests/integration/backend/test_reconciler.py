"""What was lost on the way between a real Alertmanager and us is found."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path  # noqa: TC003 - pytest reads it

import aiohttp
import pytest
from aiohttp import web
from deliveries import Sink

from fraiseql_observe.alerts.manager import AlertManager
from fraiseql_observe.config.alertmanager import AlertmanagerSettings
from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.settings import Settings
from fraiseql_observe.config.store import StoreSettings
from fraiseql_observe.demo.servers import AlertmanagerServer
from fraiseql_observe.incident.model import State
from fraiseql_observe.store.incidents import Query

CONFIG = """
route:
  receiver: fraiseql-observe
  group_by: [alertname]
  group_wait: 100ms
  group_interval: 500ms
  repeat_interval: 1h
receivers:
  - name: fraiseql-observe
    webhook_configs: [{{url: "{url}", send_resolved: true{more}}}]
"""
SOON = timedelta(seconds=1)


class Receiver:
    """The webhook's address: it answers as long as we are up, and 400, which is not tried again, while we are not."""

    def __init__(self):
        self.manager = None
        self.url = ""

    @asynccontextmanager
    async def listening(self):
        app = web.Application()
        app.router.add_post("/", self.take)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        yield self
        await runner.cleanup()

    async def take(self, request):
        if self.manager is None:
            return web.Response(status=400)
        await self.manager.accept(await request.read(), "alertmanager")
        return web.Response()


@pytest.fixture
async def receiver():
    async with Receiver().listening() as receiver:
        yield receiver


@asynccontextmanager
async def alertmanager(receiver, folder: Path, more: str = ""):
    files = {"alertmanager.yml": CONFIG.format(url=receiver.url, more=more)}
    server = AlertmanagerServer(files, folder=folder)
    await asyncio.to_thread(server.start)
    try:
        yield server
    finally:
        await asyncio.to_thread(server.stop)


@asynccontextmanager
async def ours(receiver, server, folder, **changed):
    """Be up: take webhooks, compare every second, tell a sink."""
    given = AlertmanagerSettings(urls=(server.url,), interval=SOON, confirm_after=2 * SOON, settle=timedelta(0))
    settings = Settings(
        store=StoreSettings(url=Secret(f"sqlite:///{folder}/observe.db")), alertmanager=replace(given, **changed)
    )
    manager = AlertManager(settings)
    manager.register_handler("sink", Sink("sink"))
    async with manager:
        receiver.manager = manager
        try:
            yield manager
        finally:
            receiver.manager = None


STARTED = datetime.now(UTC) - timedelta(minutes=1)


async def post(server, path, told):
    headers = {"Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{server.url}/api/v2/{path}", data=json.dumps(told), headers=headers) as response,
    ):
        assert response.status == 200


async def send(server, *names, over=False):
    now = datetime.now(UTC)
    ends = now - SOON if over else now + timedelta(hours=1)
    told = [
        {
            "labels": {"alertname": "Disk", "instance": name, "severity": "critical"},
            "startsAt": STARTED.isoformat(),
            "endsAt": ends.isoformat(),
        }
        for name in names
    ]
    await post(server, "alerts", told)


async def until(manager, state, firing):
    """Wait for the one incident to stand so."""
    for _ in range(300):
        active = await manager.search(Query())
        if [(one.state, one.firing) for one in active.incidents] == [(state, firing)]:
            return active.incidents[0]
        await asyncio.sleep(0.05)
    pytest.fail(f"no incident is {state} with {firing} firing: {active.incidents}")


async def test_a_resolve_that_was_lost_while_we_were_down_is_found(receiver, tmp_path):
    async with alertmanager(receiver, tmp_path / "am") as server:
        async with ours(receiver, server, tmp_path) as manager:
            await send(server, "a", "b")
            await until(manager, State.FIRING, 2)
        await send(server, "a", "b", over=True)
        await asyncio.sleep(1.5)  # group_interval has passed: told to nobody, and 400 is not tried again at once
        async with ours(receiver, server, tmp_path) as manager:
            receiver.manager = None  # and what it still tries to tell does not come through either
            incident = await until(manager, State.RESOLVED, 0)
            assert incident.resolved_by == "Reconciliation"
            corrected = manager.telemetry.registry.get_sample_value(
                "fraiseql_observe_reconciled_alerts_total", {"change": "resolved"}
            )
            assert corrected == 2


async def compared(manager, times):
    """Wait for as many comparisons more."""
    counted = manager.telemetry.reconciliations.labels("ok")._value
    wanted = counted.get() + times
    for _ in range(300):
        if counted.get() >= wanted:
            return
        await asyncio.sleep(0.05)
    pytest.fail("nothing is compared")


async def test_what_a_truncated_group_left_out_is_found(receiver, tmp_path):
    async with (
        alertmanager(receiver, tmp_path / "am", ", max_alerts: 1") as server,
        ours(receiver, server, tmp_path, confirm_after=timedelta(hours=1)) as manager,
    ):
        await send(server, "a", "b", "c")
        await until(manager, State.FIRING, 3)
        await send(server, "b", "c", over=True)
        await until(manager, State.FIRING, 1)
        await send(server, "a", over=True)
        await until(manager, State.RESOLVED, 0)


async def test_an_alertmanager_that_began_lately_and_a_silence_say_nothing(receiver, tmp_path):
    async with alertmanager(receiver, tmp_path / "am") as server:
        async with ours(receiver, server, tmp_path, confirm_after=timedelta(0)) as manager:
            await send(server, "a")
            await until(manager, State.FIRING, 1)
            now = datetime.now(UTC)
            silence = {
                "matchers": [{"name": "alertname", "value": "Disk", "isRegex": False}],
                "startsAt": now.isoformat(),
                "endsAt": (now + timedelta(hours=1)).isoformat(),
                "createdBy": "kim",
                "comment": "",
            }
            await post(server, "silences", silence)
            await compared(manager, 2)
            await until(manager, State.FIRING, 1)
        await asyncio.to_thread(server.stop)
        await asyncio.to_thread(server.start)
        async with ours(receiver, server, tmp_path, confirm_after=timedelta(0), settle=timedelta(hours=1)) as manager:
            await compared(manager, 2)
            await until(manager, State.FIRING, 1)


async def test_an_occurrence_that_fires_again_though_we_hold_it_for_ended(receiver, tmp_path):
    """The network between Prometheus and Alertmanager was cut for a while: the same start is told again."""
    async with (
        alertmanager(receiver, tmp_path / "am") as server,
        ours(receiver, server, tmp_path, confirm_after=timedelta(hours=1)) as manager,
    ):
        await send(server, "a")
        await until(manager, State.FIRING, 1)
        await send(server, "a", over=True)
        await until(manager, State.RESOLVED, 0)
        await send(server, "a")
        incident = await until(manager, State.FIRING, 1)
        assert incident.reopened == 1
        await send(server, "a", over=True)
        await until(manager, State.RESOLVED, 0)
