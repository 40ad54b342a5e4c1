"""The metric behind an incident, drawn as a line."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paging import tell

from fraiseql_observe.incident.message import Enrichment, Trend
from fraiseql_observe.web.console import trend

VALUES = st.floats(-1e15, 1e15)


def test_a_line_goes_from_edge_to_edge_and_leaves_room() -> None:
    drawn = trend.line(Trend(((0.0, 0.0), (30.0, 0.1), (60.0, 0.05)), 0.05, unit="ratio"))
    assert drawn.path == "M0.0 77.0L300.0 3.0L600.0 40.0"
    assert drawn.threshold == 40.0
    assert drawn.said.startswith("From 0")
    assert "within 1 min; the threshold is 5" in drawn.said


def test_without_a_threshold_there_is_none() -> None:
    drawn = trend.line(Trend(((0.0, 1.0), (60.0, 1.0))))
    assert drawn.threshold is None
    assert "threshold" not in drawn.said


@pytest.mark.parametrize("points", [(), ((0.0, 1.0),)])
def test_too_little_is_not_drawn(points) -> None:
    assert trend.line(Trend(points)) is None
    assert trend.line(None) is None


@given(st.lists(VALUES, min_size=2, max_size=50), st.none() | VALUES)
def test_every_line_stays_within_its_picture(values: list[float], threshold: float | None) -> None:
    drawn = trend.line(Trend(tuple((number * 15.0, value) for number, value in enumerate(values)), threshold))
    for x, y in re.findall(r"(-?[0-9.]+) (-?[0-9.]+)", drawn.path):
        assert 0 <= float(x) <= trend.WIDTH
        assert 0 <= float(y) <= trend.HEIGHT


async def test_what_was_looked_up_stands_on_the_page(kim, manager, monkeypatch) -> None:
    incident = await tell(manager, "Full")
    known = Enrichment(Trend(((0.0, 1.0), (60.0, 2.0)), 1.5), ("getUser", "<b>"), 42, "2", "1.5")
    monkeypatch.setattr(manager, "enrichment", {incident.id: known}.get)
    text = (await kim.get(f"/incidents/{incident.id}")).text
    assert '<path d="M0.0 77.0L600.0 3.0"/>' in text
    assert "<dd>2, threshold 1.5</dd>" in text
    assert "<dd>42</dd>" in text
    assert "getUser, &lt;b&gt;" in text
