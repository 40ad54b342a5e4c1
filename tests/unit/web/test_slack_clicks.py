"""Clicks when the backend is slow, broken or ending: Slack is always answered in time."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from fake_slack import SECRET, TEAM, signed

from fraiseql_observe.alerts.manager import utc_now
from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.slack import SlackSettings
from fraiseql_observe.errors import ConflictError, NotFoundError, ObserveError, StoreError
from fraiseql_observe.incident.model import State
from fraiseql_observe.notify.slack import actions
from fraiseql_observe.web import slack_actions
from fraiseql_observe.web.errors import answer
from fraiseql_observe.web.keys import MANAGER


class Manager:
    """Does to a click what the test says."""

    def __init__(self, hooks_url):
        slack = SlackSettings(signing_secret=Secret(SECRET), hooks_url=hooks_url)
        self.settings, self.clock, self.does = SimpleNamespace(slack=slack), utc_now, self.nothing
        self.actors = []

    async def nothing(self):
        return SimpleNamespace(changed=True)

    async def acknowledge_alert(self, _incident_id, actor):
        self.actors.append(actor)
        return await self.does()

    resolve_alert = acknowledge_alert


@web.middleware
async def refused(request, handler):
    try:
        return await handler(request)
    except ObserveError as error:
        return answer(error)


@pytest.fixture
async def answers():
    """What was sent to the response URL, and whether that works."""
    said = SimpleNamespace(texts=[], status=200)

    async def take(request):
        said.texts.append((await request.json())["text"])
        return web.Response(status=said.status)

    app = web.Application()
    app.router.add_post("/actions/x", take)
    async with TestServer(app) as server:
        said.url = str(server.make_url("")).rstrip("/")
        yield said


@pytest.fixture
async def client(answers):
    app = web.Application(middlewares=[refused])
    app[MANAGER] = Manager(answers.url)
    slack_actions.add_routes(app)
    async with TestClient(TestServer(app)) as client:
        client.manager = app[MANAGER]
        client.answers = answers
        yield client


async def press(client, action="acknowledge", **more):
    payload = {
        "type": "block_actions",
        "user": {"id": "U1", "username": "ada", "team_id": TEAM},
        "team": {"id": TEAM},
        "actions": [{"action_id": f"fraiseql_observe.{action}", "value": "inc_1:1"}],
        "response_url": f"{client.answers.url}/actions/x",
        **more,
    }
    headers, body = signed(urlencode({"payload": json.dumps(payload)}).encode())
    return await client.post(slack_actions.PATH, data=body, headers=headers)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (StoreError("The store is away."), slack_actions.AGAIN),
        (ZeroDivisionError(), slack_actions.AGAIN),
        (NotFoundError("There is no incident inc_1."), "There is no incident inc_1."),
        (ConflictError("It is <resolved>."), "It is &lt;resolved&gt;."),
    ],
)
@pytest.mark.parametrize("status", [200, 500])
async def test_what_goes_wrong_is_told_to_the_clicker_alone(client, error, said, status):
    async def fails():
        raise error

    client.manager.does, client.answers.status = fails, status
    response = await press(client)
    assert (response.status, await response.text()) == (200, "")
    assert client.answers.texts == [said]
    assert client.manager.actors[0].name == "ada (U1)"
    assert client.manager.actors[0].source == "slack"


async def test_what_slack_did_not_sign_is_refused(client):
    response = await client.post(slack_actions.PATH, data=b"payload={}", headers={"X-Slack-Signature": "v0=0"})
    assert response.status == 401
    assert client.manager.actors == []


async def test_what_is_larger_than_any_click_is_refused(client):
    headers, body = signed(b"x" * (actions.LARGEST + 1))
    response = await client.post(slack_actions.PATH, data=body, headers=headers)
    assert response.status == 400
    assert client.manager.actors == []


async def test_a_click_that_did_it_is_not_answered(client):
    assert (await press(client)).status == 200
    assert len(client.manager.actors) == 1
    assert client.answers.texts == []


async def test_a_look_at_the_dashboard_changes_nothing(client):
    assert (await press(client, "look.dashboard")).status == 200
    assert client.manager.actors == []


@pytest.mark.parametrize(("by", "said"), [("Bob", "by Bob"), ("", "by Alertmanager")])
async def test_who_resolved_it_before_is_said(client, by, said):
    async def late():
        resolved = SimpleNamespace(state=State.RESOLVED, resolved_by=by, resolved_at=utc_now())
        return SimpleNamespace(changed=False, incident=resolved)

    client.manager.does = late
    assert (await press(client, "resolve")).status == 200
    assert client.answers.texts[0].startswith(f"It was already resolved {said} at ")


async def test_a_slow_backend_answers_in_time_and_goes_on(client, monkeypatch):
    monkeypatch.setattr(slack_actions, "ANSWER_WITHIN", 0.01)
    going, done = asyncio.Event(), asyncio.Event()

    async def slow():
        await going.wait()
        done.set()
        return SimpleNamespace(changed=True)

    client.manager.does = slow
    assert (await press(client, "resolve")).status == 200
    assert not done.is_set()
    going.set()
    async with asyncio.timeout(5):
        await done.wait()


async def test_what_was_answered_is_finished_before_the_end(client, monkeypatch):
    monkeypatch.setattr(slack_actions, "ANSWER_WITHIN", 0.01)
    done = asyncio.Event()

    async def slow():
        await asyncio.sleep(0.1)
        done.set()
        return SimpleNamespace(changed=True)

    client.manager.does = slow
    assert (await press(client)).status == 200
    await client.close()
    assert done.is_set()


async def test_nothing_is_sent_to_an_address_that_is_not_slacks(client):
    async def fails():
        raise NotFoundError("There is none.")

    client.manager.does = fails
    assert (await press(client, response_url="http://127.0.0.1:1/actions/x")).status == 200
    assert client.answers.texts == []


async def test_what_is_no_click_of_ours_is_refused(client):
    assert (await press(client, "delete_everything")).status == 400
    headers, _ = signed(b"")
    large = await client.post(slack_actions.PATH, data=b"x" * 300_000, headers=headers)
    assert large.status == 400
    assert client.manager.actors == []
