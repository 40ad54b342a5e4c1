"""The application's six dashboards and the alert backend's one hold what they promise, however they are rendered."""

from __future__ import annotations

from itertools import combinations

import pytest

from fraiseql_observe.audit import catalogue
from fraiseql_observe.mixin import dashboards_page, render, sources

# uid -> panels, least queries. A uid is part of every link: it never changes.
OF_THE_APPLICATION = {
    "fraiseql-operations": (10, 15),
    "fraiseql-cache": (8, 12),
    "fraiseql-database": (10, 15),
    "fraiseql-errors": (10, 15),
    "fraiseql-users": (8, 10),
    "fraiseql-compliance": (8, 10),
}
OF_THE_BACKEND = {"fraiseql-backend": (21, 40)}
PROMISED = OF_THE_APPLICATION | OF_THE_BACKEND
KINDS = {"timeseries", "stat", "gauge", "bargauge", "heatmap", "table", "alertlist"}


def panels(dashboard):
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def queries(dashboard):
    return [target for panel in panels(dashboard) for target in panel.get("targets", [])]


def steps(panel):
    return [(step["color"], step["value"]) for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]]


def titled(dashboard, title):
    return next(panel for panel in panels(dashboard) if panel["title"] == title)


def rendered(config=None):
    return {each["uid"]: each for each in render(config, catalogue=catalogue.load().as_json()).dashboards.values()}


@pytest.fixture(scope="module")
def dashboards():
    return rendered()


def test_all_are_there_under_their_pinned_uids(dashboards):
    assert dashboards.keys() == PROMISED.keys()


def test_the_application_has_54_panels_on_six_dashboards(dashboards):
    assert len(OF_THE_APPLICATION) == 6
    assert sum(len(panels(dashboards[uid])) for uid in OF_THE_APPLICATION) == 54


@pytest.mark.parametrize("uid", PROMISED)
def test_a_dashboard_has_its_panels_and_queries(dashboards, uid):
    count, least = PROMISED[uid]
    assert len(panels(dashboards[uid])) == count
    assert len(queries(dashboards[uid])) >= least


def test_every_kind_of_panel_is_used(dashboards):
    assert {panel["type"] for each in dashboards.values() for panel in panels(each)} == KINDS


@pytest.mark.parametrize("uid", PROMISED)
def test_a_panel_keeps_its_id_when_others_are_left_out(dashboards, uid):
    second = rendered({"flavour": "v2"}).get(uid, {"panels": []})
    titles = {panel["id"]: panel["title"] for panel in panels(dashboards[uid])}
    assert {panel["id"]: panel["title"] for panel in panels(second)}.items() <= titles.items()


@pytest.mark.parametrize("flavour", ["v1", "v2"])
def test_panels_fill_the_grid_and_never_overlap(flavour):
    for dashboard in rendered({"flavour": flavour}).values():
        cells = [
            {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            for place in (panel["gridPos"] for panel in dashboard["panels"])
        ]
        assert all(one.isdisjoint(other) for one, other in combinations(cells, 2))
        taken = set().union(*cells)
        assert taken == {(x, y) for x in range(24) for y in range(max(y for _, y in taken) + 1)}


def test_the_lines_of_a_panel_are_the_thresholds_of_its_alert():
    config = {"alerts": {"HighLatency": {"thresholds": {"warning": 0.3, "critical": 0.7}}}}
    panel = titled(rendered(config)["fraiseql-operations"], "Latency P50, P95, P99")
    assert steps(panel) == [("transparent", None), ("orange", 0.3), ("red", 0.7)]


def test_low_values_are_the_bad_ones_where_an_alert_says_so():
    config = {"alerts": {"CacheHitRateLow": {"thresholds": {"warning": 0.8, "critical": 0.5}}}}
    panel = titled(rendered(config)["fraiseql-cache"], "Overall hit rate")
    assert steps(panel) == [("red", None), ("orange", 0.5), ("green", 0.8)]


def test_a_threshold_that_is_switched_off_draws_no_line():
    config = {"alerts": {"HighLatency": {"thresholds": {"warning": 0.3, "critical": None}}}}
    panel = titled(rendered(config)["fraiseql-operations"], "Latency P50, P95, P99")
    assert steps(panel) == [("transparent", None), ("orange", 0.3)]


def test_a_dashboard_that_is_switched_off_is_neither_drawn_nor_linked():
    drawn = rendered({"dashboards": {"users": {"enabled": False}}})
    assert "fraiseql-users" not in drawn
    assert "/d/fraiseql-users" not in str(drawn)


def test_a_flavour_without_a_signal_says_so_instead_of_drawing_an_empty_panel():
    second = render({"flavour": "v2"}, catalogue=catalogue.load().as_json())
    assert "fraiseql-cache.json" not in second.dashboards
    assert {each["why"] for each in second.left_out if each["panel"] == "Execution mode"} == {
        "FraiseQL v2 has one execution mode"
    }


def test_only_dashboards_of_the_audit_log_ask_for_a_tenant(dashboards):
    asking = {
        uid
        for uid, each in dashboards.items()
        if any(variable["name"] == "tenant" for variable in each["templating"]["list"])
    }
    assert asking == {"fraiseql-errors", "fraiseql-users", "fraiseql-compliance"}


def test_variables_out_of_sight_are_those_that_only_marks_ask(dashboards):
    hidden = {
        uid: {variable["name"] for variable in each["templating"]["list"] if variable["hide"]}
        for uid, each in dashboards.items()
    }
    assert {uid for uid, names in hidden.items() if names} == {"fraiseql-users", "fraiseql-compliance"}
    assert hidden["fraiseql-users"] == {"job", "instance"}


def test_what_shows_the_backend_alone_has_nothing_of_the_application_to_choose(dashboards):
    backend = dashboards["fraiseql-backend"]
    assert [variable["name"] for variable in backend["templating"]["list"]] == ["datasource"]
    assert [mark["name"] for mark in backend["annotations"]["list"]] == ["Alerts"]


def test_the_page_that_explains_them_is_fresh():
    page = sources.CHECKOUT / "docs" / "explanation" / "dashboards.md"
    stale = "run: python -m fraiseql_observe.mixin.dashboards_page > docs/explanation/dashboards.md"
    assert page.read_text(encoding="utf-8") == dashboards_page.page(), stale
