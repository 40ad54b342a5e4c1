"""The audit questions as clients meet them: over HTTP, with tokens, through the whole service."""

from __future__ import annotations

import asyncio
import csv
import gzip
import io
import json

import jsonschema
import pytest
from proxied import RANGE, TOKENS, bearer, serving

from fraiseql_observe.web.openapi import document
from fraiseql_observe.web.rest.operation import BASE

QUERIES = f"{BASE}/audit/queries"
DOCUMENT = document()
OWN = """-- ---
-- title: Sleepy
-- description: Reads slowly.
-- format: table
-- columns:
--   n: {title: N, type: number}
-- ---
select count(*) as n from generate_series(1, 3000) as a, generate_series(1, 100000) as b
"""


@pytest.fixture(scope="module")
def filled(shared):
    for place in range(30):
        tenant = ("acme", "globex")[place % 2]
        shared.event(place, tenant_id=tenant, outcome="failure", error_type="auth", error_message="=cmd()")
    return shared


@pytest.fixture
async def client(aiohttp_client, tmp_path, filled):
    questions = tmp_path / "questions"
    questions.mkdir()
    (questions / "sleepy.sql").write_text(OWN)
    async with serving(aiohttp_client, tmp_path, filled.reader_url, questions=str(questions)) as client:
        yield client


@pytest.fixture
def ask(client):
    async def ask(path, who="all", *, headers=None, **parameters):
        address = QUERIES + path
        async with client.get(
            address,
            params=parameters,
            headers={**bearer(who), "Accept-Encoding": "identity", **(headers or {})},
            auto_decompress=False,
        ) as response:
            return response, await response.read()

    return ask


def hold(schema, body):
    jsonschema.Draft202012Validator(
        {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]}
    ).validate(json.loads(body))


async def test_the_catalogue_lists_what_the_token_may_ask(ask):
    response, body = await ask("")
    assert response.status == 200
    hold("AuditQueries", body)
    names = [one["name"] for one in json.loads(body)["queries"]]
    assert {"errors_recent", "sleepy"} <= set(names)
    again, nothing = await ask("", headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status, nothing) == (304, b"")
    _, body = await ask("", "recent")
    assert [one["name"] for one in json.loads(body)["queries"]] == ["errors_recent"]


async def test_an_answer(ask):
    response, body = await ask("/errors_recent", **RANGE)
    assert (response.status, response.headers["Content-Type"]) == (200, "application/json; charset=utf-8")
    hold("AuditAnswer", body)
    answer = json.loads(body)
    assert (answer["ok"], answer["query"], answer["row_count"], answer["truncated"]) == (
        True,
        "errors_recent",
        30,
        False,
    )
    assert (answer["from"], answer["to"]) == (RANGE["from"], RANGE["to"])
    assert list(answer["rows"][0]) == [column["name"] for column in answer["columns"]]
    assert response.headers["X-Request-ID"]


@pytest.mark.parametrize(
    ("who", "tenants"), [("all", {"acme", "globex"}), ("acme", {"acme"}), ("both", {"acme", "globex"})]
)
async def test_the_token_says_whose_rows_are_seen(ask, who, tenants):
    _, body = await ask("/compliance_recent_events", who, **RANGE)
    assert {row["tenant"] for row in json.loads(body)["rows"]} == tenants
    _, body = await ask("/compliance_recent_events/values/tenant", who, **RANGE)
    hold("AuditValues", body)
    assert {one["__value"] for one in json.loads(body)} == tenants
    _, body = await ask("/tenants", who)
    assert {row["__value"] for row in json.loads(body)["rows"]} == tenants


@pytest.mark.parametrize(
    ("path", "who", "parameters", "status", "said"),
    [
        ("/errors_recent", "alerts", RANGE, 403, "lacks the scope audit:read"),
        ("/errors_top_fingerprints", "recent", RANGE, 403, "may not ask errors_top_fingerprints"),
        ("/errors_recent", "acme", RANGE | {"tenants": '["globex"]'}, 403, "none of these tenants"),
        ("/database_top_statements", "acme", {}, 403, "about all tenants"),
        ("/nothing", "all", {}, 404, "no question"),
        ("/errors_recent/values/nothing", "all", RANGE, 404, "no column"),
        ("/errors_recent", "all", {}, 400, "2 things"),
        ("/errors_recent", "all", RANGE | {"limt": "1"}, 400, "did you mean limit?"),
        ("/errors_recent", "all", RANGE | {"limit": "0"}, 400, "limit: is not from 1 to"),
        ("/errors_recent", "all", RANGE | {"limit": "1; drop table x"}, 400, "limit: is not a whole number"),
        ("/errors_recent", "all", RANGE | {"format": "xml"}, 400, "format: is not one of json, csv"),
        ("/errors_recent", "all", {"from": "1970-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, 413, "longest range"),
    ],
)
async def test_refusals_say_why(ask, path, who, parameters, status, said):
    response, body = await ask(path, who, **parameters)
    hold("Error", body)
    assert response.status == status
    assert said in body.decode()


async def test_without_a_token_nothing_is_said(client):
    for path in ("", "/errors_recent", "/errors_recent/values/time"):
        async with client.get(QUERIES + path) as response:
            assert response.status == 401
    async with client.post(f"{QUERIES}/errors_recent", headers=bearer("all")) as response:
        assert response.status == 405


async def test_what_the_client_has_is_not_sent_again(ask):
    first, _ = await ask("/errors_recent", **RANGE)
    again, body = await ask("/errors_recent", headers={"If-None-Match": first.headers["ETag"]}, **RANGE)
    assert (again.status, body) == (304, b"")
    other, _ = await ask("/errors_recent", "acme", headers={"If-None-Match": first.headers["ETag"]}, **RANGE)
    assert other.status == 200
    as_csv, _ = await ask("/errors_recent", headers={"If-None-Match": first.headers["ETag"]}, format="csv", **RANGE)
    assert as_csv.status == 200


async def test_csv_is_safe_to_open(ask):
    response, body = await ask("/errors_recent", format="csv", **RANGE)
    assert response.headers["Content-Type"].startswith("text/csv")
    assert response.headers["Content-Disposition"] == 'attachment; filename="errors_recent.csv"'
    rows = list(csv.reader(io.StringIO(body.decode())))
    assert (len(rows), rows[0][0]) == (31, "time")
    assert not any(cell.startswith("=") for row in rows for cell in row)
    assert any(cell == "'=cmd()" for cell in rows[1])


async def test_large_answers_are_streamed_and_compressed(ask, monkeypatch):
    monkeypatch.setattr("fraiseql_observe.web.rest.audit.STREAM", 2000)
    plain, body = await ask("/errors_recent", headers={"Accept-Encoding": "identity"}, **RANGE)
    assert plain.headers["Transfer-Encoding"] == "chunked"
    small, packed = await ask("/errors_recent", headers={"Accept-Encoding": "gzip"}, **RANGE)
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed) == body
    assert len(packed) < len(body)


async def test_who_asked_what_is_kept(client, ask, filled):
    await ask("/errors_recent", "acme", headers={"X-Grafana-User": "ada", "X-Request-ID": "r-1"}, **RANGE)
    await ask("/errors_recent", "all", headers={"X-Grafana-User": "${__user.login}"}, limit="0", **RANGE)
    await asyncio.sleep(1.2)
    async with client.get(f"{BASE}/audit/access", headers=bearer("root")) as response:
        body = await response.read()
    hold("AuditAccess", body)
    refused, answered = json.loads(body)["entries"]
    assert (answered["who"], answered["on_behalf_of"], answered["request_id"]) == ("acme", "ada", "r-1")
    assert (answered["question"], answered["outcome"], answered["rows"]) == ("errors_recent", "answered", 15)
    assert json.loads(answered["parameters"]) == {name: [value] for name, value in RANGE.items()}
    assert (refused["outcome"], refused["on_behalf_of"]) == ("refused", "")
    async with client.get(f"{BASE}/audit/access?limit=1&before={refused['id']}", headers=bearer("root")) as response:
        page = await response.json()
    assert ([one["id"] for one in page["entries"]], page["next"]) == ([answered["id"]], answered["id"])
    async with client.get(f"{BASE}/audit/access", headers=bearer("all")) as response:
        assert response.status == 403


async def test_what_was_denied_or_failed_is_kept_too(client, ask, filled):
    async def answers(path, who, status, **given):
        response, _ = await ask(path, who, **given)
        assert response.status == status

    async def entries():
        async with client.get(f"{BASE}/audit/access?limit=1000", headers=bearer("root")) as response:
            return (await response.json())["entries"]

    await answers("/errors_recent", "alerts", 403, **RANGE)  # a token without the scope
    await answers("/errors_recent/values/endpoint", "alerts", 403, **RANGE)
    await answers("/users_top", "recent", 403, **RANGE)  # the scope of another question
    await answers(f"/{'x' * 300}", "all", 404)  # no such question
    await answers("/errors_recent", "all", 400, format="xml", **RANGE)
    await answers("/errors_recent/values/nothing", "all", 404, **RANGE)
    await answers("/errors_recent", "all", 413, **{**RANGE, "from": "2020-01-01T00:00:00Z"})
    before = len(await entries())
    await ask("/errors_recent", headers={"Authorization": "Bearer fqo_nobody"}, **RANGE)  # nobody we know: 401
    await asyncio.sleep(1.2)
    found = await entries()
    assert before <= 7 == len(found)
    assert {one["outcome"] for one in found} == {"refused"}
    assert sorted(one["who"] for one in found) == ["alerts", "alerts", "all", "all", "all", "all", "recent"]
    assert "x" * 100 in {one["question"] for one in found}
    assert all(one["address"] == "127.0.0.1" for one in found)


async def test_a_client_that_goes_away_ends_its_question(client, filled):
    busy = (
        "select count(*) from pg_stat_activity where application_name = 'fraiseql-observe audit'"
        " and state = 'active' and datname = current_database()"
    )
    reader, writer = await asyncio.open_connection(client.host, client.port)
    head = f"GET {QUERIES}/sleepy HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKENS['all'][0]}\r\n\r\n"
    writer.write(head.encode())
    for _ in range(100):
        if filled.run(busy)[0][0]:
            break
        await asyncio.sleep(0.05)
    assert filled.run(busy)[0][0] == 1
    writer.close()
    for _ in range(60):
        if not filled.run(busy)[0][0]:
            break
        await asyncio.sleep(0.05)
    assert filled.run(busy)[0][0] == 0
    del reader


async def test_metrics_and_readiness(client, ask):
    await ask("/errors_recent", **RANGE)
    async with client.get("/metrics") as response:
        text = await response.text()
    assert 'fraiseql_observe_audit_queries_total{outcome="answered",query="errors_recent"} 1.0' in text
    assert 'fraiseql_observe_audit_query_rows_count{query="errors_recent"} 1.0' in text
    async with client.get("/readyz") as response:
        assert (response.status, (await response.json())["audit"]) == (200, [])


async def test_a_login_that_may_do_too_much_is_said(aiohttp_client, tmp_path, filled):
    async with serving(aiohttp_client, tmp_path, filled.url) as client:
        for _ in range(50):
            async with client.get("/readyz") as response:
                ready, warnings = response.status == 200, (await response.json())["audit"]
            if ready and warnings:
                break
            await asyncio.sleep(0.1)
        assert ready, "alerts must come in all the same"
        assert "login of the audit questions: has the rights of postgres over the server" in warnings[0]


async def test_without_an_audit_database(aiohttp_client, tmp_path):
    async with serving(aiohttp_client, tmp_path, "") as client, client.get(QUERIES, headers=bearer("all")) as response:
        assert (response.status, (await response.json())["errors"]) == (
            404,
            ["No audit database is configured.", "set audit.url"],
        )
