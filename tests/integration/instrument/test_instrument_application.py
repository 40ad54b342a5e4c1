"""How the instrument sits in an application: once, early, beside what is there, and off where it cannot be."""

from __future__ import annotations

import prometheus_client
import pytest
from prometheus_client import CollectorRegistry

pytest.importorskip("fraiseql", reason="needs a real FraiseQL application (Python 3.13)")

import fraiseql.fastapi.routers
import instrument_app as blog
from fastapi import FastAPI
from fraiseql.caching import ResultCache
from fraiseql.fastapi.dependencies import get_db_pool
from fraiseql.monitoring.metrics import integration
from fraiseql.monitoring.metrics.config import MetricsConfig
from instrument_harness import Samples, audit_rows, call, served
from starlette.responses import PlainTextResponse

from fraiseql_observe.instrument import InstrumentError, endpoint, instrument

pytestmark = pytest.mark.fraiseql
QUICK = {"flush_seconds": 0.05, "sample_seconds": 0.2}


@pytest.fixture
def no_fraiseql_metrics(monkeypatch):
    monkeypatch.setattr(integration, "_metrics_instance", None)


async def test_instrumenting_twice_changes_nothing(blog_url):
    app = blog.create_app(blog_url)
    first = instrument(app, **QUICK)
    assert instrument(app, queue_size=1) is first
    async with served(app) as client:
        await client.post("{ ping }")
        samples = await client.metrics_when(lambda s: s.value("fraiseql_audit_events_total") > 0)
    assert samples.value("fraiseql_graphql_queries_total") == 1
    assert len(audit_rows(blog_url)) == 1


async def test_too_late_is_said_clearly(blog_url):
    app = blog.create_app(blog_url)
    await call(app, b"", path="/health", method="GET")
    with pytest.raises(InstrumentError, match=r"started already.*right after create_fraiseql_app"):
        instrument(app)


def test_something_else_than_an_application():
    with pytest.raises(InstrumentError, match="given a dict"):
        instrument({})


async def test_switched_off_it_leaves_no_trace(blog_url, monkeypatch):
    monkeypatch.setenv("FRAISEQL_OBSERVE_INSTRUMENT_ENABLED", "false")
    app = blog.create_app(blog_url)
    assert instrument(app) is None
    async with served(app) as client:
        assert (await client.http.get("/metrics")).status_code == 404
    assert not hasattr(fraiseql.fastapi.routers.execute_graphql, "__fraiseql_observe__")


async def test_two_applications_in_one_process_keep_their_numbers_apart(blog_url):
    """FraiseQL's functions are wrapped once for all; each request knows whose it is."""
    one = blog.create_app(blog_url)
    first = instrument(one, **QUICK)
    two = blog.create_app(blog_url)
    second = instrument(two, **QUICK)
    async with served(one) as client:
        await client.post("query One { ping }")
        samples = await client.metrics()
    assert first is not second
    assert samples.all("fraiseql_graphql_queries_total") == {("One", "query"): 1}
    assert Samples(endpoint.exposition(second.metrics.registry).decode()).all("fraiseql_graphql_queries_total") == {}


async def test_after_setup_metrics_fraiseqls_own_families_are_fed(blog_url, no_fraiseql_metrics):
    app = blog.create_app(blog_url)
    own = integration.setup_metrics(app)
    instrument(app, **QUICK)
    async with served(app) as client:
        await client.post("query Users { users { id } }")
        samples = await client.metrics()
    assert samples.value("fraiseql_http_requests_total") == 1, "FraiseQL's middleware counts HTTP, and it alone"
    assert own.query_total.labels("query", "Users")._value.get() == 1
    assert samples.value("fraiseql_graphql_executions_total", mode="rust") == 1


async def test_a_namespace_of_the_applications_own_gets_our_families_beside_it(blog_url, no_fraiseql_metrics):
    app = blog.create_app(blog_url)
    integration.setup_metrics(app, MetricsConfig(namespace="shop"))
    instrument(app, **QUICK)
    async with served(app) as client:
        await client.post("{ ping }")
        samples = await client.metrics()
    assert samples.value("fraiseql_graphql_queries_total") == 1
    assert samples.value("shop_http_requests_total") == 1


async def test_an_application_that_serves_metrics_itself_keeps_its_route(blog_url, monkeypatch):
    registry = CollectorRegistry()
    monkeypatch.setattr("fraiseql_observe.instrument.REGISTRY", registry)
    app = blog.create_app(blog_url)

    @app.get("/metrics")
    async def own() -> PlainTextResponse:
        return PlainTextResponse(prometheus_client.generate_latest(registry))

    instrument(app, **QUICK)
    async with served(app) as client:
        await client.post("{ ping }")
        samples = await client.metrics()
    assert samples.value("fraiseql_graphql_queries_total") == 1
    assert "process_resident_memory_bytes" not in samples.families


@pytest.mark.parametrize(
    ("owner", "name", "hook"),
    [
        ("fraiseql.fastapi.routers", "execute_multi_field_query", "execution"),
        ("fraiseql.middleware.apq_caching", "handle_apq_request_with_cache", "apq"),
        ("fraiseql.caching.PostgresCache", "delete_pattern", "cache"),
        ("fraiseql.audit.SecurityLogger", "log_event", "security"),
        ("fraiseql.optimization.dataloader.DataLoader", "load", "dataloader"),
    ],
)
async def test_a_missing_name_turns_its_signal_off_and_nothing_else(blog_url, monkeypatch, caplog, owner, name, hook):
    app = blog.create_app(blog_url)
    with monkeypatch.context() as patched:
        patched.delattr(f"{owner}.{name}")
        instrument(app, **QUICK)
    async with served(app) as client:
        assert (await client.post("query Users { users { id } }")).json()["data"]["users"]
        samples = await client.metrics()
    assert samples.value("fraiseql_instrument_hook_active", hook=hook) == 0
    assert [f"{owner}.{name}" in record.message for record in caplog.records].count(True) == 1
    assert samples.value("fraiseql_graphql_queries_total", operation_name="Users") == 1


async def test_without_any_private_hook_the_request_itself_still_tells(blog_url, monkeypatch):
    app = blog.create_app(blog_url)
    monkeypatch.setattr("fraiseql_observe.instrument.execution.install", lambda: False)
    instrument(app, **QUICK)
    async with served(app) as client:
        await client.post("query Users { users { id } }")
        await client.post("query Users { users { id } }", operationName="Users")
        samples = await client.metrics()
    assert samples.all("fraiseql_graphql_queries_total") == {("__other__", "query"): 2}
    assert samples.value("fraiseql_graphql_query_complexity_count", operation_type="query") == 2
    assert samples.value("fraiseql_db_queries_total", table_name="v_user") == 2
    assert samples.all("fraiseql_graphql_executions_total") == {}


async def test_a_hook_that_takes_other_parameters_stays_off(blog_url, monkeypatch, caplog):
    app = blog.create_app(blog_url)

    def log_event(self, *, record):
        """As another version might declare it."""

    monkeypatch.setattr("fraiseql.audit.SecurityLogger.log_event", log_event)
    instrument(app, **QUICK)
    assert "SecurityLogger.log_event takes other parameters" in caplog.text


async def test_a_mounted_application_is_told_nothing_of_its_life_and_works(blog_url):
    inner = blog.create_app(blog_url)
    instrument(inner, **QUICK)
    outer = FastAPI(lifespan=inner.router.lifespan_context)
    outer.mount("/api", inner)
    async with served(outer) as client:
        await client.http.post("/api/graphql", json={"query": "query Users { users { id } }"})
        for _ in range(100):
            if audit_rows(blog_url):
                break
        samples = Samples((await client.http.get("/api/metrics")).text)
        await inner.state.fraiseql_observe.stop()
    assert samples.all("fraiseql_graphql_queries_total") == {("Users", "query"): 1}
    assert samples.all("fraiseql_http_requests_total") == {("/graphql", "POST", "200"): 1}
    assert samples.value("fraiseql_db_queries_total", table_name="v_user") == 1
    assert len(audit_rows(blog_url)) == 1


async def test_only_persisted_documents_allowed(blog_url):
    app = blog.create_app(blog_url, apq_mode="required")
    instrument(app, **QUICK)
    async with served(app) as client:
        assert (await client.post("query Q { ping }")).json()["errors"]
        samples = await client.metrics()
    assert samples.all("fraiseql_graphql_errors_total") == {("graphql", "__other__", "warning"): 1}


class MemoryCache:
    """A store of another class, as an application might bring."""

    def __init__(self) -> None:
        self.items: dict = {}

    async def get(self, key):
        return self.items.get(key)

    async def set(self, key, value, ttl):  # noqa: ARG002  (as FraiseQL calls it)
        if value == "refuse":
            raise OSError("full")
        self.items[key] = value

    async def delete(self, key):
        return self.items.pop(key, None) is not None

    async def delete_pattern(self, pattern):
        found = [key for key in self.items if key.startswith(pattern.rstrip("*"))]
        for key in found:
            del self.items[key]
        return len(found)


async def test_stores_of_other_classes_are_watched_too(blog_url):
    app = blog.create_app(blog_url)
    instrument(app, **QUICK)

    async def load(value):
        return value

    async with served(app) as client:
        cache = ResultCache(MemoryCache())
        for _ in range(2):
            await cache.get_or_set("fraiseql:acme:v_post:all", lambda: load("posts"))
        await cache.get_or_set("fraiseql:v_user:x", lambda: load("refuse"))
        await cache.invalidate_pattern("fraiseql:acme:v_post:*")
        await cache.invalidate("fraiseql:unknown:1")
        samples = await client.metrics()
        assert get_db_pool() is not None
    assert samples.all("fraiseql_cache_hits_total") == {("result",): 1}
    assert samples.all("fraiseql_cache_misses_total") == {("result",): 2}
    assert samples.all("fraiseql_cache_errors_total") == {("result", "set"): 1}
    assert samples.all("fraiseql_cache_invalidations_total") == {("false", "Post"): 1}
