"""Every shipped dashboard, drawn by Grafana's own parts from the data of a real application."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Pictures, Servers

pytestmark = [pytest.mark.timeout(600), pytest.mark.fraiseql]

UIDS = ("operations", "cache", "database", "errors", "users", "compliance", "backend")
WIDTH = 1600
RAW = ("${", "$__", "{{", "NaN", "undefined", "[object")  # what a person should never read
BLANK = 40_000  # bytes; a page without anything on it compresses to a tenth of this


@pytest.fixture(params=[f"fraiseql-{uid}" for uid in UIDS])
def uid(request: pytest.FixtureRequest) -> str:
    return request.param


def panels_of(dashboard: Path) -> dict[int, str]:
    panels = json.loads(dashboard.read_text())["panels"]
    return {panel["id"]: panel["type"] for panel in panels if panel["type"] != "row"}


def test_every_panel_is_drawn(pictures: Pictures, servers: Servers, uid: str) -> None:
    panels = pictures.reports[uid]["panels"]
    assert {panel["id"]: panel["kind"] for panel in panels} == panels_of(servers.dashboards / f"{uid}.json")
    assert [(panel["title"], panel["state"], panel["error"]) for panel in panels if panel["state"] != "drawn"] == []


def test_the_browser_has_nothing_to_complain_about(pictures: Pictures, uid: str) -> None:
    assert pictures.reports[uid]["complaints"] == []


def test_nothing_is_hidden_behind_a_scroll_bar(pictures: Pictures, uid: str) -> None:
    assert [(panel["title"], panel["hidden"]) for panel in pictures.reports[uid]["panels"] if panel["hidden"]] == []


def test_no_panel_shows_a_raw_value(pictures: Pictures, uid: str) -> None:
    shown = {panel["title"]: panel["text"] for panel in pictures.reports[uid]["panels"]}
    assert [title for title, text in shown.items() if any(raw in text for raw in RAW)] == []


def test_every_variable_finds_choices(pictures: Pictures, uid: str) -> None:
    assert [name for name, choices in pictures.reports[uid]["variables"].items() if not choices] == []


def test_the_picture_shows_the_whole_page(pictures: Pictures, uid: str) -> None:
    png = (pictures.folder / f"{uid}.png").read_bytes()
    width, height = struct.unpack(">II", png[16:24])
    lowest = max(panel["bottom"] for panel in pictures.reports[uid]["panels"])
    assert width == WIDTH
    assert height >= lowest
    assert len(png) > BLANK


def test_only_kinds_that_grafana_does_not_publish_are_stood_in_for(pictures: Pictures) -> None:
    kinds = {
        panel["kind"]: panel["placeholder"] is not None
        for report in pictures.reports.values()
        for panel in report["panels"]
    }
    stood_in = {kind for kind, placeholder in kinds.items() if placeholder}
    assert stood_in <= {"gauge", "heatmap", "alertlist", "piechart", "barchart", "histogram"}


def broken_panel(number: int, title: str, expr: str) -> dict[str, Any]:
    return {
        "id": number,
        "type": "timeseries",
        "title": title,
        "gridPos": {"x": 0, "y": 8 * number, "w": 24, "h": 8},
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "targets": [{"refId": "A", "expr": expr, "range": True}],
    }


def test_panels_without_data_and_in_error_are_told(render: Any, tmp_path: Path) -> None:
    dashboard = {
        "title": "Broken",
        "time": {"from": "now-15m", "to": "now"},
        "templating": {"list": [{"type": "datasource", "name": "datasource", "query": "prometheus"}]},
        "panels": [
            broken_panel(1, "well", "vector(1)"),
            broken_panel(2, "empty", "no_such_metric"),
            broken_panel(3, "malformed", "sum("),
        ],
    }
    (tmp_path / "broken.json").write_text(json.dumps(dashboard))
    pictures = render(tmp_path)
    states = {panel["title"]: panel["state"] for panel in pictures.reports["broken"]["panels"]}
    assert states == {"well": "drawn", "empty": "empty", "malformed": "error"}
    assert pictures.exit_code == 1
    assert "malformed" in pictures.said
