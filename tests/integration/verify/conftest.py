"""A real Prometheus that scrapes a page of ours and has a few rules, and a small audit table in a real PostgreSQL."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
import pytest
from verify_support import answering, serving

from fraiseql_observe.demo.servers import PrometheusServer
from fraiseql_observe.verify.prometheus import Prometheus
from fraiseql_observe.verify.timing import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = b"""\
# TYPE fraiseql_graphql_queries_total counter
fraiseql_graphql_queries_total{operation_type="query",operation_name="posts"} 7
fraiseql_graphql_queries_total{operation_type="mutation",operation_name="a.b|c"} 3
fraiseql_graphql_queries_total{operation_type="query",operation_name="it's"} 2
# TYPE fraiseql_cache_coherency_ratio gauge
fraiseql_cache_coherency_ratio NaN
# TYPE fraiseql_endless gauge
fraiseql_endless +Inf
# TYPE shop_orders gauge
shop_orders{shop="north"} 10
shop_orders{shop="south"} 20
"""
RULES = """\
groups:
  - name: ours
    interval: 1s
    rules:
      - record: job:shop_orders:sum
        expr: sum by (job) (shop_orders)
      - alert: FraiseQLTooManyOrders
        expr: shop_orders > 1000
      - alert: SomebodyElses
        expr: vector(0) > 1
"""


@pytest.fixture(scope="session")
def prometheus_url() -> Iterator[str]:
    with serving(answering(200, PAGE, {"Content-Type": "text/plain"})) as page:
        config = (
            "global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [rules.yml]\n"
            f"scrape_configs: [{{job_name: shop, static_configs: [{{targets: ['{page.removeprefix('http://')}']}}]}}]\n"
        )
        with PrometheusServer({"prometheus.yml": config, "rules.yml": RULES}) as server:
            _wait_for("job:shop_orders:sum and on() count_over_time(shop_orders[1m]) > 3", server.url)
            yield server.url


def _wait_for(metric: str, url: str) -> None:
    server = Prometheus(url)
    deadline = time.monotonic() + 30
    now = datetime.now(UTC)
    while server.instant(metric, Window(now, datetime.now(UTC))).why:
        assert time.monotonic() < deadline, f"Prometheus never had {metric}"
        time.sleep(0.2)
    server.close()


@pytest.fixture
def audit_url(database_url: str) -> str:
    with psycopg.connect(database_url) as connection:
        connection.execute("create table audit (at timestamptz, tenant text, kind text, seconds float8)")
        connection.execute(
            "insert into audit select now() - i * interval '1 minute',"
            " case i % 2 when 0 then 'north' else 'o''neil' end, 'read', i from generate_series(1, 10) i"
        )
    return database_url


@pytest.fixture(scope="module")
def empty_prometheus_url() -> Iterator[str]:
    with PrometheusServer({"prometheus.yml": "scrape_configs: []\n"}) as server:
        yield server.url
