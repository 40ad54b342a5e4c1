"""Servers that are well, that are not, and that do everything but answer: each is told in time."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from fake_server import ENDLESS_BODY, GARBAGE, HANG, RESET, SLOW_BODY, FakeServer, Reply, redirect

from fraiseql_observe.config.alertmanager import AlertmanagerSettings
from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.enrichment import PrometheusSettings
from fraiseql_observe.config.server import ServerSettings
from fraiseql_observe.config.settings import Settings
from fraiseql_observe.doctor import alertmanager, application, http, others, prometheus
from fraiseql_observe.doctor.asked import Asked
from fraiseql_observe.doctor.finding import Level
from fraiseql_observe.doctor.run import Probe, examine

SECONDS = 0.3


def now():
    return datetime.now(UTC)


def asked(**more):
    return Asked(Settings(), now, seconds=SECONDS, **more)


async def looked(look, *arguments):
    """What a probe finds, as `doctor` would tell it."""
    found = await asyncio.to_thread(examine, [Probe("probe", lambda: look(*arguments))], 10)
    return [(one.subject.partition(" http")[0], one.level, one.found) for one in found]


def json_reply(document, status=200, **headers):
    return Reply(status, {"Content-Type": "application/json", **headers}, json.dumps(document).encode())


PROBES = {
    "application": application.look,
    "grafana": others.grafana,
    "alertmanager": lambda given, url: alertmanager.look(given, AlertmanagerSettings(), url),
    "prometheus": prometheus.look,
}


@pytest.mark.parametrize("misdeed", [HANG, RESET, GARBAGE, SLOW_BODY, ENDLESS_BODY, redirect("http://127.0.0.1:1/")])
@pytest.mark.parametrize("probe", PROBES)
async def test_whoever_does_not_answer_is_told(probe, misdeed):
    async with FakeServer(misdeed) as server:
        found = await looked(PROBES[probe], asked(), server.url)
    assert [level for _, level, _ in found] == [Level.WRONG]
    assert "fault of this program" not in found[0][2]


@pytest.mark.parametrize("url", ["http://[", "nonsense", "http://127.0.0.1:1", "ftp://x/", "http://exa mple/"])
@pytest.mark.parametrize("probe", PROBES)
async def test_whatever_is_no_address_is_told(probe, url):
    found = await looked(PROBES[probe], asked(), url)
    assert {level for _, level, _ in found} == {Level.WRONG}
    assert "fault of this program" not in found[0][2]


async def test_no_redirect_is_followed_and_no_secret_sent_elsewhere():
    settings = AlertmanagerSettings(token=Secret("token-of-alertmanager"))
    async with FakeServer(Reply(200)) as target, FakeServer(redirect(target.url)) as server:
        await looked(alertmanager.look, asked(), settings, server.url)
        assert server.requests[0].headers["authorization"] == "Bearer token-of-alertmanager"
        assert target.requests == []


async def test_credentials_of_prometheus_go_to_the_configured_address_only():
    async with FakeServer(Reply(500)) as server:
        settings = Settings(prometheus=PrometheusSettings(url="http://elsewhere", token=Secret("prom-token")))
        given = Asked(settings, now, seconds=SECONDS, prometheus=server.url)
        await looked(prometheus.look, given, server.url)
        assert all("authorization" not in one.headers for one in server.requests)


async def test_grafana():
    health = {"database": "ok", "version": "12.1.0"}
    async with FakeServer(json_reply(health)) as server:
        found = await looked(others.grafana, asked(), f"{server.url}/grafana/")
        assert server.requests[0].path == "/grafana/api/health"
    assert found[0] == ("grafana", Level.OK, "it answers, version 12.1.0")
    async with FakeServer(json_reply({"database": "failing"}, 503)) as server:
        assert (await looked(others.grafana, asked(), server.url))[0][1] is Level.WRONG


async def test_a_clock_that_is_off():
    date = format_datetime(now() - timedelta(minutes=5), usegmt=True)
    async with FakeServer(json_reply({"database": "ok"}, Date=date)) as server:
        found = await looked(others.grafana, asked(), server.url)
    assert (found[1][0], found[1][1]) == ("clock of grafana", Level.WRONG)


async def backend(reply):
    async with FakeServer(reply) as server:
        port = int(server.url.rpartition(":")[2])
        return await looked(others.backend, asked(), ServerSettings(host="0.0.0.0", port=port))


async def test_the_backend():
    assert await backend(json_reply({"ok": True, "version": "9", "failing": {}})) == [
        ("backend", Level.OK, "it runs and takes alerts, version 9")
    ]
    failing = {"ok": False, "failing": {"store": "it is full"}, "audit": ["too many rights"]}
    assert [one[2] for one in await backend(json_reply(failing, 503))] == ["it is full", "too many rights"]
    ((_, level, said),) = await backend(Reply(200, {}, b"<html>"))
    assert level is Level.WRONG
    assert "something else listens" in said
    ((_, level, said),) = await looked(others.backend, asked(), ServerSettings(host="::1", port=1))
    assert level is Level.NOTE
    assert "http://[::1]:1" in said


async def test_the_application():
    async with FakeServer(Reply(200, {}, b'fraiseql_build_info{version="1"} 1\n')) as server:
        assert (await looked(application.look, asked(), server.url))[0][1] is Level.OK
    async with FakeServer(Reply(404)) as server:
        assert "answers HTTP 404" in (await looked(application.look, asked(), server.url))[0][2]


async def test_an_alertmanager_that_refuses():
    async with FakeServer(Reply(401)) as server:
        found = await looked(alertmanager.look, asked(), AlertmanagerSettings(), server.url)
    assert found == [("alertmanager", Level.WRONG, "it refuses us: HTTP 401")]


class Series:
    """A Prometheus that has these answers."""

    def __init__(self, **answers):
        self.answers = answers

    def query_result(self, expression, window):
        assert window.start == window.end
        return next((found for word, found in self.answers.items() if word in expression), [])


def series(**answers):
    return [(one.level, one.found) for one in prometheus._series("p", Series(**answers), asked())]


def test_the_series_of_an_application():
    assert series()[0][0] is Level.WRONG
    assert series(fraiseql_graphql_=["1"])[0][0] is Level.NOTE
    whole = {"fraiseql_graphql_": ["1"], "fraiseql_build_info": ["1"]}
    assert series(**whole) == [(Level.OK, "it has the series of an instrumented application")]
    found = series(
        **whole,
        **{"up{": ["a"], "hook_active": [f"hook {number}" for number in range(7)], "errors_total": ["3"]},
    )
    assert [level for level, _ in found] == [Level.OK, Level.WRONG, Level.NOTE, Level.NOTE]
    assert found[1][1] == "1 instances cannot be scraped now"
    assert "hook 4 and 2 more" in found[2][1]


async def test_alertmanagers_that_prometheus_knows():
    async def said(document):
        async with FakeServer(json_reply(document)) as server:
            found = await asyncio.to_thread(lambda: list(prometheus._alertmanagers(asked(), "p", server.url)))
        return [(one.level, one.found) for one in found]

    assert (await said({"data": {"activeAlertmanagers": [{"url": "x"}]}}))[0][0] is Level.OK
    assert (await said({"data": {"activeAlertmanagers": []}}))[0][0] is Level.WRONG
    assert (await said([]))[0][0] is Level.NOTE


async def test_an_untrusted_certificate_is_told(monkeypatch):
    import requests  # noqa: PLC0415

    def refuse(*_, **__):
        raise requests.exceptions.SSLError

    monkeypatch.setattr(requests.Session, "get", refuse)
    found = await looked(others.grafana, asked(), "https://127.0.0.1:1")
    assert "certificate that this machine does not trust" in found[0][2]


def test_a_body_that_is_no_object():
    answer = http.Answer(200, b"[1]", "", now(), now())
    assert answer.document == {}
