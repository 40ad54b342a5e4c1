"""Against a real Prometheus and a real PostgreSQL: what counts as data, and what a panel without data is told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from verify_support import dashboard, promql, sql

from fraiseql_observe.errors import VerifyError
from fraiseql_observe.verify import Options, Report, Status, verify

FAST = {"scrape_interval": "1s"}  # as the Prometheus under test; otherwise the first points lie before its start


def run(document: dict[str, Any], prometheus: str | None, postgres: str | None = None, **options: Any) -> Report:
    return verify([document], prometheus, postgres, now=datetime.now(UTC), options=Options(**FAST | options))


def whys(report: Report) -> dict[str, str]:
    return {result.panel: result.why for result in report.results}


def test_series_with_finite_samples_are_data(prometheus_url):
    report = run(dashboard(promql("Orders", "sum(shop_orders)", 'shop_orders{shop="north"}')), prometheus_url)
    assert report.ok
    assert [(result.count, result.newest) for result in report.results] == [(1, "30"), (1, "10")]
    assert report.as_json() == {
        "dashboards": 1,
        "panels": 1,
        "panels_with_data": 1,
        "queries": 2,
        "queries_with_data": 2,
        "missing": [],
    }


def test_each_kind_of_absence_has_its_own_reason(prometheus_url):
    report = run(
        dashboard(
            promql("NaN only", "fraiseql_cache_coherency_ratio"),
            promql("Infinite", "fraiseql_endless"),
            promql("Unknown", "rate(fraiseql_db_slow_queries_total[1m])"),
            promql("Unrecorded", "fraiseql:errors:rate5m"),
            promql("Exporter", "pg_up"),
            promql("Nothing matches", 'shop_orders{shop="west"}'),
            promql("Broken", "sum(shop_orders"),
            promql("Empty", " "),
        ),
        prometheus_url,
    )
    why = whys(report)
    assert why["NaN only"] == "only NaN"
    assert why["Infinite"] == "only NaN and infinite values"
    unknown = "metric fraiseql_db_slow_queries_total is not known to Prometheus (is the application instrumented"
    assert why["Unknown"].startswith(unknown)
    assert why["Unrecorded"].startswith("recorded series fraiseql:errors:rate5m is not known to Prometheus")
    assert "postgres_exporter" in why["Exporter"]
    assert why["Nothing matches"] == "no series"
    assert why["Broken"].startswith("Prometheus refuses the query: ")
    assert "parse error" in why["Broken"]
    assert why["Empty"] == "the query is empty"
    assert report.panels_with_data == 0
    assert not report.ok
    first = report.as_json()["missing"][0]
    assert first == {"dashboard": "Shop", "panel": "NaN only", "query": "A", "why": "only NaN"}


def test_recorded_series_and_scalars_and_instant_queries_are_data(prometheus_url):
    instant = promql("Now", "scalar(sum(shop_orders))")
    instant["targets"][0] |= {"instant": True, "range": False}
    both = promql("Both", "shop_orders")
    both["targets"][0] |= {"instant": True}
    report = run(dashboard(promql("Recorded", "job:shop_orders:sum"), instant, both), prometheus_url)
    assert report.ok
    assert [result.newest for result in report.results] == ["30", "30", "20"]


def test_interval_variables_make_queries_that_prometheus_accepts(prometheus_url):
    expression = (
        "sum(increase(fraiseql_graphql_queries_total[$__rate_interval])) + 0 * $__range_s"
        " + 0 * sum(avg_over_time(shop_orders[$__range])) + 0 * ${__interval_ms}"
    )
    report = run(dashboard(promql("Rate", expression)), prometheus_url)
    assert report.ok, whys(report)
    assert report.results[0].newest == "0"


def test_an_alert_list_is_fed_by_prometheus_rules(prometheus_url):
    lists = [{"type": "alertlist", "title": title, "options": {"alertName": name}} for title, name in ALERT_LISTS]
    report = run(dashboard(*lists), prometheus_url)
    found = {result.panel: (result.count, result.why) for result in report.results}
    assert found["Ours"] == (1, "")
    assert found["Filtered"] == (1, "")
    assert found["Nobody's"][0] == 0
    assert "no alerting rule like `Nobody`" in found["Nobody's"][1]


ALERT_LISTS = (("Ours", ""), ("Filtered", "SomebodyElses"), ("Nobody's", "Nobody"))


def test_rows_are_data_and_the_table_shows_no_texts(prometheus_url, audit_url):
    report = run(
        dashboard(
            sql("Table", "select tenant, count(*) from audit where $__timeFilter(at) group by 1"),
            sql(
                "Series",
                "select $__timeGroupAlias(at, '1m'), count(*) as events from audit group by 1 order by 1",
                form="time_series",
            ),
            sql(
                "Bucketed",
                "select date_bin('$__interval'::interval, at, '2000-01-01') as time, tenant, sum(seconds) as s"
                " from audit where at between $__timeFrom()::timestamptz and $__timeTo()::timestamptz"
                " group by 1, 2 order by 1",
                form="time_series",
            ),
        ),
        prometheus_url,
        audit_url,
        range=("now-1h", "now"),
    )
    assert report.ok, whys(report)
    assert [result.count for result in report.results] == [2, 10, 10]
    assert not any("neil" in result.newest or "north" in result.newest for result in report.results)


def test_each_sql_absence_has_its_own_reason(prometheus_url, audit_url):
    report = run(
        dashboard(
            sql("No rows", "select 1 from audit where kind = 'never'"),
            sql("Nulls", "select null::int as a, null::text as b"),
            sql("No relation", "select * from fraiseql_observe.audit_events"),
            sql("No table", "select * from audit_log"),
            sql("Syntax", "select from where"),
            sql("Macro", "select $__nonsense(at) from audit"),
            sql("Two statements", "select 1; drop table audit"),
            sql("Writes", "insert into audit values (now(), 'x', 'y', 1) returning seconds"),
            sql("Slow", "select pg_sleep(30)"),
            sql("No time", "select 1 as value", form="time_series"),
            sql("Unsorted", "select at as time, tenant, seconds from audit order by at desc", form="time_series"),
            sql("Empty", ""),
        ),
        prometheus_url,
        audit_url,
        timeout=0.5,
    )
    why = whys(report)
    assert why["No rows"] == "0 rows"
    assert why["Nulls"] == "only null values"
    assert why["No relation"].startswith("SQL error 42P01: relation")
    assert "fraiseql-observe setup audit" in why["No relation"]
    assert "setup audit" in why["No table"]
    assert why["Syntax"].startswith("SQL error 42601")
    assert "no macro $__nonsense" in why["Macro"]
    assert "42601" in why["Two statements"]
    assert why["Writes"].startswith("SQL error 25006")
    assert why["Slow"].startswith("SQL error 57014")
    assert "column named time" in why["No time"]
    assert "sorted by time" in why["Unsorted"]
    assert why["Empty"] == "the query is empty"
    with psycopg.connect(audit_url) as connection:
        assert connection.execute("select count(*) from audit").fetchone() == (10,)


def test_rows_beyond_the_cap_are_not_fetched(audit_url):
    from fraiseql_observe.verify.postgres import Postgres  # noqa: PLC0415 - this test alone looks inside

    answer = Postgres(audit_url, row_cap=5).ask("select generate_series(1, 1000000)")
    assert len(answer.rows) == 5
    assert answer.truncated


def test_a_server_that_nobody_named_makes_its_queries_missing(prometheus_url, audit_url):
    both = dashboard(promql("P", "shop_orders"), sql("S", "select 1"))
    assert whys(run(both, prometheus_url))["S"] == "no PostgreSQL was named (--postgres)"
    assert whys(run(both, None, audit_url))["P"] == "no Prometheus was named (--prometheus)"


def test_ignored_panels_are_reported_as_ignored_and_never_silently(prometheus_url):
    report = run(
        dashboard(promql("Redis", "redis_up"), promql("Orders", "shop_orders")), prometheus_url, ignore=("Shop/Re*",)
    )
    assert report.ok
    assert [result.status for result in report.results] == [Status.IGNORED, Status.DATA]
    assert report.as_json()["ignored"][0]["panel"] == "Redis"
    assert report.panels_with_data == 1


def test_only_the_asked_for_panels_and_dashboards_are_verified(prometheus_url):
    shop = dashboard(promql("Orders", "shop_orders"), promql("Redis", "redis_up"))
    assert run(shop, prometheus_url, panels=("Ord*",)).panels == 1
    other = dashboard(promql("Stock", "shop_orders"), title="Stock")
    both = verify(
        [shop, other], prometheus_url, None, now=datetime.now(UTC), options=Options(panels=("Stock",), **FAST)
    )
    assert (both.dashboards, both.panels, both.ok) == (1, 1, True)
    assert run(shop, prometheus_url, dashboards=("shop",)).panels == 2
    with pytest.raises(VerifyError, match="No dashboard matches"):
        run(shop, prometheus_url, dashboards=("stock",))
    with pytest.raises(VerifyError, match="No panel is named"):
        run(shop, prometheus_url, panels=("Stock",))
    with pytest.raises(VerifyError, match="has a variable `shop`"):
        run(shop, prometheus_url, variables={"shop": ("north",)})


def test_a_panel_may_look_at_another_time_than_its_dashboard(prometheus_url):
    panels = dashboard(
        promql("Earlier", "shop_orders", timeShift="1d"),
        promql("Longer", "shop_orders", timeFrom="10m", maxDataPoints=2000),
    )
    report = run(panels, prometheus_url)
    assert whys(report) == {
        "Earlier": "metric shop_orders is not known to Prometheus (is its exporter scraped?)",
        "Longer": "",
    }
