"""Whatever clients send: bounded series, no exception, and nothing of ours that breaks."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("fraiseql", reason="needs a real FraiseQL application (Python 3.13)")

import instrument_app as blog
from instrument_harness import ADA, CREATE_POST, Samples, audit_rows, call, served

from fraiseql_observe.instrument import endpoint, instrument
from fraiseql_observe.instrument.hooks import database

pytestmark = pytest.mark.fraiseql
QUICK = {"flush_seconds": 0.05, "sample_seconds": 0.2}


def scraped(app) -> Samples:
    return Samples(endpoint.exposition(app.state.fraiseql_observe.metrics.registry).decode())


async def test_ten_thousand_operation_names_make_five_hundred_labels(blog_url):
    app = blog.create_app(blog_url)
    instrument(app, audit=False)
    async with app.router.lifespan_context(app):
        for number in range(10_000):
            assert await call(app, {"query": f"query Name{number} {{ ping }}"}) == 200
        samples = scraped(app)
        instrumented = app.state.fraiseql_observe
        await instrumented.stop()
    names = samples.all("fraiseql_graphql_queries_total")
    assert len(names) == 501
    assert names["__other__", "query"] == 9_500
    assert len(instrumented.documents) <= 2_000
    assert samples.all("fraiseql_instrument_errors_total") == {}


async def test_a_forged_name_never_becomes_a_label(blog_url):
    app = blog.create_app(blog_url)
    instrument(app, **QUICK)
    async with served(app) as client:
        for number in range(50):
            await client.post("query A { ping } query B { ping }", operationName=f"Forged{number}")
            await client.post(f"query Broken{number} {{ ping ", operationName=f"Broken{number}")
        await client.post("query A { ping }", operationName=["not", "a", "name"])
        samples = await client.metrics_when(lambda s: s.value("fraiseql_audit_events_total") == 101)
    assert samples.all("fraiseql_graphql_queries_total") == {("__other__", "unknown"): 100, ("__other__", "query"): 1}
    assert {row["operation_name"] for row in audit_rows(blog_url)} == {"__other__"}


async def test_a_document_of_one_megabyte_is_counted_and_not_analysed(blog_url):
    app = blog.create_app(blog_url)
    instrument(app, **QUICK)
    document = "query Big { ping " + "#" + "x" * 1_000_000 + "\n}"
    async with served(app) as client:
        assert (await client.post(document)).json() == {"data": {"ping": "pong"}}
        samples = await client.metrics_when(lambda s: s.value("fraiseql_audit_events_total") == 1)
    assert samples.value("fraiseql_graphql_oversized_documents_total") == 1
    assert samples.all("fraiseql_graphql_queries_total") == {("__anonymous__", "unknown"): 1}
    assert samples.all("fraiseql_graphql_query_complexity_count") == {}
    assert len(app.state.fraiseql_observe.documents) == 0


@pytest.mark.parametrize(
    "padding", ["#" + "x" * 100_000, "query Pad { " + " ".join(f"a{n}: ping" for n in range(3_500)) + " }"]
)
async def test_a_mutation_cannot_hide_in_a_document_too_large_to_analyse(blog_url, padding):
    """Neither padding of many characters nor one of many tokens turns a change into an access."""
    app = blog.create_app(blog_url)
    instrument(app, **QUICK)
    body = {"variables": {"input": {"title": "Quiet", "authorId": ADA}}, "operationName": "MakePost"}
    async with served(app) as client:
        answer = (await client.post(CREATE_POST + "\n" + padding, **body)).json()
        assert "errors" not in answer
        samples = await client.metrics_when(lambda s: s.value("fraiseql_audit_events_total") == 1)
    assert samples.value("fraiseql_graphql_oversized_documents_total") == 1
    assert samples.all("fraiseql_graphql_queries_total") == {("__other__", "mutation"): 1}
    (row,) = audit_rows(blog_url)
    assert (row["operation_type"], row["event_type"], row["entity"]) == ("mutation", "create", "Post")


@pytest.mark.parametrize(
    "body",
    [
        b"{bad", b"", b"[1]", b'"text"', b"[" * 50_000, b'{"query": 7}', b'{"query": "{ ping }", "variables": 3}',
        b"\xff\xfe", b"x" * 2_000_000,
    ],
)  # fmt: skip
async def test_a_body_that_is_no_request_is_a_validation_error(blog_url, body):
    app = blog.create_app(blog_url)
    instrument(app, **QUICK)
    async with served(app) as client:
        answer = await client.http.post("/graphql", content=body, headers={"content-type": "application/json"})
        samples = await client.metrics_when(lambda s: s.value("fraiseql_audit_events_total") == 1)
    assert answer.status_code in {400, 422}
    assert samples.value("fraiseql_graphql_errors_total", error_type="validation") == 1
    assert samples.all("fraiseql_instrument_errors_total") == {}


async def test_values_of_clients_reach_no_label_and_no_message(blog_url):
    app = blog.create_app(blog_url)
    instrument(app, **QUICK)
    secret = "hunter2-secret"
    async with served(app) as client:
        await client.post(f'{{ post(id: "{secret}") {{ id }} }}')
        await client.post("query V($id: UUID!) { post(id: $id) { id } }", variables={"id": secret})
        await client.http.get(f"/{secret}")
        await client.http.request("BREW", f"/{secret}")
        text = (await client.http.get("/metrics")).text
        await client.metrics_when(lambda s: s.value("fraiseql_audit_events_total") == 2)
    assert secret not in text
    rows = audit_rows(blog_url)
    assert all(row["error_message"] and secret not in row["error_message"] for row in rows)


async def test_text_that_postgresql_cannot_keep_is_cleaned(blog_url):
    app = blog.create_app(blog_url)
    instrument(app, user=lambda _context: "nul\x00 and \ud800 surrogate", **QUICK)
    async with served(app) as client:
        await client.post("query P($a: String) { ping }", variables={"a": "\x00", "id": "a\x00b"})
        await client.metrics_when(lambda s: s.value("fraiseql_audit_events_total") == 1)
    (row,) = audit_rows(blog_url)
    assert (row["user_id"], row["entity_id"]) == ("nul and ? surrogate", "ab")


async def test_an_error_of_ours_is_counted_and_the_answer_is_as_ever(blog_url, monkeypatch):
    app = blog.create_app(blog_url)

    def broken(_context):
        raise RuntimeError("the application's own resolver breaks")

    instrument(app, tenant=broken, **QUICK)
    monkeypatch.setattr(database, "describe", broken)
    async with served(app) as client:
        answer = await client.post("{ users { id } }")
        samples = await client.metrics()
    assert len(answer.json()["data"]["users"]) == 2
    assert samples.all("fraiseql_instrument_errors_total") == {("request",): 1, ("cursor",): 1}
    assert samples.value("fraiseql_graphql_queries_total") == 1


async def test_a_request_that_breaks_the_application_counts_as_a_server_error(blog_url):
    app = blog.create_app(blog_url)

    @app.get("/crash/{number}")
    async def crash(number: int) -> None:
        raise ValueError(number)

    instrument(app, **QUICK)
    async with served(app) as client:
        assert (await client.http.get("/crash/7")).status_code == 500
        samples = await client.metrics()
    assert samples.all("fraiseql_http_requests_total") == {("/crash/{number}", "GET", "500"): 1}


async def test_a_list_of_requests_is_refused_and_counts_once(blog_url):
    app = blog.create_app(blog_url)
    instrument(app, **QUICK)
    async with served(app) as client:
        answer = await client.http.post("/graphql", content=json.dumps([{"query": "{ ping }"}] * 3))
        samples = await client.metrics()
    assert answer.status_code == 422
    assert samples.value("fraiseql_graphql_queries_total") == 1
