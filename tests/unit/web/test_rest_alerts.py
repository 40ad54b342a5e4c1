"""Alerts over HTTP, each answer held against the OpenAPI document (see the fixture `api`)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from web_requests import TOKENS


async def test_an_alert_from_webhook_to_resolution(api, tell, clock):
    alert_id = await tell("DiskFull", "DiskSlow")
    listed = await api("GET", "/alerts", who="reader")
    assert [one["id"] for one in listed.body["alerts"]] == [alert_id]
    detail = (await api("GET", f"/alerts/{alert_id}", who="reader")).body
    assert detail["alert"]["state"] == "firing"
    assert {one["name"] for one in detail["alerts"]} == {"DiskFull", "DiskSlow"}
    assert {one["started_at"] for one in detail["alerts"]} == {"2026-03-02T12:00:00.123456Z"}

    taken = await api("POST", f"/alerts/{alert_id}/acknowledge", {"comment": "mine"}, who="writer")
    assert (taken.body["changed"], taken.body["alert"]["state"]) == (True, "acknowledged")
    assert taken.body["alert"]["acknowledged_by"] == "writer"
    again = await api("POST", f"/alerts/{alert_id}/acknowledge", {"comment": "mine too"}, who="root")
    assert (again.body["changed"], again.body["alert"]["acknowledged_by"]) == (False, "writer")

    back = await api("POST", f"/alerts/{alert_id}/unacknowledge", {}, who="writer")
    assert back.body["alert"]["state"] == "firing"
    snoozed = await api("POST", f"/alerts/{alert_id}/snooze", {"for": "1h"}, who="writer")
    assert snoozed.body["alert"]["snoozed_until"] is not None
    until = (clock() + timedelta(hours=2)).isoformat()
    assert (await api("POST", f"/alerts/{alert_id}/snooze", {"until": until}, who="writer")).status == 200
    said = await api("POST", f"/alerts/{alert_id}/comments", {"comment": "looking"}, who="writer")
    assert (said.status, said.body["comment"], said.body["actor"]["source"]) == (201, "looking", "api")
    done = await api("POST", f"/alerts/{alert_id}/resolve", {"comment": "freed"}, who="writer")
    assert done.body["alert"]["state"] == "resolved"
    kinds = [one["kind"] for one in (await api("GET", f"/alerts/{alert_id}")).body["events"]]
    assert [kind for kind in kinds if kind in ("opened", "acknowledged", "commented", "resolved")] == [
        "opened", "acknowledged", "commented", "resolved",
    ]  # fmt: skip


async def test_acting_on_a_version_that_is_gone_is_refused(api, tell):
    alert_id = await tell("A")
    seen = (await api("GET", f"/alerts/{alert_id}")).headers["ETag"]
    assert (await api("POST", f"/alerts/{alert_id}/acknowledge", {}, headers={"If-Match": seen})).status == 200
    refused = await api("POST", f"/alerts/{alert_id}/resolve", {}, headers={"If-Match": seen})
    assert refused.status == 412
    for anything in ("*", ""):
        assert (await api("POST", f"/alerts/{alert_id}/resolve", {}, headers={"If-Match": anything})).status == 200
    assert (await api("POST", f"/alerts/{alert_id}/resolve", {}, headers={"If-Match": "W/x"})).status == 412


async def test_acknowledging_what_is_resolved_is_a_conflict(api, tell):
    alert_id = await tell("A")
    resolved = await api("POST", f"/alerts/{alert_id}/resolve", {})
    assert (await api("POST", f"/alerts/{alert_id}/acknowledge", {})).status == 409
    seen = {"If-Match": resolved.headers["ETag"]}
    assert (await api("POST", f"/alerts/{alert_id}/acknowledge", {}, headers=seen)).status == 409


async def test_a_client_that_has_the_answer_gets_none(api, tell):
    alert_id = await tell("A")
    for path in ("/alerts", f"/alerts/{alert_id}"):
        tag = (await api("GET", path)).headers["ETag"]
        for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
            answer = await api("GET", path, headers={"If-None-Match": known})
            assert (answer.status, answer.body, answer.headers["ETag"]) == (304, None, tag)
        assert (await api("GET", path, headers={"If-None-Match": '"other"'})).status == 200


async def test_lists_are_paged_and_filtered(api, manager, tell):
    made = [await tell(f"Alert{n}") for n in range(5)]
    pages, cursor = [], ""
    while True:
        page = (await api("GET", f"/alerts?limit=2&cursor={cursor}" if cursor else "/alerts?limit=2")).body
        pages.append([one["id"] for one in page["alerts"]])
        cursor = page["next"]
        if not cursor:
            break
    assert [len(one) for one in pages] == [2, 2, 1]
    assert sorted(one for page in pages for one in page) == sorted(made)

    async def count(query: str) -> int:
        return len((await api("GET", f"/alerts?{query}")).body["alerts"])

    assert await count("state=firing&state=acknowledged") == 5
    assert await count("state=resolved") == 0
    assert await count("severity=critical") == 5
    assert await count("severity=info") == 0
    assert await count('match=team="database"') == 5
    assert await count("match=team%3D%22database%22&match=alertname%3DAlert3") == 1
    assert await count("text=ALERT4") == 1
    assert await count("since=2020-01-01T00:00:00Z") == 5
    assert await count("until=1577836800000") == 0


@pytest.mark.parametrize(
    ("query", "problems"),
    [
        ("stat=firing", ["stat: is unknown; did you mean state?"]),
        ("state=on&limit=0&since=today", [
            "state: is not one of firing, acknowledged, resolved",
            "since: is not a time such as 2026-11-23T09:30:00Z",
            "limit: is not a whole number from 1 to 500",
        ]),
        ("limit=5&limit=6", ["limit: is given 2 times"]),
        ("limit=%D9%A5", ["limit: is not a whole number from 1 to 500"]),
        ("limit=501", ["limit: is not a whole number from 1 to 500"]),
        ("since=2026-01-01T00:00:00", ["since: is not a time such as 2026-11-23T09:30:00Z"]),
        ("since=2026-01-01", ["since: is not a time such as 2026-11-23T09:30:00Z"]),
        ("since=0001-01-01T00:00:00%2B14:00", ["since: is not a time such as 2026-11-23T09:30:00Z"]),
        ("since=999999999999999999999", ["since: is not a time such as 2026-11-23T09:30:00Z"]),
        ("text=" + "x" * 201, ["text: is not 1 to 200 characters long"]),
        ("text=a%00b", ["text: holds a zero byte"]),
        ('match=team=~"x"', ['match: team=~"x" is not of the form name="value"']),
        ("&".join(["state=firing"] * 40), ["state: is not a list of at most 32"]),
    ],
)  # fmt: skip
async def test_wrong_parameters_are_told_all_at_once(api, query, problems):
    answer = await api("GET", f"/alerts?{query}")
    assert (answer.status, answer.body["errors"]) == (400, problems)


async def test_a_malformed_matcher_or_cursor_is_refused(api):
    assert (await api("GET", "/alerts?match=nonsense")).status == 400
    assert (await api("GET", "/alerts?cursor=nonsense")).status == 409


async def test_an_alert_may_be_made_by_hand(api):
    made = await api("POST", "/alerts", {"name": "Deploy", "severity": "info", "labels": {"team": "web"}}, who="writer")
    assert made.status == 201
    assert made.headers["Location"].endswith(made.body["id"])
    detail = (await api("GET", f"/alerts/{made.body['id']}")).body
    assert (detail["alert"]["severity"], detail["alerts"][0]["labels"]["team"]) == ("info", "web")
    opened = detail["events"][0]
    assert (opened["kind"], opened["actor"]["name"], opened["actor"]["source"]) == ("opened", "writer", "api")
    assert detail["deliveries"][0]["step"] == 1
    ended = {"name": "Deploy", "severity": "info", "labels": {"team": "web"}, "ended_at": "2030-01-01T00:00:00Z"}
    await api("POST", "/alerts", ended, who="writer")
    assert (await api("GET", f"/alerts/{made.body['id']}")).body["alert"]["resolved_by"] == "writer"


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ({}, ["name: is missing"]),
        ({"name": 5, "severity": "bad", "labels": {"a": 1}, "x": 1}, [
            "x: is unknown",
            "name: is not a text",
            "severity: is not one of critical, warning, info",
            "labels: has no text of at most 16384 characters for 'a'",
        ]),
        ({"name": "A", "labels": []}, ["labels: is not a mapping of at most 128 names to texts"]),
        ({"name": "A", "destinations": "gone"}, ["destinations: is not a list of at most 32"]),
        ({"name": "A", "ended_at": 5.5}, ["ended_at: is not a time such as 2026-11-23T09:30:00Z"]),
        ({"name": ""}, ["name: is not 1 to 200 characters long"]),
    ],
)  # fmt: skip
async def test_wrong_bodies_are_told_all_at_once(api, body, problems):
    answer = await api("POST", "/alerts", body)
    assert (answer.status, answer.body["errors"]) == (400, problems)


async def test_an_unknown_destination_is_refused(api):
    assert (await api("POST", "/alerts", {"name": "A", "destinations": ["nobody"]})).status == 404


@pytest.mark.parametrize("action", ["acknowledge", "unacknowledge", "resolve", "snooze", "comments"])
async def test_what_is_not_there_cannot_be_changed(api, action):
    body = {"snooze": {"for": "1h"}, "comments": {"comment": "x"}}.get(action, {})
    assert (await api("POST", f"/alerts/inc_nothing/{action}", body)).status == 404


async def test_what_is_not_there_cannot_be_read(api):
    answer = await api("GET", "/alerts/inc_%3Cscript%3E")
    assert answer.status == 404


@pytest.mark.parametrize("body", [{}, {"for": "1h", "until": "2099-01-01T00:00:00Z"}, {"for": "500d"}, {"for": "-1h"},
                                  {"for": 5}, {"until": "2020-01-01T00:00:00Z"}])  # fmt: skip
async def test_a_snooze_needs_one_end_that_is_to_come(api, tell, body):
    alert_id = await tell("A")
    assert (await api("POST", f"/alerts/{alert_id}/snooze", body)).status == 400


async def test_an_empty_comment_is_none(api, tell):
    alert_id = await tell("A")
    assert (await api("POST", f"/alerts/{alert_id}/comments", {"comment": " "})).status == 400


@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
        (b'"\xff"', "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"{}", "application/json; charset=latin-1", 415),
        (b"{}", "application/json; charset=nonsense", 415),
        (b" " * 70_000 + b"{}", "application/json", 413),
        (b"", "application/json", 200),
        (b"", "text/plain", 200),
        (b'{"comment": null}', "application/json; charset=UTF-8", 200),
    ],
)
async def test_bodies_that_are_not_what_they_should_be(client, tell, data, content_type, status):
    alert_id = await tell("A")
    headers = {"Authorization": f"Bearer {TOKENS['root'][0]}", "Content-Type": content_type}
    answer = await client.post(f"/api/observability/alerts/{alert_id}/acknowledge", data=data, headers=headers)
    assert answer.status == status
    said = await answer.json()
    assert status == 200 or said["status"] == status


async def test_a_large_body_without_a_length_is_refused(client, tell):
    async def parts():
        for _ in range(20):
            yield b" " * 10_000

    alert_id = await tell("A")
    headers = {"Authorization": f"Bearer {TOKENS['root'][0]}", "Content-Type": "application/json"}
    answer = await client.post(f"/api/observability/alerts/{alert_id}/acknowledge", data=parts(), headers=headers)
    assert answer.status == 413
