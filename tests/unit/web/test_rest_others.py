"""Deliveries, windows, tokens, destinations, health, statistics and rules over HTTP."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import web
from web_requests import INTAKE_TOKEN, TOKENS

from fraiseql_observe.config.enrichment import PrometheusSettings
from fraiseql_observe.incident.model import DeliveryState
from fraiseql_observe.web.keys import ACCESS


async def until_dead(api) -> list[dict]:
    async with asyncio.timeout(10):
        while True:
            found = (await api("GET", "/deliveries?state=dead", who="reader")).body["deliveries"]
            if found:
                return found
            await asyncio.sleep(0.05)


async def test_a_dead_delivery_is_listed_with_its_attempts_and_sent_again(api, tell):
    alert_id = await tell("A")
    (dead,) = await until_dead(api)
    assert (dead["alert_id"], dead["destination"], dead["kind"]) == (alert_id, "gone", "webhook")
    assert [one["reason"] for one in dead["attempts"]] == ["connection"]
    again = await api("POST", f"/deliveries/{dead['id']}/replay", who="writer")
    assert again.status == 202
    (dead,) = await until_dead(api)
    assert len(dead["attempts"]) >= 1
    assert (await api("POST", "/deliveries/dlv_none/replay")).status == 404
    assert (await api("GET", "/deliveries?destination=other")).body == {"deliveries": [], "next": ""}
    assert (await api("GET", "/deliveries?cursor=x")).status == 409
    assert (await api("GET", f"/deliveries?state={DeliveryState.NEW}&limit=1")).status == 200
    destinations = (await api("GET", "/destinations", who="reader")).body["destinations"]
    assert [one["name"] for one in destinations] == ["gone"]
    assert destinations[0]["dead"] >= 0


async def test_a_destination_is_tested_and_enabled(api):
    assert (await api("POST", "/destinations/gone/test", who="writer")).status == 502
    assert (await api("POST", "/destinations/nobody/test", who="writer")).status == 404
    assert (await api("POST", "/destinations/gone/enable", who="writer")).status == 204
    assert (await api("POST", "/destinations/nobody/enable", who="writer")).status == 404


async def test_a_maintenance_window_from_beginning_to_end(api, clock):
    ends = (clock() + timedelta(hours=1)).isoformat()
    wish = {"matchers": ['team="database"'], "ends_at": ends, "comment": "upgrade"}
    made = await api("POST", "/maintenance-windows", wish, who="writer")
    assert (made.status, made.body["comment"], made.body["created_by"]) == (201, "upgrade", "writer")
    path = f"/maintenance-windows/{made.body['id']}"
    assert (await api("GET", path, who="reader")).body == made.body
    assert (await api("GET", "/maintenance-windows")).body["windows"] == [made.body]
    assert (await api("DELETE", path, who="writer")).status == 200
    assert (await api("GET", "/maintenance-windows")).body["windows"] == []
    assert len((await api("GET", "/maintenance-windows?ended=true")).body["windows"]) == 1
    assert (await api("DELETE", "/maintenance-windows/win_none")).status == 404
    assert (await api("GET", "/maintenance-windows/win_none")).status == 404


@pytest.mark.parametrize(
    "change",
    [
        {"ends_at": "2020-01-01T00:00:00Z"},
        {"ends_at": "2099-01-01T00:00:00Z"},
        {"matchers": []},
        {"matchers": ["nonsense"]},
        {"matchers": None},
    ],
)
async def test_windows_that_make_no_sense(api, clock, change):
    wish = {"matchers": ['a="b"'], "ends_at": (clock() + timedelta(hours=1)).isoformat(), **change}
    assert (await api("POST", "/maintenance-windows", wish)).status == 400


async def test_a_token_lives_from_its_making_to_its_revocation(api, client, clock):
    made = await api("POST", "/tokens", {"name": "ci", "scopes": ["alerts:read"], "expires_in": "1h"})
    assert made.status == 201
    secret = made.body["token"]
    assert secret.startswith("fqo_")
    assert len(secret) == 47
    listed = (await api("GET", "/tokens")).body["tokens"]
    assert [one["name"] for one in listed] == ["ci"]
    assert secret not in str(listed)
    headers = {"Authorization": f"Bearer {secret}"}

    async def status() -> int:
        return (await client.get("/api/observability/alerts", headers=headers)).status

    assert await status() == 200
    assert (await api("POST", "/tokens", {"name": "ci", "scopes": ["admin"]})).status == 409
    await client.app[ACCESS].write_use()
    assert (await api("GET", "/tokens")).body["tokens"][0]["last_used_at"] is not None
    clock.later(timedelta(hours=2))
    assert await status() == 401
    assert (await api("POST", "/tokens", {"name": "ci", "scopes": ["admin"]})).status == 201
    clock.later(-timedelta(hours=2))
    assert await status() == 200
    assert (await api("DELETE", f"/tokens/{made.body['id']}")).status == 204
    assert await status() == 401
    assert (await api("DELETE", f"/tokens/{made.body['id']}")).status == 404


@pytest.mark.parametrize("body", [{"name": "x"}, {"name": "x", "scopes": ["root"]}, {"name": "x", "scopes": []}])
async def test_a_token_needs_scopes_that_exist(api, body):
    assert (await api("POST", "/tokens", body)).status == 400


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/alerts", {"reader", "writer", "root"}),
        ("POST", "/alerts/inc_x/acknowledge", {"writer", "root"}),
        ("GET", "/tokens", {"root"}),
        ("GET", "/rejected-webhooks", {"root"}),
    ],
)
async def test_each_scope_opens_its_doors_only(api, method, path, allowed):
    for who in TOKENS:
        answer = await api(method, path, {} if method == "POST" else None, who=who)
        assert (answer.status != 403) is (who in allowed), who


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer fqo_unknown"},
        {"Authorization": f"Bearer {'x' * 5000}"},
        {"Authorization": f"Bearer {INTAKE_TOKEN}"},
    ],
)
async def test_without_a_token_of_ours_nothing_opens(client, headers):
    answer = await client.get("/api/observability/alerts", headers=headers)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert (await answer.json())["ok"] is False


async def test_two_tokens_at_once_are_none(client):
    token = f"Bearer {TOKENS['root'][0]}"
    answer = await client.get("/api/observability/alerts", headers=[("Authorization", token), ("Authorization", token)])
    assert answer.status == 401


async def test_health_tells_counts(api, tell):
    await tell("A")
    health = (await api("GET", "/health", who="reader")).body
    assert health["ok"] is True
    assert health["alerts"]["firing"] == 1
    assert health["inbox"] == {"webhooks": 0, "oldest_at": None}


async def test_statistics_tell_means(api, tell, clock):
    alert_id = await tell("A")
    clock.later(timedelta(minutes=5))
    await api("POST", f"/alerts/{alert_id}/acknowledge", {})
    found = (await api("GET", "/statistics?since=2020-01-01T00:00:00Z")).body
    assert (found["opened"], found["acknowledged"], found["mttr"]) == (1, 1, None)
    assert found["mtta"] == pytest.approx(300, abs=30)
    assert (await api("GET", "/statistics")).body["opened"] == 1


async def test_refused_webhooks_can_be_looked_at(api, client):
    headers = {"Authorization": f"Bearer {INTAKE_TOKEN}"}
    await client.post("/webhooks/alertmanager", data=b"garb\xffage", headers=headers)
    (kept,) = (await api("GET", "/rejected-webhooks")).body["rejected"]
    assert (kept["bytes"], kept["body"]) == (8, "garb\ufffdage")


async def test_without_a_prometheus_there_are_no_rules(api):
    assert (await api("GET", "/alert-rules")).status == 404


RULES = {
    "status": "success",
    "data": {
        "groups": [
            {
                "name": "fraiseql",
                "rules": [
                    {
                        "name": "HighErrorRate",
                        "query": "up == 0",
                        "duration": 300,
                        "labels": {"severity": "critical"},
                        "annotations": {"summary": "s"},
                        "state": "firing",
                        "health": "ok",
                        "type": "alerting",
                    }
                ],
            }
        ]
    },
}


@pytest.mark.parametrize(("status", "answered"), [(200, 200), (500, 502)])
async def test_rules_come_from_prometheus(api, aiohttp_server, manager, settings, status, answered):
    app = web.Application()

    async def rules(request):
        return web.json_response(RULES, status=status)

    app.router.add_get("/api/v1/rules", rules)
    server = await aiohttp_server(app)
    url = str(server.make_url("/")).rstrip("/")
    await manager.reload(replace(settings, prometheus=PrometheusSettings(url=url)))
    answer = await api("GET", "/alert-rules")
    assert answer.status == answered
    if status == 200:
        assert [(one["name"], one["group"], one["state"]) for one in answer.body["rules"]] == [
            ("HighErrorRate", "fraiseql", "firing")
        ]
