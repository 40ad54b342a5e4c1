"""The shipped dashboards, read by verify: nothing in them is beyond it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fraiseql_observe.verify import default_dashboards, load_dashboards, verify
from fraiseql_observe.verify.dashboards import Kind, parse_dashboard

CHECKOUT = Path(__file__).parents[3]
SHIPPED = CHECKOUT / "provisioning" / "grafana" / "dashboards"
INFINITY = CHECKOUT / "bundle" / "variants" / "infinity" / "dashboards"
PANELS = {
    "fraiseql-operations": (10, 15),
    "fraiseql-cache": (8, 12),
    "fraiseql-database": (10, 15),
    "fraiseql-errors": (10, 15),
    "fraiseql-users": (8, 10),
    "fraiseql-compliance": (8, 10),
    "fraiseql-backend": (21, 40),  # of the alert backend; the six above are the application's, with 54 panels
}


@pytest.fixture(scope="module")
def shipped():
    return load_dashboards([SHIPPED])


@pytest.mark.parametrize(("folder", "audit"), [(SHIPPED, Kind.POSTGRES), (INFINITY, Kind.INFINITY)])
def test_every_query_of_every_panel_can_be_asked(folder, audit):
    for dashboard in map(parse_dashboard, load_dashboards([folder])):
        for panel in dashboard.panels:
            assert panel.queries, panel.title
            for query in panel.queries:
                assert query.kind in (Kind.PROMETHEUS, audit, Kind.RULES), (panel.title, query.note)


def test_the_dashboards_have_their_panels_and_queries(shipped):
    found = {each.uid: each.panels for each in map(parse_dashboard, shipped)}
    assert {uid: len(panels) for uid, panels in found.items()} == {uid: count for uid, (count, _) in PANELS.items()}
    for uid, (_, least) in PANELS.items():
        assert sum(len(panel.queries) for panel in found[uid]) >= least, uid


def test_an_empty_prometheus_is_missing_everything_and_each_reason_is_useful(
    shipped, empty_prometheus_url, database_url
):
    report = verify(shipped, empty_prometheus_url, database_url, now=datetime.now(UTC))
    assert (report.dashboards, report.panels, report.panels_with_data) == (7, 54 + 21, 0)
    assert len(report.missing) == report.queries
    for result in report.missing:
        assert "refuses the query" not in result.why, result
        assert "42601" not in result.why, result
        assert any(words in result.why for words in ("not known to Prometheus", "setup audit", "no alerting rule")), (
            result
        )


def test_without_a_checkout_the_packaged_dashboards_are_rendered(shipped, tmp_path, monkeypatch):
    monkeypatch.chdir(CHECKOUT)
    here = default_dashboards()
    monkeypatch.chdir(tmp_path)
    assert {each["uid"] for each in default_dashboards()} == {each["uid"] for each in here} == PANELS.keys()
