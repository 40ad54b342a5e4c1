"""What Grafana gets through Infinity and the audit proxy is what it gets through its PostgreSQL data source."""

from __future__ import annotations

import asyncio
import gzip
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from audit_database import NOON
from click.testing import CliRunner
from proxied import TOKENS, bearer, serving

from fraiseql_observe.audit import catalogue
from fraiseql_observe.cli.verify import command
from fraiseql_observe.errors import VerifyError
from fraiseql_observe.mixin import engine, render
from fraiseql_observe.mixin.render import CATALOGUE, catalogue_text
from fraiseql_observe.verify import Audit, Options, verify
from fraiseql_observe.verify import scope as scopes
from fraiseql_observe.verify.audit import HEADERS, address
from fraiseql_observe.verify.infinity import filled, parse_request
from fraiseql_observe.verify.interpolate import Value, for_postgres, interpolate
from fraiseql_observe.verify.macros import expand
from fraiseql_observe.verify.postgres import Postgres
from fraiseql_observe.verify.timing import Window
from fraiseql_observe.web.keys import AUDIT

QUESTIONS = catalogue.load().as_json()
SHIPPED = Path(__file__).parents[3] / "bundle" / "variants" / "infinity" / "dashboards"
RENDERED = render(catalogue=QUESTIONS)
TENANTS = ("acme", "o'neil", "Łódź, [you] \\ 50%", "(none)")
# Every question as a target of both data sources, written by the mixin itself.
TARGETS = engine.evaluate(
    "local questions = import 'audit/catalogue.json'; local sources = import 'lib/audit_source.libsonnet';"
    "{ [name]: { [source]: sources[source].target(name, questions[name], 'A') for source in ['postgres', 'infinity'] }"
    " for name in std.objectFields(questions) }",
    engine.library({CATALOGUE: catalogue_text(QUESTIONS)}),
)
OF_THE_MOMENT = "database_top_statements"  # what the server tells of itself, if it can; changes with every question
AGES = {"errors_open": "age_seconds"}
CHOICES = {
    "all": (Value(TENANTS, multi=True, include_all=True), Value("[]", multi=True, include_all=True, verbatim=True)),
    **{
        name: (Value((name,), multi=True, include_all=True),) * 2
        for name in ("acme", "o'neil", "Łódź, [you] \\ 50%", "(none)", "nobody")
    },
    "two": (Value(("acme", "o'neil"), multi=True, include_all=True),) * 2,
}
WINDOWS = {
    "hour": Window(NOON, NOON + timedelta(hours=1)),
    "part": Window(NOON + timedelta(minutes=7, milliseconds=333), NOON + timedelta(minutes=31, milliseconds=77)),
    "month": Window(NOON - timedelta(days=29), NOON + timedelta(days=1)),
    "empty": Window(NOON - timedelta(days=9), NOON - timedelta(days=8)),
}


@pytest.fixture(scope="module")
def filled_log(shared):
    kinds = [
        {"event_type": "access"},
        {"event_type": "update", "operation_type": "mutation", "entity": "post", "entity_id": "7"},
        {"event_type": "update", "category": "admin", "roles": ["admin", "root"], "ip_address": "192.0.2.7"},
        {"event_type": "update", "category": "permission", "entity": "role", "entity_id": "9"},
        {"event_type": "access", "outcome": "denied", "error_type": "auth", "ip_address": "2001:db8::1"},
        {"event_type": "access", "entity": "post", "complexity": 12, "depth": 3, "duration_ms": 0.1},
        {"outcome": "failure", "error_type": "database", "severity": "error", "error_fingerprint": "f1"},
        {"outcome": "failure", "error_type": "database", "severity": "critical", "error_fingerprint": "f3"},
        {"outcome": "failure", "error_type": "graphql", "error_fingerprint": "f2", "error_message": "é\n\t\"'\\"},
    ]
    for place in range(200):
        tenant = (*TENANTS[:3], None)[place % 4]
        user = f"user{place % 7}" if place % 5 else None
        shared.event(place * 17.123, tenant_id=tenant, user_id=user, lag=place / 100, **kinds[place % len(kinds)])
    for fingerprint, more in {"f1": {}, "f2": {"status": "regressed"}, "f3": {"status": "resolved"}}.items():
        ended = {"resolved_at": NOON + timedelta(minutes=20)} if more.get("status") == "resolved" else {}
        shared.error(fingerprint, **more, **ended)
    return shared


@pytest.fixture
async def url(aiohttp_client, tmp_path, filled_log):
    async with serving(aiohttp_client, tmp_path, filled_log.reader_url, freshness=timedelta(0)) as client:
        yield str(client.make_url("/"))


def through_postgres(log, name, tenants, window):
    scope = {"tenant": tenants, **scopes.for_postgres(window, 200, "1m")}
    sql = expand(interpolate(TARGETS[name]["postgres"]["rawSql"], scope, for_postgres), window)
    return Postgres(log.reader_url).ask(sql)


def through_infinity(url, name, tenants, window, who="all"):
    request = filled(
        parse_request(TARGETS[name]["infinity"]), {"tenant": tenants, **scopes.for_infinity(window, 200, "1m")}, window
    )
    return Audit(url, token=TOKENS[who][0]).rows(request)


def plain(cell):
    if isinstance(cell, datetime):
        return cell.astimezone(UTC)
    return float(cell) if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool) else cell


def dicts(answer, without):
    return [
        {name: plain(cell) for name, cell in zip(answer.columns, row, strict=True) if name not in without}
        for row in answer.rows
    ]


@pytest.mark.parametrize(
    ("span", "choice"), [("hour", choice) for choice in CHOICES] + [(span, "all") for span in WINDOWS if span != "hour"]
)
async def test_every_question_has_equal_rows_both_ways(filled_log, url, choice, span):
    by_name, by_list = CHOICES[choice]
    for name in TARGETS.keys() - {OF_THE_MOMENT}:
        sql = await asyncio.to_thread(through_postgres, filled_log, name, by_name, WINDOWS[span])
        proxied = await asyncio.to_thread(through_infinity, url, name, by_list, WINDOWS[span])
        assert sorted(sql.columns) == list(proxied.columns) or not sql.rows, name
        assert dicts(sql, {AGES.get(name)}) == dicts(proxied, {AGES.get(name)}), name


async def test_all_means_the_tenants_of_the_token(filled_log, url):
    everybody, acme = CHOICES["all"][1], CHOICES["acme"][0]
    for name in (name for name in TARGETS if "tenants" in QUESTIONS[name]["parameters"]):
        sql = await asyncio.to_thread(through_postgres, filled_log, name, acme, WINDOWS["hour"])
        proxied = await asyncio.to_thread(through_infinity, url, name, everybody, WINDOWS["hour"], "acme")
        assert dicts(sql, {AGES.get(name)}) == dicts(proxied, {AGES.get(name)}), name


async def test_every_question_is_compared_on_rows_of_its_own(filled_log):
    by_name, _ = CHOICES["all"]
    found = {name: through_postgres(filled_log, name, by_name, WINDOWS["hour"]) for name in TARGETS}
    assert {name for name, answer in found.items() if not answer.rows} <= {OF_THE_MOMENT}


async def test_verify_says_the_same_of_both_variants(filled_log, url):
    options = Options(range=(NOON.isoformat(), (NOON + timedelta(hours=1)).isoformat()))
    now = NOON + timedelta(hours=2)
    audit = Audit(url, token=TOKENS["all"][0])

    def report(dashboards, postgres=None, audit=None):
        found = verify(list(dashboards.values()), None, postgres, now=now, options=options, audit=audit)
        return {
            (each.dashboard, each.panel, each.query): (each.status, each.count)
            for each in found.results
            if each.kind in ("postgres", "infinity") and each.panel != "Top slow queries"
        }

    sql = await asyncio.to_thread(report, RENDERED.dashboards, postgres=filled_log.reader_url)
    proxied = await asyncio.to_thread(report, RENDERED.variants["infinity"].dashboards, audit=audit)
    assert sql == proxied
    assert len(sql) >= 25
    assert {status for status, _ in sql.values()} == {"data"}


async def test_the_request_that_the_plugin_sends(client_of):
    """Its very headers: two media types with a weight, gzip and nothing else, a bearer token, who looks."""
    request = filled(
        parse_request(TARGETS["compliance_recent_events"]["infinity"]),
        {"tenant": CHOICES["all"][1], **scopes.for_infinity(WINDOWS["hour"], 200, "")},
        WINDOWS["hour"],
    )
    headers = {
        **HEADERS,
        **bearer("all"),
        "X-Grafana-User": "grace",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }
    async with client_of.get(address("/", request), headers=headers, auto_decompress=False) as response:
        assert (response.status, response.headers["Content-Encoding"]) == (200, "gzip")
        answer = json.loads(gzip.decompress(await response.read()))
    assert (answer["ok"], answer["row_count"], answer["truncated"]) == (True, 100, False)
    await client_of.app[AUDIT].log.flush()
    async with client_of.get("/api/observability/audit/access", headers=bearer("root")) as response:
        (entry,) = (await response.json())["entries"]
    assert (entry["question"], entry["on_behalf_of"], entry["rows"]) == ("compliance_recent_events", "grace", 100)


@pytest.fixture
async def client_of(aiohttp_client, tmp_path, filled_log):
    async with serving(aiohttp_client, tmp_path, filled_log.reader_url) as client:
        yield client


@pytest.mark.parametrize(
    ("who", "said"), [("", "HTTP 401"), ("alerts", "lacks the scope audit:read"), ("nobody", "HTTP 401")]
)
async def test_a_token_that_may_not_ask_is_told_so_before_the_panels_are(url, who, said):
    token = TOKENS[who][0] if who in TOKENS else who
    with pytest.raises(VerifyError, match=said):
        await asyncio.to_thread(Audit(url, token=token).probe)


async def test_a_variable_offers_the_tenants(url):
    (variable,) = [
        each
        for each in RENDERED.variants["infinity"].dashboards["fraiseql-users.json"]["templating"]["list"]
        if each["name"] == "tenant"
    ]
    request = parse_request(variable["query"]["infinityQuery"])
    answer = await asyncio.to_thread(Audit(url, token=TOKENS["all"][0]).rows, request)
    assert {row[1] for row in answer.rows} == set(TENANTS)


async def test_the_command_asks_the_shipped_variant(url, tmp_path):
    secret = tmp_path / "token"
    secret.write_text(TOKENS["all"][0] + "\n")
    arguments = ["--dashboards", str(SHIPPED), "--audit", url, "--audit-token", f"@{secret}"]
    arguments += ["--range", f"{NOON.isoformat()}..{(NOON + timedelta(hours=1)).isoformat()}"]
    arguments += ["--dashboard", "FraiseQL / User activity", "--json"]
    outcome = await asyncio.to_thread(CliRunner().invoke, command, arguments)
    report = json.loads(outcome.stdout)
    assert set(report) == {"dashboards", "panels", "panels_with_data", "queries", "queries_with_data", "missing"}
    assert (outcome.exit_code, report["panels"], report["missing"]) == (0, 8, [])
