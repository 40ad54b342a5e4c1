"""Events that a mock made of PagerDuty's own OpenAPI document takes, and what it refuses."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest
from samples import NOW, incident, message

from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.pagerduty import PagerDutyDestination
from fraiseql_observe.demo.servers.server import free_port
from fraiseql_observe.errors import DeliveryError, Reason
from fraiseql_observe.incident.model import Action
from fraiseql_observe.notify.http import Http
from fraiseql_observe.notify.pagerduty import ACTIONS, PagerDuty
from fraiseql_observe.notify.templates import Templates
from fraiseql_observe.notify.tools import Tools

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent / "prism"
DOCUMENT = Path(__file__).parents[2] / "data/pagerduty-events-v2.openapi.json"
SECONDS = 110


@pytest.fixture(scope="module")
def prism(tmp_path_factory) -> Iterator[str]:
    """URL of the mock; skips where its packages cannot be had."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("no Node.js with npm on PATH (apt-get install nodejs npm)")
    if not (HERE / "node_modules/.package-lock.json").exists():
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        fetched = subprocess.run(command, cwd=HERE, check=False, capture_output=True, text=True, timeout=SECONDS)
        if fetched.returncode:
            pytest.skip(f"npm ci failed: {fetched.stderr.strip().splitlines()[-1:]}")
    folder = tmp_path_factory.mktemp("prism")
    given = json.loads(DOCUMENT.read_text("utf-8"))
    # The mock leaves out the path of `servers`, where PagerDuty has its version.
    given["paths"] = {f"/v2{path}": methods for path, methods in given["paths"].items()}
    document = folder / "openapi.json"
    document.write_text(json.dumps(given), "utf-8")
    port = free_port()
    command = ["node_modules/.bin/prism", "mock", "--errors", "-h", "127.0.0.1", "-p", str(port), str(document)]
    with (folder / "log").open("w") as log, subprocess.Popen(command, cwd=HERE, stdout=log, stderr=log) as process:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.fixture
async def pager(prism):
    http = Http(clock=lambda: NOW)
    settings = PagerDutyDestination(routing_key=Secret("0123456789abcdef0123456789abcdef"), base_url=prism)
    await _listening(prism)
    yield PagerDuty("pager", settings, Tools(http, Templates(), lambda: NOW))
    await http.close()


async def _listening(url: str) -> None:
    """Wait until the mock answers anything at all."""
    async with aiohttp.ClientSession() as session:
        for _ in range(600):
            try:
                async with session.get(url):
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)
    pytest.fail("the mock does not answer")


@pytest.mark.parametrize("action", sorted(ACTIONS))
async def test_every_action_is_taken(pager, action):
    sent = await pager.send(message(action, alerts=3))
    assert sent.status == 202


async def test_a_big_and_hostile_incident_is_taken(pager):
    labels = {f"label {number}\n<b>": "é*_`\x00" * 500 for number in range(50)}
    big = incident(title="t\n" * 3000, common_labels=labels, common_annotations={"summary": "x" * 700_000})
    assert (await pager.send(message(incident=big, alerts=100))).status == 202


async def test_what_is_no_event_is_refused_and_not_tried_again(pager, monkeypatch):
    monkeypatch.setitem(ACTIONS, Action.RESOLVE, "shout")
    with pytest.raises(DeliveryError) as caught:
        await pager.send(message(Action.RESOLVE))
    assert (caught.value.reason, caught.value.retryable) == (Reason.CLIENT_ERROR, False)
