"""The way in for alerts: who may send, what is taken, and which answer makes Alertmanager do the right thing."""

from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from web_requests import INTAKE_TOKEN, TOKENS, webhook

from fraiseql_observe.config.server import IntakeSettings
from fraiseql_observe.errors import OverloadError, StoreError
from fraiseql_observe.store import inbox
from fraiseql_observe.web import intake, token_admin
from fraiseql_observe.web.app import create_app
from fraiseql_observe.web.keys import ACCESS

PATH = "/webhooks/alertmanager"
BEARER = {"Authorization": f"Bearer {INTAKE_TOKEN}"}


def outcome(manager, name: str) -> float:
    return manager.telemetry.webhook_requests.labels(name)._value.get()


@pytest.mark.parametrize("path", [PATH, PATH + "/"])
async def test_a_webhook_is_taken_on_both_paths_without_a_redirect(client, manager, path):
    answer = await client.post(path, json=webhook("A"), headers=BEARER, allow_redirects=False)
    assert (answer.status, await answer.json()) == (200, {"ok": True, "outcome": "accepted"})
    assert outcome(manager, "accepted") == 1
    await manager._parts.processor.catch_up()
    assert [one.title for one in await manager.get_active_alerts()] == ["A"]


async def test_what_was_answered_with_200_is_in_the_store(client, manager, monkeypatch):
    monkeypatch.setattr(inbox, "claim", lambda *_: [])  # nobody works it in
    await client.post(PATH, json=webhook("A"), headers=BEARER)
    assert (await manager.engine.read(inbox.backlog)).count == 1


async def test_the_same_body_again_is_taken_as_a_duplicate(client, manager):
    body = json.dumps(webhook("A"))
    await client.post(PATH, data=body, headers=BEARER)
    answer = await client.post(PATH, data=body, headers=BEARER)
    assert (answer.status, await answer.json()) == (200, {"ok": True, "outcome": "duplicate"})
    assert outcome(manager, "duplicate") == 1


@pytest.mark.parametrize("name", ["sender", "root"])
async def test_a_configured_token_with_the_scope_may_send(client, name):
    headers = {"Authorization": f"Bearer {TOKENS[name][0]}"}
    assert (await client.post(PATH, json=webhook("A"), headers=headers)).status == 200


async def test_user_and_password_may_send(client):
    assert (await client.post(PATH, json=webhook("A"), headers={"Authorization": "Basic YW06cGFzcw=="})).status == 200


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (None, 401),
        ("", 401),
        ("Bearer", 401),
        ("Bearer wrong", 401),
        (f"Bearer {INTAKE_TOKEN}x", 401),
        (INTAKE_TOKEN, 401),
        ("Basic YW06d3Jvbmc=", 401),
        ("Bearer \u00e9\u00e9", 401),
        (f"Bearer {'x' * 5000}", 401),
        (f"Bearer {TOKENS['writer'][0]}", 403),
    ],
)
async def test_others_are_refused_and_nothing_of_theirs_is_kept(client, manager, authorization, status):
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = await client.post(PATH, data=b"garbage", headers=headers)
    assert answer.status == status
    said = await answer.json()
    assert (said["ok"], said["status"]) == (False, status)
    assert INTAKE_TOKEN not in json.dumps(said)
    assert not await manager.engine.read(inbox.rejected)
    assert outcome(manager, "rejected") == 1


async def test_a_token_of_the_store_may_send_until_it_is_revoked(client, manager, clock):
    made, secret = await token_admin.create(manager.engine, "am", ["intake:write"], "me", clock())
    headers = {"Authorization": f"Bearer {secret}"}
    assert (await client.post(PATH, json=webhook("A"), headers=headers)).status == 200
    await token_admin.revoke(manager.engine, made.id)
    client.app[ACCESS].forget()
    assert (await client.post(PATH, json=webhook("A"), headers=headers)).status == 401


async def test_on_loopback_nothing_is_asked_until_a_token_is_set(aiohttp_client, manager, settings):
    open_ = replace(settings, intake=IntakeSettings())
    await manager.reload(open_)
    client = await aiohttp_client(create_app(manager, open_))
    assert (await client.post(PATH, json=webhook("A"))).status == 200
    await manager.reload(settings)
    assert (await client.post(PATH, json=webhook("B"))).status == 401


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "is not JSON"),
        (b"garbage", "is not JSON"),
        (b"[]", "no alert webhook"),
        (b'{"version": "4"}', "no alert webhook"),
        (b'{"a":' * 5000, "The body is n"),
        (b"[" * 90_000, "deep"),
        (b"\xff\xfe\x00", "is not JSON"),
        (json.dumps(webhook("A", version="9")).encode(), "version is '9'"),
        (json.dumps({**webhook("A"), "alerts": [{}]}).encode(), "alerts[0]"),
    ],
)
async def test_garbage_is_refused_with_a_sentence_and_kept(client, manager, body, said):
    answer = await client.post(PATH, data=body, headers=BEARER)
    assert answer.status == 400
    assert said in (await answer.json())["error"]
    kept = await manager.engine.read(inbox.rejected)
    assert [one.body for one in kept] == [body[: inbox.REJECTED_BYTES]]
    assert said in kept[0].why


async def test_a_flood_of_garbage_costs_few_writes(client, manager):
    for _ in range(20):
        assert (await client.post(PATH, data=b"garbage", headers=BEARER)).status == 400
    assert 1 <= len(await manager.engine.read(inbox.rejected)) < 20


async def test_garbage_is_refused_also_when_it_cannot_be_kept(client, manager, monkeypatch):
    async def broken(work):
        raise StoreError("The disk is full.")

    monkeypatch.setattr(manager.engine, "write", broken)
    assert (await client.post(PATH, data=b"garbage", headers=BEARER)).status == 400


async def chunks(size: int):
    for _ in range(size // 10_000):
        yield b"x" * 10_000


async def test_a_body_that_is_too_large_is_refused_for_good_and_not_with_413(client):
    answer = await client.post(PATH, data=b"x" * 100_001, headers=BEARER)
    assert answer.status == 400
    assert "larger than 100000 bytes" in (await answer.json())["error"]
    answer = await client.post(PATH, data=chunks(200_000), headers=BEARER)
    assert answer.status == 400
    assert "larger than 100000 bytes" in (await answer.json())["error"]


async def test_a_chunked_body_is_taken(client):
    async def parts():
        text = json.dumps(webhook("A")).encode()
        yield text[:100]
        yield text[100:]

    assert (await client.post(PATH, data=parts(), headers=BEARER)).status == 200


async def test_a_compressed_body_is_refused(client):
    headers = {**BEARER, "Content-Encoding": "gzip"}
    answer = await client.post(PATH, data=gzip.compress(b"0" * 10_000_000), headers=headers)
    assert answer.status == 400
    assert "compressed" in (await answer.json())["error"]


async def test_a_body_that_stalls_is_asked_for_again(client):
    async def stalls():
        yield b"{"
        await asyncio.sleep(5)

    answer = await client.post(PATH, data=stalls(), headers=BEARER)
    assert answer.status == 503
    assert answer.headers["Retry-After"]


async def test_an_outage_does_not_fill_the_log(client, manager, monkeypatch, caplog):
    async def broken(*_):
        raise StoreError("The store is away.")

    monkeypatch.setattr(manager.engine, "append", broken)
    monkeypatch.setattr(intake, "LOG_EVERY", 30.0)
    for _ in range(5):
        assert (await client.post(PATH, json=webhook("A"), headers=BEARER)).status == 503
    assert (await client.post(PATH, data=b"no JSON", headers=BEARER)).status == 400
    lines = [one.getMessage() for one in caplog.records if one.name.endswith("web.intake")]
    assert lines[0] == "Webhook refused: The store is away."
    assert [line.startswith("Webhook refused: The body is not JSON") for line in lines] == [False, True]


@pytest.mark.parametrize("error", [StoreError("The disk is full."), OverloadError("Too many wait.")])
async def test_a_store_that_cannot_commit_makes_alertmanager_come_again(client, manager, monkeypatch, error):
    async def broken(statement, rows):
        raise error

    monkeypatch.setattr(manager.engine, "append", broken)
    answer = await client.post(PATH, json=webhook("A"), headers=BEARER)
    assert (answer.status, (await answer.json())["error"]) == (503, error.message)
    assert answer.headers["Retry-After"] == "5"
    assert outcome(manager, "error") == 1


async def test_a_slow_commit_makes_alertmanager_come_again(aiohttp_client, manager, settings, monkeypatch):
    quick = replace(settings, intake=replace(settings.intake, commit_timeout=timedelta(milliseconds=50)))
    await manager.reload(quick)

    async def slow(statement, rows):
        await asyncio.sleep(10)

    monkeypatch.setattr(manager.engine, "append", slow)
    client = await aiohttp_client(create_app(manager, quick))
    answer = await client.post(PATH, json=webhook("A"), headers=BEARER)
    assert answer.status == 503


async def test_a_draining_service_takes_nothing(client, manager):
    await manager.drain(timedelta(seconds=1))
    assert (await client.post(PATH, json=webhook("A"), headers=BEARER)).status == 503


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_no_other_method_is_taken_for_a_delivery(client, method):
    answer = await client.request(method, PATH, headers=BEARER, allow_redirects=False)
    assert answer.status == 405


@pytest.mark.parametrize(
    "path", [PATH + "//", "/" + PATH, "/webhooks/../webhooks/alertmanager", PATH + "x", "/webhooks/%61lertmanager"]
)
async def test_paths_that_are_nearly_right_are_no_redirects(client, path):
    body = json.dumps(webhook("A")).encode()
    head = ("Host: x", "Connection: close", f"Authorization: Bearer {INTAKE_TOKEN}", f"Content-Length: {len(body)}")
    answer = await raw(client, f"POST {path} HTTP/1.1", *head, body=body)
    assert answer.split(b" ", 2)[1] in (b"200", b"404")


async def raw(client, *lines: str, body: bytes = b"") -> bytes:
    """Send a request as it is written and read until the connection ends, or for some seconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)
    answer = b""
    try:
        async with asyncio.timeout(5):
            while part := await reader.read(65536):
                answer += part
    except TimeoutError:
        pass
    writer.close()
    return answer


async def test_a_connection_that_stays_open_gets_an_answer_to_each_webhook(client):
    body = json.dumps(webhook("A")).encode()
    head = ("POST /webhooks/alertmanager HTTP/1.1", "Host: x", f"Authorization: Bearer {INTAKE_TOKEN}")
    length = f"Content-Length: {len(body)}"
    second = "\r\n".join([*head, length, "", ""]).encode() + body
    third = "\r\n".join([*head, length, "Connection: close", "", ""]).encode() + body
    answer = await raw(client, *head, length, body=body + second + third)
    assert answer.count(b"HTTP/1.1 200 OK") == 3
    assert answer.count(b"Date: ") == 1
    assert answer.endswith(b'{"ok": true, "outcome": "duplicate"}\n')


@pytest.mark.parametrize("lines", [("HTTP/1.0", "X: y"), ("HTTP/1.1", "Connection: close")])
async def test_a_connection_that_ends_gets_an_ordinary_answer(client, lines):
    body = json.dumps(webhook("A")).encode()
    version, header = lines
    answer = await raw(
        client, f"POST /webhooks/alertmanager {version}", "Host: x", f"Authorization: Bearer {INTAKE_TOKEN}",
        f"Content-Length: {len(body)}", header, body=body,
    )  # fmt: skip
    assert answer.startswith(f"{version} 200".encode())
    assert answer.endswith(b'{"ok": true, "outcome": "accepted"}\n')


async def test_with_an_access_log_the_answer_is_an_ordinary_one(aiohttp_client, manager, settings, caplog):
    logged = replace(settings, log=replace(settings.log, access=True))
    await manager.reload(logged)
    client = await aiohttp_client(create_app(manager, logged))
    with caplog.at_level("INFO", logger="aiohttp.access"):
        answer = await client.post(PATH, json=webhook("A"), headers=BEARER)
    assert "Date" in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Content-Length: -5",),
        ("Content-Length: 5x",),
        ("Transfer-Encoding: gzip, gzip",),
        ("Bad Header: x",),
        ("X: " + "y" * 20_000,),
        tuple(f"X-{n}: y" for n in range(500)),
    ],
)
async def test_requests_that_frame_their_body_in_two_ways_are_refused(client, manager, headers):
    answer = await raw(
        client, "POST /webhooks/alertmanager HTTP/1.1", "Host: x", f"Authorization: Bearer {INTAKE_TOKEN}", *headers,
        body=b"12345",
    )  # fmt: skip
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400"))
    assert b"Traceback" not in answer
    assert outcome(manager, "accepted") == 0


async def test_a_body_that_breaks_off_is_not_taken(client, manager):
    _, writer = await asyncio.open_connection("127.0.0.1", client.port)
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {INTAKE_TOKEN}\r\nContent-Length: 500"
    writer.write(f"{head}\r\n\r\n{{".encode())
    await writer.drain()
    writer.close()
    await asyncio.sleep(0.05)
    assert (await client.post(PATH, json=webhook("A"), headers=BEARER)).status == 200
    assert outcome(manager, "accepted") == 1
