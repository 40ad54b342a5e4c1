"""Webhooks: what is posted, where it may go, and what counts as taken."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
import standardwebhooks
from fake_server import HANG, RESET, FakeServer, Reply, redirect, too_many
from samples import NOW, incident, message

from fraiseql_observe.config.declare import Secret, Size
from fraiseql_observe.config.webhook import WebhookDestination
from fraiseql_observe.errors import ConfigError, DeliveryError, Reason, TemplateError
from fraiseql_observe.incident.model import Action
from fraiseql_observe.notify.templates import Templates
from fraiseql_observe.notify.tools import Tools
from fraiseql_observe.notify.webhook import Webhook

SMALL = Size(4096)
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


def make(tools, url, **settings):
    settings.setdefault("allow_private", True)
    return Webhook("hook", WebhookDestination(url=url, **settings), tools)


async def told(tools, given=None, **settings):
    async with FakeServer(Reply(204)) as server:
        sent = await make(tools, f"{server.url}/hook", **settings).send(given or message())
        (request,) = server.requests
    assert sent.status == 204
    return request


async def refused(tools, step, **settings):
    async with FakeServer(step) as server:
        with pytest.raises(DeliveryError) as caught:
            await make(tools, server.url, **settings).send(message())
    return caught.value


async def test_the_default_body_has_a_version_and_the_whole_incident(tools):
    request = await told(tools, message(Action.ACKNOWLEDGE, alerts=2))
    body = json.loads(request.body)
    assert (body["version"], body["type"], body["id"]) == ("1", "incident.acknowledge", message().delivery_id)
    assert body["data"]["incident"]["state"] == "firing"
    assert body["data"]["change"] == {
        "kind": "acknowledged",
        "at": "2026-03-02T12:00:30Z",
        "by": "anna",
        "source": "console",
        "comment": "on it",
    }
    assert [each["starts_at"] for each in body["data"]["alerts"]] == ["2026-03-02T12:00:00.123456789Z"] * 2
    assert request.headers["content-type"] == "application/json"
    assert request.headers["webhook-id"] == message().delivery_id


async def test_the_signature_is_one_that_receivers_libraries_take(tools, monkeypatch):
    request = await told(tools, signing_secret=Secret(SECRET))
    monkeypatch.setattr(
        standardwebhooks.Webhook, "_Webhook__verify_timestamp", lambda _self, _header: NOW
    )  # the library asks the real clock
    assert standardwebhooks.Webhook(SECRET).verify(request.body, request.headers)["version"] == "1"
    assert request.headers["webhook-timestamp"] == str(int(NOW.timestamp()))


@pytest.mark.parametrize(
    ("settings", "name", "value"),
    [
        ({"token": Secret("t0k")}, "authorization", "Bearer t0k"),
        (
            {"username": "u", "password": Secret("p:ü")},
            "authorization",
            "Basic dTpwOsO8",
        ),
        ({"header": "X-Api-Key", "header_value": Secret("k")}, "x-api-key", "k"),
        ({"headers": {"X-Team": "db"}}, "x-team", "db"),
    ],
)
async def test_credentials_go_into_headers_and_nowhere_else(tools, settings, name, value):
    request = await told(tools, **settings)
    assert request.headers[name] == value
    assert "t0k" not in repr(make(tools, "http://127.0.0.1", **settings))


class Rendering:
    """Templates that are already rendered."""

    def __init__(self, text):
        self.text = text

    def render(self, _name, context, _notices=None):
        if isinstance(self.text, Exception):
            raise self.text
        return self.text.replace("{title}", context["data"]["incident"]["title"])


def with_template(tools, text):
    return Tools(tools.http, Rendering(text), tools.clock)


async def test_a_template_makes_the_body(tools):
    request = await told(with_template(tools, '{"t": "{title}"}'), template="webhook/mine.json")
    assert json.loads(request.body) == {"t": "HighErrorRate: errors are high"}
    plain = await told(with_template(tools, "t={title}"), template="a.txt", content_type="text/plain")
    assert (plain.body, plain.headers["content-type"]) == (b"t=HighErrorRate: errors are high", "text/plain")


async def test_a_template_of_the_users_is_given_the_document(tools, tmp_path):
    (tmp_path / "ticket.json.j2").write_text(
        '{"t": {{ data.incident.title | tojson }}, "n": {{ data.alerts | length }}}'
    )
    real = Tools(tools.http, Templates(tmp_path), tools.clock)
    hostile = incident(title='"}\n<script>\u2028')
    request = await told(real, message(incident=hostile, alerts=2), template="ticket.json.j2")
    assert json.loads(request.body) == {"t": hostile.title, "n": 2}


@pytest.mark.parametrize("text", [TemplateError("line 3: no filter named 'x'."), "{not json", ""])
async def test_a_template_that_fails_is_a_dead_letter_that_says_why(tools, text):
    error = await refused(with_template(tools, text), Reply(), template="webhook/mine.json")
    assert (error.reason, error.retryable) == (Reason.TEMPLATE, False)


async def test_a_body_that_is_too_long_loses_alerts_then_the_ends_of_texts(tools):
    request = await told(tools, message(alerts=100), max_body=Size(8192))
    assert len(request.body) <= 8192
    assert json.loads(request.body)["data"]["omitted_alerts"] > 50
    long = incident(common_annotations={"description": "d" * 100_000})
    request = await told(tools, message(incident=long), max_body=Size(8192))
    assert len(json.loads(request.body)["data"]["incident"]["common_annotations"]["description"]) == 256


async def test_a_body_that_cannot_be_made_short_is_refused(tools):
    error = await refused(with_template(tools, "x" * 5000), Reply(), template="a", content_type="a/b", max_body=SMALL)
    assert (error.reason, error.retryable) == (Reason.TOO_LARGE, False)
    many = incident(common_labels={f"l{number}": "v" for number in range(10_000)})
    async with FakeServer() as server:
        with pytest.raises(DeliveryError, match="longer than 4096 bytes"):
            await make(tools, server.url, max_body=SMALL).send(message(incident=many))


@pytest.mark.parametrize(
    ("step", "reason", "retryable", "ambiguous"),
    [
        (redirect("https://example.org"), Reason.CLIENT_ERROR, False, False),
        (Reply(410), Reason.GONE, False, False),
        (Reply(404), Reason.NOT_FOUND, False, False),
        (too_many("5"), Reason.RATE_LIMITED, True, False),
        (Reply(502), Reason.SERVER_ERROR, True, False),
        (RESET, Reason.CONNECTION, True, True),
        (HANG, Reason.TIMEOUT, True, True),
    ],
)
async def test_only_2xx_is_success(tools, step, reason, retryable, ambiguous):
    error = await refused(tools, step, timeout=timedelta(seconds=0.3))
    assert (error.reason, error.retryable, error.ambiguous) == (reason, retryable, ambiguous)


async def test_private_addresses_need_leave(tools):
    error = await refused(tools, Reply(), allow_private=False)
    assert (error.reason, error.retryable) == (Reason.FORBIDDEN_ADDRESS, False)
    await told(tools, allow_private=False, allowed_networks=("127.0.0.0/8",))


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"signing_secret": Secret("secret")}, "signing_secret"),
        ({"allowed_networks": ("10.0.0.1/8",)}, "allowed_networks"),
        ({"token": Secret("line\nbreak")}, "Authorization"),
        ({"header": "X-A", "header_value": Secret("ü")}, "X-A"),
        ({"headers": {"": "v"}}, "header"),
    ],
)
def test_settings_that_cannot_work_are_refused_without_showing_secrets(tools, settings, key):
    with pytest.raises(ConfigError, match=key) as caught:
        make(tools, "https://example.org", **settings)
    assert "break" not in str(caught.value).replace("line break", "")


async def test_its_channel_is_its_address(tools):
    first, second = make(tools, "https://example.org/secret-1"), make(tools, "https://example.org/secret-2")
    assert first.channel != second.channel
    assert "secret" not in first.channel + repr(first)
    await first.close()


def test_settings_that_contradict_each_other_are_told():
    both = WebhookDestination(url="https://example.org", token=Secret("a"), username="b", header="X-A")
    assert [key for key, _ in both.problems()] == ["token", "header"]
    assert list(WebhookDestination(url="https://example.org").problems()) == []
