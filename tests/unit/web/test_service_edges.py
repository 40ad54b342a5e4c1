"""What every request meets: ids, errors in one shape, headers, time-outs, counting; and health."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from web_requests import INTAKE_TOKEN, TOKENS, webhook

from fraiseql_observe.alerts.manager import AlertManager
from fraiseql_observe.errors import (
    AuthError,
    ConfigError,
    ConflictError,
    DeliveryError,
    NotFoundError,
    ObserveError,
    OverloadError,
    PayloadError,
    Reason,
    StoreError,
    TemplateError,
)
from fraiseql_observe.store import inbox
from fraiseql_observe.web import errors, health, intake
from fraiseql_observe.web.app import create_app
from fraiseql_observe.web.auth import require
from fraiseql_observe.web.keys import ACTOR, MANAGER, REQUEST_ID
from fraiseql_observe.web.principal import Principal, Scope


@pytest.fixture
async def with_routes(aiohttp_client, manager, settings):
    """Make a client of the application with routes of the test's own."""

    async def make(**handlers):
        app = create_app(manager, settings)
        for name, handler in handlers.items():
            app.router.add_get(f"/test/{name}", handler)
        return await aiohttp_client(app)

    return make


async def test_a_request_id_is_given_and_one_that_is_brought_is_kept(client):
    made = (await client.get("/healthz")).headers["X-Request-ID"]
    assert len(made) == 16
    brought = await client.get("/healthz", headers={"X-Request-ID": "abc-123"})
    assert brought.headers["X-Request-ID"] == "abc-123"
    forged = await client.get("/healthz", headers={"X-Request-ID": "a b<script>"})
    assert forged.headers["X-Request-ID"] not in ("", "a b<script>")


async def test_browsers_are_bound(client):
    headers = (await client.get("/healthz")).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


async def test_what_a_handler_says_of_its_headers_stays(with_routes):
    async def page(request):
        return web.Response(
            text="x", headers={"Cache-Control": "max-age=5", "Content-Security-Policy": "default-src 'self'"}
        )

    client = await with_routes(page=page)
    headers = (await client.get("/test/page")).headers
    assert (headers["Cache-Control"], headers["Content-Security-Policy"]) == ("max-age=5", "default-src 'self'")


async def test_a_fault_of_ours_is_logged_and_never_shown(with_routes, caplog):
    async def broken(request):
        raise RuntimeError("postgresql://user:hunter2@db")

    client = await with_routes(broken=broken)
    answer = await client.get("/test/broken")
    said = await answer.json()
    assert (answer.status, said["ok"], said["status"]) == (500, False, 500)
    assert "hunter2" not in str(said)
    assert answer.headers["X-Request-ID"] in said["error"]
    assert "RuntimeError" in caplog.text


async def test_no_answer_names_the_library_that_gives_it(client):
    for method, path in (("GET", "/healthz"), ("GET", "/nothing"), ("PUT", intake.PATH), ("POST", intake.PATH)):
        assert "Server" not in (await client.request(method, path)).headers


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_the_intake_refuses_other_methods_in_the_shape_of_all_errors(client, method):
    answer = await client.request(method, intake.PATH)
    said = await answer.json()
    assert (answer.status, answer.headers["Allow"], said["ok"], said["status"]) == (405, "POST", False, 405)
    assert said["error"] == f"{method} is not for this address; POST is."


async def test_a_redirect_that_a_handler_wants_stays_one(with_routes):
    async def elsewhere(request):
        raise web.HTTPSeeOther("/healthz")

    async def teapot(request):
        raise web.HTTPGone

    client = await with_routes(elsewhere=elsewhere, teapot=teapot)
    answer = await client.get("/test/elsewhere", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/healthz")
    assert (await (await client.get("/test/teapot")).json())["status"] == 410


async def test_a_handler_that_takes_too_long_is_ended(aiohttp_client, settings, clock):
    quick = replace(settings, server=replace(settings.server, request_timeout=timedelta(seconds=0.1)))
    async with AlertManager(quick, clock=clock) as manager:
        app = create_app(manager, quick)

        async def slow(request):
            await asyncio.sleep(30)

        app.router.add_get("/test/slow", slow)
        client = await aiohttp_client(app)
        answer = await client.get("/test/slow")
        assert (answer.status, (await answer.json())["error"]) == (503, "No answer within 0.1 s.")


@pytest.mark.parametrize("path", ["/nothing", "/api/observability/nothing", "/api/observability/alerts/x/nothing"])
async def test_where_nothing_is_the_error_has_the_same_shape(client, path):
    answer = await client.get(path)
    said = await answer.json()
    assert (answer.status, said) == (
        404,
        {"ok": False, "error": said["error"], "errors": [said["error"]], "status": 404},
    )


async def test_a_method_that_is_not_for_an_address(client):
    answer = await client.put("/healthz")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert (await answer.json())["error"] == "PUT is not for this address; GET, HEAD is."


async def test_requests_are_counted_by_route_and_never_by_what_strangers_write(client, manager):
    await client.get("/healthz")
    await client.get("/strange-path")
    await client.request("BREW", "/healthz")
    await client.get("/api/observability/alerts/inc_1", headers={"Authorization": f"Bearer {TOKENS['root'][0]}"})
    text = await (await client.get("/metrics")).text()
    assert 'http_requests_total{method="GET",route="/healthz",status="200"} 1.0' in text
    assert 'http_requests_total{method="GET",route="(none)",status="404"} 1.0' in text
    assert 'route="/api/observability/alerts/{id}",status="404"} 1.0' in text
    assert "strange" not in text
    assert "BREW" not in text
    assert "inc_1" not in text


async def test_health_of_the_process_and_readiness(client, manager, monkeypatch):
    assert (await client.get("/healthz")).status == 200
    async with asyncio.timeout(5):
        while (answer := await client.get("/readyz")).status != 200:  # noqa: ASYNC110  until every part has begun
            await asyncio.sleep(0.01)
    assert (await answer.json())["failing"] == {}
    monkeypatch.setattr(AlertManager, "ready", property(lambda _: {"store": "The disk is full."}))
    answer = await client.get("/readyz")
    assert (answer.status, (await answer.json())["failing"]) == (503, {"store": "The disk is full."})
    assert (await client.get("/healthz")).status == 200


async def test_a_store_that_cannot_be_written_is_not_ready(client, manager, monkeypatch):
    async def broken(work):
        raise StoreError("The disk is full.")

    monkeypatch.setattr(manager.engine, "write", broken)
    assert (await (await client.get("/readyz")).json())["failing"]["store"] == "The disk is full."

    async def slow(work):
        await asyncio.sleep(30)

    monkeypatch.setattr(health, "PATIENCE", 0.05)
    monkeypatch.setattr(manager.engine, "write", slow)
    assert "does not answer within" in (await (await client.get("/readyz")).json())["failing"]["store"]


async def test_a_webhook_that_the_store_refused_makes_unready_until_one_is_kept_or_a_minute_is_over(
    client, manager, clock, monkeypatch
):
    async def full(*_):
        raise StoreError("The disk is full.")

    async def ready():
        return (await (await client.get("/readyz")).json())["failing"]

    async def tell():
        return (
            await client.post(intake.PATH, json=webhook("A"), headers={"Authorization": f"Bearer {INTAKE_TOKEN}"})
        ).status

    async with asyncio.timeout(5):
        while await ready():  # noqa: ASYNC110  until every part has begun
            await asyncio.sleep(0.01)
    with monkeypatch.context() as broken:
        broken.setattr(manager.engine, "append", full)
        assert await tell() == 503
        assert await ready() == {"store": "the last webhook could not be kept: The disk is full."}
    assert await tell() == 200
    assert await ready() == {}
    monkeypatch.setattr(manager.engine, "append", full)
    assert await tell() == 503
    manager._refused = (manager._refused[0], clock() - timedelta(minutes=1))
    assert await ready() == {}


async def test_what_fails_again_and_again_is_named_but_keeps_nothing_out(client, manager, monkeypatch):
    async def broken():
        raise StoreError("The store is away.")

    auditor = manager._parts._loops["auditor"]
    monkeypatch.setattr(auditor, "_turn", broken)
    async with asyncio.timeout(10):
        while not auditor.trouble:
            auditor.wake()
            await asyncio.sleep(0.01)
    said = await (await client.get("/readyz")).json()
    assert "auditor" not in said["failing"]
    failures = manager.telemetry.registry.get_sample_value("fraiseql_observe_loop_failures", {"loop": "auditor"})
    assert failures == auditor.failures >= 2
    assert "times in a row: The store is away." in said["warnings"]["auditor"]


@pytest.mark.parametrize(
    ("backlog", "said"),
    [
        (inbox.Backlog(100_001, datetime.now(UTC)), "100001 webhooks wait"),
        (inbox.Backlog(1, datetime.now(UTC) - timedelta(minutes=3)), "a webhook waits since"),
    ],
)
async def test_an_inbox_over_its_limit_is_not_ready(client, monkeypatch, backlog, said):
    monkeypatch.setattr(inbox, "backlog", lambda _: backlog)
    answer = await client.get("/readyz")
    assert answer.status == 503
    assert said in (await answer.json())["failing"]["inbox"]


async def test_who_it_was_is_known_to_a_handler(with_routes, manager):
    seen = {}

    @require(Scope.WRITE, source="console")
    async def who(request):
        seen["actor"], seen["id"] = request[ACTOR], request[REQUEST_ID]
        return web.Response()

    client = await with_routes(who=who)
    headers = {"Authorization": f"Bearer {TOKENS['writer'][0]}", "X-Forwarded-For": "203.0.113.9"}
    assert (await client.get("/test/who", headers=headers)).status == 200
    assert (seen["actor"].name, seen["actor"].source, seen["actor"].address) == ("writer", "console", "127.0.0.1")


@pytest.mark.parametrize(
    ("proxies", "header", "address"),
    [
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "1.2.3.4, 203.0.113.9", "203.0.113.9"),
        (2, "1.2.3.4, 203.0.113.9", "1.2.3.4"),
        (2, "203.0.113.9", "127.0.0.1"),
        (1, "forged", "127.0.0.1"),
        (1, "", "127.0.0.1"),
    ],
)
async def test_the_address_behind_proxies(with_routes, manager, settings, proxies, header, address):
    seen = []

    @require(Scope.READ)
    async def who(request):
        seen.append(request[ACTOR].address)
        return web.Response()

    client = await with_routes(who=who)
    await manager.reload(replace(settings, server=replace(settings.server, trusted_proxies=proxies)))
    headers = {"Authorization": f"Bearer {TOKENS['reader'][0]}", "X-Forwarded-For": header}
    await client.get("/test/who", headers=headers)
    assert seen == [address]


def test_what_scopes_include():
    assert Principal("x", frozenset({Scope.ADMIN})).may(Scope.INTAKE)
    assert Principal("x", frozenset({Scope.WRITE})).may(Scope.READ)
    assert not Principal("x", frozenset({Scope.READ})).may(Scope.WRITE)
    assert not Principal("x", frozenset()).may(Scope.READ)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (AuthError("x"), 401),
        (AuthError("x", status=403), 403),
        (StoreError("x"), 503),
        (OverloadError("x"), 503),
        (NotFoundError("x"), 404),
        (ConflictError("x"), 409),
        (PayloadError("x"), 400),
        (ConfigError("x"), 400),
        (TemplateError("x"), 400),
        (DeliveryError("x", reason=Reason.TIMEOUT, retryable=True), 502),
        (ObserveError("x"), 500),
        (errors.RequestError(["x"], status=412), 412),
    ],
)
def test_every_error_of_ours_has_its_status(error, status):
    assert errors.answer(error).status == status


async def test_the_manager_is_where_the_parts_look_for_it(client, manager):
    assert client.app[MANAGER] is manager
