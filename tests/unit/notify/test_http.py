"""HTTP against a server that does everything wrong."""

from __future__ import annotations

import socket

import aiohttp
import pytest
from fake_server import ENDLESS_BODY, GARBAGE, HANG, RESET, SLOW_BODY, FakeServer, Reply, redirect, too_many

from fraiseql_observe.errors import DeliveryError, Reason
from fraiseql_observe.notify import http as subject
from fraiseql_observe.notify.addresses import Guard
from fraiseql_observe.notify.http import BODY, Http


@pytest.fixture
async def http(tools):
    return tools.http


async def refused(http, url, **more):
    with pytest.raises(DeliveryError) as caught:
        await http.post(url, b"{}", within=more.pop("within", 5.0), **more)
    return caught.value


async def test_a_post_arrives_as_it_is(http):
    async with FakeServer(Reply(202, {"X-A": "b"}, b"taken")) as server:
        answer = await http.post(f"{server.url}/hook?a=1", b"\x00body", {"Content-Type": "text/plain"})
        (request,) = server.requests
    assert (answer.status, answer.headers["x-a"], answer.body) == (202, "b", b"taken")
    assert (request.method, request.path, request.body) == ("POST", "/hook?a=1", b"\x00body")
    assert request.headers["user-agent"].startswith("fraiseql-observe/")
    assert request.headers["content-type"] == "text/plain"


async def test_redirects_are_failures_and_not_followed(http):
    async with FakeServer() as other, FakeServer(redirect(f"{other.url}/stolen")) as server:
        error = await refused(http, server.url)
        assert other.requests == []
    assert (error.status, error.retryable) == (302, False)


async def test_answers_are_classified(http):
    async with FakeServer() as server:
        server.script(too_many("7"), Reply(500), Reply(410))
        first, second, third = [await refused(http, server.url) for _ in range(3)]
    assert first.retry_after.total_seconds() == 7
    assert [each.reason for each in (first, second, third)] == [Reason.RATE_LIMITED, Reason.SERVER_ERROR, Reason.GONE]


async def test_silence_is_ambiguous(http):
    async with FakeServer(HANG) as server:
        error = await refused(http, server.url, within=0.2)
    assert (error.reason, error.ambiguous, error.retryable) == (Reason.TIMEOUT, True, True)


@pytest.mark.parametrize(("step", "reason"), [(RESET, Reason.CONNECTION), (GARBAGE, Reason.BAD_ANSWER)])
async def test_what_breaks_after_the_request_is_ambiguous(http, step, reason):
    async with FakeServer(step) as server:
        error = await refused(http, server.url)
    assert (error.reason, error.ambiguous, error.retryable) == (reason, True, True)


async def test_what_cannot_be_connected_to_is_not_ambiguous(http):
    with socket.socket() as taken:  # bound and not listening: refuses
        taken.bind(("127.0.0.1", 0))
        error = await refused(http, f"http://127.0.0.1:{taken.getsockname()[1]}/secret-path")
    assert (error.reason, error.ambiguous, error.retryable) == (Reason.CONNECTION, False, True)
    assert "secret-path" not in str(error)


async def test_a_name_without_an_address(http):
    error = await refused(http, "http://nowhere.invalid/")
    assert (error.reason, error.ambiguous) == (Reason.CONNECTION, False)


@pytest.mark.parametrize("step", [SLOW_BODY, ENDLESS_BODY])
async def test_the_status_counts_whatever_the_body_does(http, step, monkeypatch):
    monkeypatch.setattr(subject, "BODY_SECONDS", 0.2)
    async with FakeServer(step) as server:
        answer = await http.post(server.url, b"{}")
    assert answer.status == 200
    assert 0 < len(answer.body) <= BODY


async def test_the_status_counts_also_when_the_body_outlasts_the_whole_time(http):
    async with FakeServer(SLOW_BODY) as server:
        assert (await http.post(server.url, b"{}", within=0.5)).status == 200


@pytest.mark.parametrize("url", ["http://", "not a url", "http://[::1", "ftp://example.org/"])
async def test_a_malformed_address_is_said_and_never_retried(http, url):
    error = await refused(http, url)
    assert (error.reason, error.retryable) == (Reason.CLIENT_ERROR, False)


async def test_a_line_break_in_a_header_never_goes_out(http):
    async with FakeServer() as server:
        error = await refused(http, server.url, headers={"X-A": "b\r\nX-Evil: c"})
        assert server.requests == []
    assert (error.reason, error.retryable) == (Reason.CLIENT_ERROR, False)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1"])
async def test_loopback_is_refused_under_a_guard(http, host):
    async with FakeServer() as server:
        error = await refused(http, f"http://{host}:{server.port}/", guard=Guard())
        assert server.requests == []
    assert error.retryable is False


async def test_a_name_that_resolves_to_loopback_is_refused_at_connect_time(http, monkeypatch):
    """What counts is the address that is connected to, so a name that changes its mind gains nothing."""

    async def rebound(self, host, port, traces=None):
        entry = {"hostname": host, "host": "127.0.0.1", "port": port, "family": socket.AF_INET, "proto": 6, "flags": 0}
        return [entry]

    monkeypatch.setattr(aiohttp.TCPConnector, "_resolve_host", rebound)
    async with FakeServer() as server:
        error = await refused(http, f"http://public.example.org:{server.port}/", guard=Guard())
        assert server.requests == []
    assert error.reason is Reason.FORBIDDEN_ADDRESS


async def test_connections_are_kept_and_closed(http):
    async with FakeServer() as server:
        for _ in range(3):
            await http.post(server.url, b"{}")
    await http.close()
    await http.close()
    assert isinstance(http, Http)
