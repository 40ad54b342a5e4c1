"""Opsgenie's interface, at a scripted server."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from fake_server import FakeServer, Reply, too_many
from samples import incident, message

from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.opsgenie import OpsgenieDestination
from fraiseql_observe.errors import ConfigError, DeliveryError, Reason
from fraiseql_observe.incident.message import Enrichment, Links
from fraiseql_observe.incident.model import Action, Actor, Severity
from fraiseql_observe.notify.opsgenie import Opsgenie

KEY = "genie-key"
TAKEN = Reply(202, body=b'{"result":"Request will be processed","took":0.1,"requestId":"r-1"}')


def make(tools, url, **settings):
    return Opsgenie("genie", OpsgenieDestination(api_key=Secret(KEY), base_url=url, **settings), tools)


async def told(tools, given, **settings):
    async with FakeServer(TAKEN) as server:
        sent = await make(tools, f"{server.url}/v2/alerts/", **settings).send(given)
        (request,) = server.requests
    return sent, request, json.loads(request.body)


async def test_a_trigger_opens_an_alert(tools):
    sent, request, body = await told(
        tools, message(), tags=("fraiseql", "critical"), responders=("team:databases", "user:anna@example.org")
    )
    assert (request.path, request.headers["authorization"]) == ("/v2/alerts", f"GenieKey {KEY}")
    assert (body["message"], body["priority"], body["tags"]) == (
        "HighErrorRate: errors are high",
        "P1",
        ["fraiseql", "critical"],
    )
    assert body["responders"] == [
        {"type": "team", "name": "databases"},
        {"type": "user", "username": "anna@example.org"},
    ]
    assert "Runbook: https://example.org/runbooks/HighErrorRate" in body["description"]
    assert sent.ref == {"alias": body["alias"]}
    assert sent.detail == "request r-1"


@pytest.mark.parametrize(("action", "verb"), [(Action.RESOLVE, "close"), (Action.ACKNOWLEDGE, "acknowledge")])
async def test_acknowledge_and_resolve_go_to_the_alias(tools, action, verb):
    _, opened, first = await told(tools, message())
    _, request, body = await told(tools, message(action))
    assert opened.path == "/v2/alerts"
    assert request.path == f"/v2/alerts/{first['alias']}/{verb}?identifierType=alias"
    assert body == {"source": "fraiseql-observe", "user": "anna", "note": "on it"}


async def test_an_alias_that_was_used_is_used_again(tools):
    _, request, _ = await told(tools, message(Action.RESOLVE, receipt={"alias": "earlier"}))
    assert request.path == "/v2/alerts/earlier/close?identifierType=alias"


@pytest.mark.parametrize(("severity", "priority"), [("critical", "P1"), ("warning", "P2"), ("info", "P5")])
async def test_priorities_can_be_set(tools, severity, priority):
    _, _, body = await told(
        tools, message(incident=incident(severity=Severity(severity))), priorities={"warning": "P2"}
    )
    assert body["priority"] == priority


async def test_every_field_keeps_opsgenies_limits(tools):
    labels = {f"label{number}": "v" * 900 for number in range(40)} | {"incident": "x", "instance": "i" * 600}
    big = incident(title="t" * 500, common_labels=labels, common_annotations={"description": "d" * 20_000})
    _, _, body = await told(tools, message(incident=big), tags=tuple("t" * 60 + str(n) for n in range(30)))
    assert len(body["message"]) == 130
    assert len(body["description"]) == 15_000
    assert len(body["entity"]) == 512
    assert len(body["tags"]) <= 20
    assert all(len(tag) <= 50 for tag in body["tags"])
    assert sum(len(name) + len(value) for name, value in body["details"].items()) <= 8000
    assert body["details"]["incident"] == big.id
    change = replace(message().change, comment="c" * 30_000, actor=Actor("a" * 200, "console"))
    _, _, note = await told(tools, message(Action.RESOLVE, change=change))
    assert (len(note["user"]), len(note["note"])) == (100, 25_000)


async def test_nothing_known_is_still_an_alert(tools):
    bare = incident(title="", common_labels={}, common_annotations={})
    given = message(incident=bare, links=Links(), enrichment=Enrichment())
    _, _, body = await told(tools, given)
    assert body["message"] == bare.id


@pytest.mark.parametrize(
    ("step", "reason", "retryable"),
    [
        (Reply(422, body=b'{"message":"Request body is not processable"}'), Reason.CLIENT_ERROR, False),
        (Reply(401, body=b"nope"), Reason.AUTH, False),
        (too_many("3"), Reason.RATE_LIMITED, True),
        (Reply(200, body=b"[]"), Reason.BAD_ANSWER, True),
    ],
)
async def test_refusals_are_classified(tools, step, reason, retryable):
    async with FakeServer(step) as server:
        with pytest.raises(DeliveryError) as caught:
            await make(tools, server.url).send(message())
    assert (caught.value.reason, caught.value.retryable) == (reason, retryable)


@pytest.mark.parametrize(
    "wrong",
    [
        {"priorities": {"warning": "high"}},
        {"priorities": {"fatal": "P1"}},
        {"responders": ("databases",)},
        {"responders": ("squad:a",)},
    ],
)
def test_settings_that_cannot_work_are_refused(tools, wrong):
    with pytest.raises(ConfigError, match=r"destinations\.genie"):
        make(tools, "https://api.example.org", **wrong)


async def test_the_end_of_opsgenie_is_said_once_where_it_matters(tools, caplog):
    subject = make(tools, "https://api.opsgenie.com/v2/alerts")
    make(tools, "https://api.atlassian.com/jsm/ops/integration/v2/alerts")
    assert caplog.text.count("2027-04-05") == 1
    assert KEY not in repr(subject) + subject.channel
    await subject.close()
