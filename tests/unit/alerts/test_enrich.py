"""Enrichment beside servers that are slow, broken or hostile: it keeps its budget, and never fails."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from fake_server import ENDLESS_BODY, GARBAGE, HANG, RESET, SLOW_BODY, FakeServer, Reply, redirect
from samples import NOW, alert, incident

from fraiseql_observe.alerts import enrich, prometheus
from fraiseql_observe.alerts.enrich import Enricher
from fraiseql_observe.alerts.prometheus import Prometheus
from fraiseql_observe.config.audit import AuditSettings
from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.enrichment import EnrichmentSettings, PrometheusSettings
from fraiseql_observe.errors import EnrichmentError
from fraiseql_observe.incident.message import Enrichment
from fraiseql_observe.telemetry import Telemetry

EXPRESSION = "http://evil.example/graph?g0.expr=rate%28errors_total%5B5m%5D%29+%3E+0.2"
ALERTS = (replace(alert(), generator_url=EXPRESSION),)
INCIDENT = incident()


def answer(*series):
    result = [{"metric": labels, "values": points, "value": points[-1]} for labels, points in series]
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}).encode()


TREND = answer(({"instance": "app-0:8000"}, [[1.0, "0.1"], [2.0, "NaN"], [3.0, "+Inf"], [4.0, "0.4"], [5.0, "x"]]))
OPERATIONS = answer(({"operation_name": "getUser"}, [[1.0, "3"]]), ({"operation_name": "posts"}, [[1.0, "9"]]))


def by_path(received):
    return Reply(body=TREND if received.path.endswith("query_range") else OPERATIONS)


def enricher(server, **more):
    settings = {"budget": timedelta(seconds=more.pop("budget", 2))} | more.pop("settings", {})
    given = {
        "prometheus": PrometheusSettings(url=server.url if server else ""),
        "audit": AuditSettings(),
        "clock": lambda: NOW,
        "telemetry": Telemetry(),
    } | more
    return Enricher(EnrichmentSettings(**settings), **given)


def outcomes(made):
    samples = made._telemetry.enrichments.collect()[0].samples
    return {sample.labels["outcome"] for sample in samples if sample.name.endswith("_total") and sample.value}


async def found(server, **more):
    made = enricher(server, **more)
    enrichment = await made.within(INCIDENT, ALERTS)
    said = outcomes(made)
    await made.close()
    return enrichment, said


async def test_trend_and_operations():
    async with FakeServer(by_path) as server:
        enrichment, said = await found(server)

    assert enrichment.trend.points == ((1.0, 0.1), (4.0, 0.4))
    assert (enrichment.trend.threshold, enrichment.trend.operator, enrichment.trend.unit) == (0.2, ">", "/s")
    assert (enrichment.value, enrichment.threshold) == ("0.4/s", "> 0.2/s")
    assert enrichment.operations == ("posts", "getUser")
    assert enrichment.users is None
    assert said == {"complete"}
    [asked] = [parse_qs(each.body.decode()) for each in server.requests if each.path.endswith("query_range")]
    assert asked["query"] == ["rate(errors_total[5m])"]
    assert {"start", "end", "step", "timeout", "limit"} <= set(asked)


async def test_without_an_expression_of_its_own_the_rule_is_asked_for():
    rules = {"status": "success", "data": {"groups": [{"name": "g", "rules": [
        {"name": "HighErrorRate", "query": "other > 9", "labels": {"severity": "warning"}, "type": "alerting"},
        {"name": "HighErrorRate", "query": "errors > 5", "labels": {"severity": "critical", "team": "{{ $x }}"}},
    ]}]}}  # fmt: skip

    def reply(received):
        return Reply(body=json.dumps(rules).encode()) if "/rules" in received.path else by_path(received)

    async with FakeServer(reply) as server:
        made = enricher(server)
        enrichment = await made.within(INCIDENT, (alert(), replace(alert(1), generator_url="")))
        assert enrichment.trend.threshold is None, "an expression of its own goes first"
        await made.close()
        made = enricher(server)
        enrichment = await made.within(INCIDENT, (replace(alert(), generator_url="https://x/?g0.expr=((("),))
        await made.close()

    assert enrichment.trend.threshold == 5
    assert "rule_name%5B%5D=HighErrorRate" in next(each.path for each in server.requests if "/rules" in each.path)


@pytest.mark.parametrize(
    "misdeed",
    [
        RESET,
        GARBAGE,
        redirect("http://169.254.169.254/"),
        Reply(500),
        Reply(401),
        Reply(body=b"{"),
        Reply(body=b"\xff\xfe"),
        Reply(body=b'{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}'),
        Reply(body=b'{"status":"success"}'),
        Reply(body=b'{"data":' * 50_000),
        Reply(body=answer(({}, [[1.0, "1"]])).replace(b'"1"', b"[]")),
        ENDLESS_BODY,
        Reply(body=b" " * 100_000),
    ],
    ids=str,
)
async def test_a_broken_answer_is_an_empty_one(misdeed):
    async with FakeServer(misdeed) as server:
        enrichment, said = await found(server, settings={"largest_answer": 65536})

    assert enrichment == Enrichment()
    assert said == {"failed"}


@pytest.mark.parametrize("misdeed", [HANG, SLOW_BODY], ids=str)
async def test_a_slow_answer_is_not_waited_for(misdeed):
    async with FakeServer(misdeed) as server:
        enrichment, said = await found(server, budget=0.2)

    assert enrichment == Enrichment()
    assert said <= {"late", "failed"}
    assert said


async def test_what_is_in_time_is_kept_when_the_rest_is_late():
    async with FakeServer(lambda got: by_path(got) if got.path.endswith("query_range") else HANG) as server:
        enrichment, said = await found(server, budget=0.5)

    assert enrichment.trend
    assert enrichment.operations == ()
    assert said == {"partial"}


async def test_nobody_listens(unused_tcp_port):
    made = enricher(None, prometheus=PrometheusSettings(url=f"http://127.0.0.1:{unused_tcp_port}"))
    assert await made.within(INCIDENT, ALERTS) == Enrichment()
    await made.close()


async def test_the_audit_database_is_away(unused_tcp_port, caplog):
    caplog.set_level("INFO")
    audit = AuditSettings(url=Secret(f"postgresql://u:s3cret@127.0.0.1:{unused_tcp_port}/x"))
    async with FakeServer(by_path) as server:
        enrichment, said = await found(server, audit=audit)

    assert enrichment.trend
    assert enrichment.users is None
    assert said == {"partial"}
    assert "s3cret" not in caplog.text


async def test_a_malformed_url_of_the_audit_database_fails_alone():
    async with FakeServer(by_path) as server:
        enrichment, _ = await found(server, audit=AuditSettings(url=Secret("postgresql://[")))

    assert enrichment.trend


async def test_nothing_is_asked_when_nothing_is_configured():
    made = enricher(None)
    assert await made.within(INCIDENT, ALERTS) == Enrichment()
    assert made.peek(INCIDENT.id) is None
    assert outcomes(made) == set()
    off = enricher(None, prometheus=PrometheusSettings(url="http://127.0.0.1:9"), settings={"enabled": False})
    assert await off.within(INCIDENT, ALERTS) == Enrichment()
    await off.close()


async def test_an_incident_without_alerts_has_no_trend():
    async with FakeServer(by_path) as server:
        made = enricher(server)
        assert await made.within(INCIDENT, ()) == Enrichment()
        await made.close()

    assert server.requests == []


@pytest.mark.parametrize(("instance", "shown"), [("app-0:8000", True), ("other", False)])
async def test_of_too_many_series_only_the_alerts_own_is_asked_for(instance, shown):
    newest = answer(({"instance": instance}, [[1.0, "0.4"]]))

    def reply(received):
        asked = parse_qs(received.body.decode())["query"][0]
        if received.path.endswith("query_range"):
            return Reply(body=TREND if " and on (instance) " in asked else b" " * 100_000)
        return Reply(body=newest)

    async with FakeServer(reply) as server:
        enrichment, said = await found(server, settings={"largest_answer": 65536, "operations": 0})

    assert (enrichment.trend is not None) is shown
    assert said == {"complete"}


async def test_operations_may_be_switched_off():
    async with FakeServer(by_path) as server:
        enrichment, _ = await found(server, settings={"operations": 0})

    assert enrichment.operations == ()
    assert len(server.requests) == 1


async def test_an_incident_is_asked_about_once_until_the_answer_is_old():
    clock = [NOW]
    async with FakeServer(by_path) as server:
        made = enricher(server, clock=lambda: clock[0])
        made.start(INCIDENT, ALERTS)
        made.start(INCIDENT, ALERTS)
        await made.within(INCIDENT, ALERTS)
        await made.within(INCIDENT, ALERTS)
        assert len(server.requests) == 2
        clock[0] += timedelta(minutes=5)
        await made.within(INCIDENT, ALERTS)
        assert len(server.requests) == 4
        await made.close()


async def test_a_change_of_the_incident_is_worth_asking_again():
    clock = [NOW]
    async with FakeServer(by_path) as server:
        made = enricher(server, clock=lambda: clock[0])
        await made.within(INCIDENT, ALERTS)
        clock[0] += timedelta(seconds=9)
        await made.within(INCIDENT, ALERTS)
        assert len(server.requests) == 2
        await made.within(replace(INCIDENT, updated_at=clock[0]), ALERTS)
        assert len(server.requests) == 4
        await made.close()


async def test_what_is_known_stays_known_when_it_cannot_be_asked_again():
    clock = [NOW]
    async with FakeServer(by_path) as server:
        made = enricher(server, clock=lambda: clock[0])
        first = await made.within(INCIDENT, ALERTS)
        server.default = Reply(500)
        clock[0] += timedelta(minutes=5)
        assert await made.within(INCIDENT, ALERTS) == first
        await made.close()


async def test_whoever_waits_less_gets_what_there_is():
    async with FakeServer(HANG) as server:
        made = enricher(server, budget=30)
        assert await made.within(INCIDENT, ALERTS, budget=0.05) == Enrichment()
        await made.close()


async def test_what_arrives_is_told_once_and_a_broken_listener_hurts_nobody(caplog):
    clock, told = [NOW], []

    async def arrived(incident_id, enrichment):
        told.append((incident_id, enrichment))
        raise RuntimeError("no")

    async with FakeServer(by_path) as server:
        made = enricher(server, arrived=arrived, clock=lambda: clock[0])
        enrichment = await made.within(INCIDENT, ALERTS)
        clock[0] += timedelta(minutes=5)
        await made.within(INCIDENT, ALERTS)
        await asyncio.sleep(0)
        await made.close()

    assert told == [(INCIDENT.id, enrichment)]
    assert "could not be kept" in caplog.text


async def test_a_storm_of_incidents_is_bounded(monkeypatch):
    monkeypatch.setattr(enrich, "WAITING", 20)
    monkeypatch.setattr(enrich, "KEPT", 5)
    async with FakeServer(HANG) as server:
        made = enricher(server, budget=0.3, settings={"concurrency": 2})
        many = [incident(id=f"inc_{number}") for number in range(50)]
        for each in many:
            made.start(each, ALERTS)
        assert len(made._asking) == 20
        assert await made.within(many[19], ALERTS) == Enrichment()
        await asyncio.gather(*made._asking.values())
        assert len(made._known) == 5
        assert len(server.requests) <= 4
        assert outcomes(made) == {"late"}
        await made.close()


async def test_closing_gives_up_what_is_being_asked():
    async with FakeServer(HANG) as server:
        made = enricher(server, budget=30)
        made.start(INCIDENT, ALERTS)
        await asyncio.sleep(0.05)
        await made.close()
        assert made._asking == {}


@pytest.mark.parametrize(
    ("login", "header"),
    [
        ({"token": Secret("t0ken")}, "Bearer t0ken"),
        ({"username": "ü", "password": Secret("pä")}, "Basic w7w6cMOk"),
        ({}, None),
    ],
)
async def test_logins_and_headers(login, header):
    settings = PrometheusSettings(url="", headers={"X-Scope-OrgID": "one"}, **login)
    async with FakeServer(by_path) as server:
        asked = Prometheus(replace(settings, url=f"{server.url}/prefix/"), largest=65536, seconds=2)
        assert await asked.now("up", 0)
        await asked.close()

    [request] = server.requests
    assert request.path == "/prefix/api/v1/query"
    assert request.headers.get("authorization") == header
    assert request.headers["x-scope-orgid"] == "one"


async def test_a_large_answer_is_read_outside_the_loop_and_series_are_counted(monkeypatch):
    monkeypatch.setattr(prometheus, "MOST_SERIES", 200)
    body = answer(*(({"n": str(number)}, [[1.0, "1"]] * 40) for number in range(300)))
    async with FakeServer(Reply(body=body)) as server:
        asked = Prometheus(PrometheusSettings(url=server.url), largest=10**7, seconds=5)
        assert len(await asked.range("up", 0, 1, 1)) == 200
        await asked.close()


async def test_all_rules():
    rule = {"name": "A", "query": "up == 0", "duration": 60, "keepFiringFor": 30, "state": "firing", "alerts": []}
    body = json.dumps({"data": {"groups": [{"name": "g", "rules": [rule]}]}}).encode()
    async with FakeServer(Reply(body=body)) as server:
        asked = Prometheus(PrometheusSettings(url=server.url), largest=65536, seconds=2)
        [found_] = await asked.rules()
        assert (found_.name, found_.group, found_.duration, found_.keep_firing_for, found_.state) == (
            "A",
            "g",
            60,
            30,
            "firing",
        )
        assert await asked.rule("B", {}) == ""
        server.default = Reply(503)
        with pytest.raises(EnrichmentError, match="503"):
            await asked.rules()
        await asked.close()


def test_one_login_only():
    both = PrometheusSettings(url="", token=Secret("a"), username="b")
    assert [key for key, _ in both.problems()] == ["token"]
    assert list(PrometheusSettings().problems()) == []


def test_a_backend_that_asks_nobody_loads_no_driver_and_no_parser():
    code = (
        "import sys, fraiseql_observe.alerts.enrich; "
        "print(*{'psycopg', 'promql_parser', 'PIL', 'yaml'} & set(sys.modules))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    assert loaded.stdout.split() == []
