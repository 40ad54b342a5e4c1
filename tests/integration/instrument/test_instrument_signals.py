"""Every family moves on a real application, by exactly what the traffic was."""

from __future__ import annotations

import hashlib

import psycopg
import pytest

pytest.importorskip("fraiseql", reason="needs a real FraiseQL application (Python 3.13)")

import instrument_app as blog
from instrument_harness import ADA, audit_rows, served

from fraiseql_observe.instrument import families, instrument

pytestmark = pytest.mark.fraiseql
QUICK = {"flush_seconds": 0.05, "sample_seconds": 0.2}


async def test_operations_modes_and_sizes(blog_url):
    app = blog.create_app(blog_url)
    instrument(app, **QUICK)
    async with served(app) as client:
        for _ in range(3):
            await client.post("query Users { users { id name } }")
        await client.post("query Both { users { id } posts { id author { name } } }")
        await client.post("{ ping }")
        await client.post("{ plainPing }")
        await client.create_post("New")
        await client.post("{ __typename }")
        samples = await client.metrics()
    assert samples.all("fraiseql_graphql_queries_total") == {
        ("Users", "query"): 3, ("Both", "query"): 1, ("__anonymous__", "query"): 2, ("MakePost", "mutation"): 1,
    }  # fmt: skip
    assert samples.all("fraiseql_graphql_query_duration_seconds_count") == samples.all("fraiseql_graphql_queries_total")
    assert samples.all("fraiseql_graphql_queries_success_total") == {("query",): 6, ("mutation",): 1}
    assert samples.all("fraiseql_graphql_queries_errors_total") == {}
    assert samples.all("fraiseql_graphql_executions_total") == {
        ("rust", "query"): 4, ("python", "query"): 2, ("rust", "mutation"): 1,
    }  # fmt: skip
    assert samples.value("fraiseql_graphql_query_complexity_sum", operation_type="query") == 3 * 3 + 6 + 1 + 1
    assert samples.value("fraiseql_graphql_query_depth_sum", operation_type="query") == 3 * 2 + 3 + 1 + 1
    assert samples.all("fraiseql_http_requests_total") == {("/graphql", "POST", "200"): 8}
    assert samples.value("fraiseql_http_request_duration_seconds_count", endpoint="/graphql") == 8
    assert samples.value("fraiseql_response_time_seconds_count") == 8


async def test_mutations(blog_url):
    app = blog.create_app(blog_url)
    instrument(app, **QUICK)
    async with served(app) as client:
        for title in ("New", "refuse", "same", ""):
            await client.create_post(title)
        await client.create_post("orphan", author="00000000-0000-0000-0000-00000000dead")
        samples = await client.metrics()
    assert samples.all("fraiseql_graphql_mutations_total") == {("createPost",): 5}
    assert samples.value("fraiseql_graphql_mutation_duration_seconds_count", mutation_name="createPost") == 5
    assert samples.all("fraiseql_graphql_mutations_success_total") == {
        ("createPost", "created"): 1,
        ("createPost", "noop"): 1,
    }
    assert samples.all("fraiseql_graphql_mutations_errors_total") == {
        ("title_refused", "createPost"): 1, ("validation", "createPost"): 1, ("database", "createPost"): 1,
    }  # fmt: skip


async def test_errors_inside_http_200(blog_url):
    app = blog.create_app(blog_url)
    instrument(app, **QUICK)
    async with served(app) as client:
        for query in (
            "query Boom { boom }",
            "query No { forbidden }",
            "query Gone { missingView { id } }",
            "{ users {",
        ):
            assert (await client.post(query)).status_code == 200
        await client.post("query A { ping } query B { ping }", operationName="Forged")
        await client.post()
        await client.post("query Two { users { id } boom }")
        samples = await client.metrics()
    assert samples.all("fraiseql_graphql_errors_total") == {
        ("internal", "Boom", "error"): 1, ("auth", "No", "warning"): 1, ("database", "Gone", "error"): 1,
        ("graphql", "__anonymous__", "warning"): 2, ("validation", "__other__", "warning"): 1,
        ("internal", "Two", "error"): 1,
    }  # fmt: skip
    assert samples.all("fraiseql_graphql_queries_errors_total") == {("query",): 4, ("unknown",): 3}
    assert (
        samples.value("fraiseql_errors_total", error_type="UndefinedTable", error_code="42P01", operation="Gone") == 1
    )
    assert samples.value("fraiseql_errors_total", error_type="RuntimeError", operation="Boom") == 1
    assert samples.value("fraiseql_security_events_total", event_type="authz.denied", result="denied") == 1
    assert samples.value("fraiseql_http_requests_total", status="200") == 7


async def test_an_error_that_the_answer_hides_counts(blog_url):
    """One mutation succeeds and returns bytes, its sibling breaks: FraiseQL answers with the success alone."""
    app = blog.create_app(blog_url)
    instrument(app, **QUICK)
    text = """mutation Two($a: CreatePostInput!, $b: CreatePostInput!) {
        one: createPost(input: $a) { ... on CreatePostSuccess { message } }
        two: createPost(input: $b) { ... on CreatePostSuccess { message } } }"""
    variables = {
        "a": {"title": "x", "authorId": ADA},
        "b": {"title": "x", "authorId": "00000000-0000-0000-0000-00000000dead"},
    }
    async with served(app) as client:
        assert "errors" not in (await client.post(text, variables=variables)).json()
        samples = await client.metrics()
    assert samples.all("fraiseql_graphql_errors_total") == {("database", "Two", "error"): 1}
    assert samples.value("fraiseql_graphql_mutations_total", mutation_name="createPost") == 2


async def test_database(blog_url):
    app = blog.create_app(blog_url)
    instrument(app, **QUICK)
    async with served(app) as client:
        await client.post("{ users { id } }")
        await client.post("{ slowPosts { id } }")
        await client.post("{ missingView { id } }")
        await client.create_post("New")
        samples = await client.metrics_when(lambda s: s.value("fraiseql_db_connections_total") > 0)
    assert samples.all("fraiseql_db_queries_total") == {
        ("select", "v_user"): 1, ("select", "v_slow_post"): 1, ("select", "v_missing"): 1,
        ("function", "public.create_post"): 1,
    }  # fmt: skip
    assert samples.all("fraiseql_db_query_duration_seconds_count") == {("select",): 3, ("function",): 1}
    assert samples.all("fraiseql_db_slow_queries_total") == {("select",): 1}
    assert samples.all("fraiseql_db_transaction_duration_seconds_count") == {("commit",): 3, ("rollback",): 1}
    assert samples.value("fraiseql_db_transaction_duration_seconds_sum", outcome="commit") > 0.15
    assert samples.value("fraiseql_db_pool_wait_seconds_count") == 4
    assert samples.value("fraiseql_db_pool_max_connections") == 14
    connections = [samples.value(f"fraiseql_db_connections_{kind}") for kind in ("active", "idle", "total")]
    assert connections[0] + connections[1] == connections[2] >= 2


async def test_an_exhausted_pool(blog_url):
    app = blog.create_app(blog_url, database_pool_size=1, database_max_overflow=1, database_pool_timeout=1)
    instrument(app, **QUICK)
    async with served(app) as client:
        pool = app.state.fraiseql_observe.sampler.pools.popitem()[1]
        async with pool.connection(), pool.connection():
            await client.post("query Starved { users { id } }")
        samples = await client.metrics()
    assert samples.value("fraiseql_db_pool_timeouts_total") == 1
    assert samples.all("fraiseql_graphql_errors_total") == {("database", "Starved", "critical"): 1}


async def test_caches(blog_url):
    app = blog.create_app(blog_url)
    instrument(app, **QUICK)
    async with served(app) as client:
        for _ in range(3):
            await client.post("{ cachedTitles }")  # a miss, two hits
        await client.create_post("New")
        await client.post("{ cachedTitles }")  # a hit on what is stale now
        await client.post("mutation { clearPosts }")
        await client.post("{ loadedNames }")
        await client.post("{ permissions }")
        await client.post("{ permissions }")
        await client.post("{ cachedTitles }")
        samples = await client.metrics_when(lambda s: s.value("fraiseql_cache_entries", cache_type="result") > 0)
    assert samples.all("fraiseql_cache_hits_total") == {("result",): 3, ("field",): 1, ("permission",): 1}
    assert samples.all("fraiseql_cache_misses_total") == {("result",): 2, ("field",): 1, ("permission",): 1}
    assert samples.all("fraiseql_cache_operation_duration_seconds_count") == {
        ("result", "get"): 5, ("result", "set"): 2, ("result", "delete"): 1,
        ("permission", "get"): 2, ("permission", "set"): 1,
    }  # fmt: skip
    assert samples.all("fraiseql_cache_invalidations_total") == {("false", "Post"): 1}
    assert samples.value("fraiseql_cache_coherent_reads_total") == 2
    assert samples.value("fraiseql_cache_stale_reads_total") == 1
    assert samples.value("fraiseql_cache_coherency_ratio") == pytest.approx(2 / 3)
    assert samples.value("fraiseql_cache_size_bytes", cache_type="result") > 0


async def test_persisted_documents(blog_url):
    app = blog.create_app(blog_url)
    instrument(app, **QUICK)
    query = "query Kept { users { name } }"
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(query.encode()).hexdigest()}}
    async with served(app) as client:
        assert (await client.post(extensions=extensions)).json()["errors"]
        await client.post(query, extensions=extensions)
        await client.post(extensions=extensions)
        await client.post(extensions=extensions)
        samples = await client.metrics()
    assert samples.value("fraiseql_cache_misses_total", cache_type="query") == 1
    assert samples.value("fraiseql_cache_hits_total", cache_type="query") == 2
    assert samples.all("fraiseql_graphql_executions_total") == {("rust", "query"): 3, ("apq", "query"): 2}
    assert samples.all("fraiseql_graphql_queries_total") == {("Kept", "query"): 3}
    assert samples.all("fraiseql_graphql_errors_total") == {}, (
        "asking for an unknown document is how the protocol begins"
    )
    assert samples.value("fraiseql_cache_operation_duration_seconds_count", cache_type="query", operation="set") == 1


async def test_tokens_and_refusals(blog_url):
    app = blog.create_app(blog_url, auth=True)
    instrument(app, **QUICK)
    async with served(app) as client:
        assert (await client.post("{ ping }", headers={"authorization": "Bearer ada:acme"})).status_code == 200
        assert (await client.post("query Q { ping }", headers={"authorization": "Bearer bad"})).status_code == 401
        assert (await client.post("query Q { ping }")).status_code == 401
        samples = await client.metrics_when(lambda s: s.value("fraiseql_audit_events_total") == 3)
    assert samples.all("fraiseql_security_events_total") == {
        ("auth.success", "success"): 1, ("auth.failure", "failure"): 1, ("authz.denied", "denied"): 1,
    }  # fmt: skip
    assert samples.all("fraiseql_graphql_errors_total") == {("auth", "__other__", "warning"): 2}
    rows = audit_rows(blog_url)
    assert [(r["user_id"], r["tenant_id"], r["roles"], r["outcome"]) for r in rows] == [
        ("ada", "acme", ["writer"], "success"), (None, None, None, "denied"), (None, None, None, "denied"),
    ]  # fmt: skip


async def test_security_events_that_fraiseql_logs(blog_url, tmp_path, monkeypatch):
    from fraiseql.audit import SecurityLogger  # noqa: PLC0415

    monkeypatch.chdir(tmp_path)
    app = blog.create_app(blog_url)
    instrument(app, **QUICK)
    async with served(app) as client:
        logger = SecurityLogger(log_to_file=False, log_to_stdout=False)
        logger.log_rate_limit_exceeded("127.0.0.1", "/graphql", 10, "minute")
        logger.log_query_timeout()
        samples = await client.metrics()
    assert samples.value("fraiseql_security_events_total", event_type="rate_limit.exceeded", result="denied") == 1
    assert samples.value("fraiseql_security_events_total", event_type="query.timeout", result="failure") == 1
    assert not list(tmp_path.iterdir()), "the instrument must not create FraiseQL's log file"


async def test_audit_rows(blog_url):
    app = blog.create_app(blog_url)
    instrument(app, tenant=lambda _context: "acme", user=lambda _context: "ada", **QUICK)
    async with served(app) as client:
        created = await client.create_post("New")
        identifier = created["data"]["createPost"]["post"]["id"]
        await client.post(
            "query One($id: UUID!) { post(id: $id) { id } }",
            variables={"id": identifier},
            headers={"x-request-id": "r1"},
        )
        await client.post(
            "mutation Gone($input: DeletePostInput!) {"
            " deletePost(input: $input) { ... on DeletePostSuccess { message } } }",
            variables={"input": {"id": identifier}},
        )
        await client.create_post("refuse")
        await client.create_post("same")
        await client.post('mutation Grant { grantRole(name: "admin") }')
        await client.post("query Boom { boom }")
        samples = await client.metrics_when(lambda s: s.value("fraiseql_audit_events_total") == 7)
    assert samples.all("fraiseql_audit_events_total") == {
        ("create",): 3,
        ("access",): 2,
        ("delete",): 1,
        ("update",): 1,
    }
    assert samples.value("fraiseql_audit_queue_events") == 0
    assert samples.value("fraiseql_audit_lag_seconds") == 0
    rows = audit_rows(blog_url)
    kept = ("operation_type", "operation_name", "event_type", "category", "entity", "entity_id", "outcome", "mode")
    assert [tuple(row[name] for name in kept) for row in rows] == [
        ("mutation", "MakePost", "create", "data", "Post", identifier, "success", "rust"),
        ("query", "One", "access", "data", "Post", identifier, "success", "rust"),
        ("mutation", "Gone", "delete", "data", "Post", identifier, "success", "rust"),
        ("mutation", "MakePost", "create", "data", "Post", None, "failure", "rust"),
        ("mutation", "MakePost", "create", "data", "Post", None, "noop", "rust"),
        ("mutation", "Grant", "update", "permission", "Role", None, "success", "python"),
        ("query", "Boom", "access", "data", None, None, "failure", "python"),
    ]
    assert {(row["tenant_id"], row["user_id"], row["endpoint"], str(row["ip_address"])) for row in rows} == {
        ("acme", "ada", "/graphql", "127.0.0.1")
    }
    assert rows[1]["request_id"] == "r1"
    refused = rows[3]
    assert (refused["error_type"], refused["severity"], refused["error_code"]) == (
        "validation",
        "warning",
        "title_refused",
    )
    assert refused["error_message"] == "This title is not allowed"
    assert refused["error_fingerprint"]
    assert (rows[1]["complexity"], rows[1]["depth"]) == (2, 2)
    assert all(row["recorded_at"] > row["occurred_at"] and row["duration_ms"] > 0 for row in rows)
    boom = rows[-1]
    assert (boom["error_type"], boom["severity"], boom["error_message"]) == ("internal", "error", "it broke on ? ?")


async def test_errors_are_grouped_and_come_back_as_regressed(blog_url):
    app = blog.create_app(blog_url)
    instrument(app, **QUICK)

    def group():
        with psycopg.connect(blog_url) as connection:
            return connection.execute(
                "select fingerprint, occurrences, status, message from fraiseql_observe.error_group"
            ).fetchall()

    async with served(app) as client:
        for _ in range(3):
            await client.post("query Boom { boom }")
        await client.metrics_when(lambda s: s.value("fraiseql_audit_events_total") == 3)
        ((fingerprint, occurrences, status, message),) = group()
        assert (occurrences, status, message) == (3, "open", "it broke on ? ?")
        with psycopg.connect(blog_url) as connection:
            connection.execute("select fraiseql_observe.resolve_error(%s, 'ada', 'mended')", (fingerprint,))
        await client.post("query Boom { boom }")
        await client.metrics_when(lambda s: s.value("fraiseql_audit_events_total") == 4)
        assert group() == [(fingerprint, 4, "regressed", message)]


async def test_the_application_describes_itself(blog_url):
    app = blog.create_app(blog_url)
    instrument(app, **QUICK)
    async with served(app) as client:
        samples = await client.metrics_when(lambda s: s.value("fraiseql_health_check_status", check="database") == 1)
        health = await client.http.get("/health")
    assert health.status_code == 200
    assert samples.value("fraiseql_health_check_status", check="schema") == 1
    assert samples.value("fraiseql_build_info", version="1.9.16", flavour="v1") == 1
    assert set(samples.all("fraiseql_instrument_hook_active").values()) == {1.0}
    assert samples.all("fraiseql_instrument_errors_total") == {}
    assert samples.value("process_resident_memory_bytes") > 0
    assert samples.all("fraiseql_http_requests_total") == {}, "probes and scrapes are not counted"
    declared = {f.name.removesuffix("_total") if f.kind == "counter" else f.name for f in families.FAMILIES}
    assert declared - {families.COHERENCY_RATIO.name} <= samples.families.keys()
