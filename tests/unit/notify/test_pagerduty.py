"""PagerDuty: bodies checked by PagerDuty's own OpenAPI document, answers by a scripted server."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest
from fake_server import GARBAGE, HANG, FakeServer, Reply, too_many
from samples import alert, incident, message

from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.pagerduty import PagerDutyDestination
from fraiseql_observe.errors import DeliveryError, Reason
from fraiseql_observe.incident.message import Enrichment, Links
from fraiseql_observe.incident.model import Action, Severity
from fraiseql_observe.notify.pagerduty import ACTIONS, BODY, PagerDuty, event

OPENAPI = json.loads((Path(__file__).parents[2] / "data/pagerduty-events-v2.openapi.json").read_text("utf-8"))
KEY = "0123456789abcdef0123456789abcdef"
TAKEN = Reply(202, body=b'{"status":"success","message":"Event processed","dedup_key":"k"}')


def valid(body: bytes) -> dict:
    """Check a body against the schema of /enqueue, and against the limits that its prose alone tells."""
    parsed = json.loads(body)
    schema = OPENAPI["paths"]["/enqueue"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    jsonschema.validate(parsed, {**schema, "components": OPENAPI["components"]}, jsonschema.Draft4Validator)
    assert len(body) <= 512_000
    assert len(parsed["dedup_key"]) <= 255
    if parsed["event_action"] == "trigger":
        payload = parsed["payload"]
        assert 0 < len(payload["summary"]) <= 1024
        assert payload["source"]
        assert payload["severity"] in {"critical", "error", "warning", "info"}
        datetime.fromisoformat(payload["timestamp"]).astimezone(UTC)
        assert all(image["src"].startswith("https://") for image in parsed["images"])
    return parsed


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_every_action_is_a_valid_event(action):
    body = valid(event(message(action, alerts=3), KEY, "k" * 64))
    assert body["event_action"] == {"reopen": "trigger"}.get(action, action)


def test_acknowledge_and_resolve_say_no_more_than_they_need():
    body = valid(event(message(Action.RESOLVE), KEY, "k"))
    assert set(body) == {"routing_key", "event_action", "dedup_key"}


def test_a_trigger_tells_what_is_known():
    shown = message(
        incident=incident(common_annotations={"image_url": "https://example.org/chart.png"}),
        alerts=1,
    )
    plain_image = replace(alert(), annotations={"image_url": "http://example.org/no.png"})
    body = valid(event(replace(shown, alerts=(plain_image,)), KEY, "k", "https://console"))
    assert body["client_url"] == "https://alerts.example.org/incidents/inc_1"
    assert {link["text"] for link in body["links"]} == {"Incident", "Dashboard", "Runbook"}
    assert [image["src"] for image in body["images"]] == ["https://example.org/chart.png"]
    details = body["payload"]["custom_details"]
    assert (details["value"], details["users"], details["operations"]) == ("40 %", 7, ["getUser", "listPosts"])
    assert body["payload"]["class"] == "HighErrorRate"


def test_nothing_known_is_still_valid():
    bare = incident(title="", receiver="", common_labels={}, common_annotations={})
    body = valid(event(replace(message(incident=bare), links=Links(), enrichment=Enrichment()), KEY, "k"))
    assert "client_url" not in body
    assert body["payload"]["summary"] == bare.id


@pytest.mark.parametrize(("severity", "said"), [(each, each.value) for each in Severity])
def test_severities_are_pagerdutys(severity, said):
    assert valid(event(message(incident=incident(severity=severity)), KEY, "k"))["payload"]["severity"] == said


def test_details_are_left_out_in_the_order_that_is_documented():
    annotated = tuple(replace(alert(n), annotations={"a": "x" * 10_000}) for n in range(100))
    body = valid(event(message(alerts=1), KEY, "k"))
    assert "annotations" in body["payload"]["custom_details"]["alerts"][0]
    body = valid(event(replace(message(), alerts=annotated), KEY, "k"))
    assert "annotations" not in body["payload"]["custom_details"]["alerts"][0]
    labelled = tuple(replace(alert(n), labels={"a": "é" * 10_000}) for n in range(100))
    body = valid(event(replace(message(), alerts=labelled), KEY, "k"))
    assert "alerts" not in body["payload"]["custom_details"]
    assert "labels" in body["payload"]["custom_details"]
    huge = incident(common_labels={"instance": "i" * 600_000}, title="t" * 5000)
    body = valid(event(message(incident=huge), KEY, "k"))
    assert "labels" not in body["payload"]["custom_details"]


def test_texts_are_cut_when_nothing_else_helps():
    operations = Enrichment(operations=("o" * 1_000_000,))
    body = valid(event(replace(message(), enrichment=operations), KEY, "k"))
    assert len(body["payload"]["custom_details"]["operations"][0]) == 256


def test_hostile_labels_are_carried_as_they_are():
    labels = {"alertname": "<script>\n\x00\ud800", "instance": "*b*"}
    body = event(message(incident=incident(common_labels=labels)), KEY, "k")
    assert len(body) < BODY
    valid(body)


@pytest.fixture
def pager(tools):
    def make(server):
        return PagerDuty("pager", PagerDutyDestination(routing_key=Secret(KEY), base_url=server.url + "/"), tools)

    return make


async def test_an_event_is_taken_and_its_key_kept(pager):
    async with FakeServer(TAKEN) as server:
        subject = pager(server)
        sent = await subject.send(message())
        again = await subject.send(message(Action.RESOLVE, receipt={"dedup_key": "of an earlier name of ours"}))
        first, second = server.requests
    assert first.path == "/v2/enqueue"
    assert sent.ref == {"dedup_key": valid(first.body)["dedup_key"]}
    assert len(sent.ref["dedup_key"]) == 64
    assert json.loads(second.body)["dedup_key"] == again.ref["dedup_key"] == "of an earlier name of ours"
    assert KEY not in repr(subject)
    assert KEY not in subject.channel


async def test_what_pagerduty_says_is_told_but_never_the_key(pager):
    said = json.dumps({"status": "invalid event", "message": "Event object is invalid", "errors": [f"bad {KEY}", 7]})
    async with FakeServer(Reply(400, body=said.encode())) as server:
        with pytest.raises(DeliveryError, match="Event object is invalid") as caught:
            await pager(server).send(message())
    assert (caught.value.reason, caught.value.retryable) == (Reason.CLIENT_ERROR, False)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("step", "reason", "ambiguous"),
    [
        (too_many("20"), Reason.RATE_LIMITED, False),
        (Reply(429), Reason.RATE_LIMITED, False),
        (Reply(500, body=b"oops"), Reason.SERVER_ERROR, False),
        (Reply(200, body=b"<html>sign in to this hotel</html>"), Reason.BAD_ANSWER, True),
        (Reply(202, body=b'{"status":"later"}'), Reason.BAD_ANSWER, True),
        (GARBAGE, Reason.BAD_ANSWER, True),
    ],
)
async def test_what_may_be_tried_again(pager, step, reason, ambiguous):
    async with FakeServer(step) as server:
        with pytest.raises(DeliveryError) as caught:
            await pager(server).send(message())
    assert (caught.value.reason, caught.value.retryable, caught.value.ambiguous) == (reason, True, ambiguous)


async def test_its_timeout_can_be_set(tools):
    async with FakeServer(HANG) as server:
        settings = PagerDutyDestination(routing_key=Secret(KEY), base_url=server.url, timeout=timedelta(seconds=0.1))
        with pytest.raises(DeliveryError, match=r"within 0\.1 s"):
            await PagerDuty("pager", settings, tools).send(message())
    await PagerDuty("pager", settings, tools).close()


def test_its_pace_is_120_a_minute():
    traits = PagerDuty.traits
    assert traits.burst + 60 * traits.per_second <= 120
    assert Action.UPDATE not in traits.says
