"""Drawings: what is where, and that nothing in them but ours is markup."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from fraiseql_observe.report import svg

SAID = svg.Described("lag", "Audit <lag>", 'Slowest: "4 s"')
NAMES = {"": "http://www.w3.org/2000/svg"}


def parsed(drawing):
    return ET.fromstring(drawing)


def row(points, **more):
    return svg.Row(**{"name": "delete", "note": "12 in all", "points": points, "top": "8", "width": 0.1, **more})


def path(drawing):
    return parsed(drawing).find("path").get("d")


@pytest.mark.parametrize(
    ("highest", "expected"),
    [(0, 1), (-3, 1), (1, 1), (1.01, 1.5), (17, 20), (759, 800), (1000, 1000), (0.764, 0.8), (81, 100), (0.3, 0.3)],
)
def test_the_scale_ends_at_a_round_number(highest, expected):
    assert svg.scale(highest) == pytest.approx(expected)


def test_it_says_what_it_is_to_who_cannot_see_it():
    root = parsed(svg.columns(SAID, [row([(0, 1)])], []))
    assert root.get("role") == "img"
    assert root.find("title").text == "Audit <lag>"
    assert root.find("desc").text == 'Slowest: "4 s"'
    assert root.get("aria-labelledby") == root.find("title").get("id")
    assert root.get("aria-describedby") == root.find("desc").get("id")


def test_a_column_stands_where_its_time_is_and_as_high_as_its_value():
    first, last = re.findall(
        r"M([\d.]+) ([\d.]+)V([\d.]+)H([\d.]+)", path(svg.columns(SAID, [row([(0, 4), (0.9, 8)])], []))
    )
    base = float(first[1])
    assert float(first[0]) == svg.LEFT
    assert base - float(last[2]) == pytest.approx(svg.BODY)
    assert base - float(first[2]) == pytest.approx(svg.BODY / 2)
    assert float(last[3]) <= svg.WIDTH - svg.RIGHT


def test_a_small_count_is_seen_and_a_zero_is_not():
    columns = path(svg.columns(SAID, [row([(0, 0), (0.2, 1), (0.4, 1000)])], []))
    assert columns.count("M") == 2
    base, top = re.search(r"M[\d.]+ ([\d.]+)V([\d.]+)", columns).groups()
    assert float(base) - float(top) >= 1


def test_columns_outside_the_period_are_cut_at_its_edges():
    columns = path(svg.columns(SAID, [row([(-0.05, 5), (-0.5, 5), (1.0, 5)])], []))
    (found,) = re.findall(r"M([\d.]+) [\d.]+V[\d.]+H([\d.]+)", columns)
    assert float(found[0]) == svg.LEFT


def test_a_line_has_holes_and_single_points():
    drawing = svg.lines(SAID, [row([(0.05, 1), (0.15, 2), (0.55, 3), (0.85, 1), (0.95, 1)])], [])
    assert path(drawing).count("M") == 2
    assert len(parsed(drawing).findall("circle")) == 1


def test_a_line_without_a_point():
    assert path(svg.lines(SAID, [row([])], [])) == ""


def limits(limit, highest):
    drawing = svg.lines(SAID, [row([(0, highest), (0.1, highest)], limit=limit, limit_text="limit 5 s")], [])
    return [
        (line.get("y1"), text.text)
        for line, text in zip(
            [one for one in parsed(drawing).findall("line") if one.get("class") == "limit"],
            [one for one in parsed(drawing).findall("text") if one.get("class") == "limit-text"],
            strict=True,
        )
    ]


def test_a_limit_is_drawn_with_its_value_when_the_scale_reaches_it():
    assert [text for _, text in limits(5, 6)] == ["limit 5 s"]
    assert [text for _, text in limits(0.1, 6)] == ["limit 5 s"]
    assert limits(5, 1) == []


def test_bars():
    root = parsed(svg.bars(SAID, [("1. <b>", 10, "10"), ("2. x", 5, "5"), ("3. y", 0, "0"), ("z" * 999, 1, "1")]))
    widths = [float(bar.get("width")) for bar in root.findall("rect")]
    assert widths[0] == pytest.approx(2 * widths[1])
    assert widths[2] == 1
    texts = [text.text for text in root.findall("text")]
    assert texts[0] == "1. <b>"
    assert max(map(len, texts)) == svg.LONGEST
    assert parsed(svg.bars(SAID, [])).findall("rect") == []


def test_labels_stay_inside():
    drawing = parsed(svg.columns(SAID, [row([(0, 1)])], [(0.0, "01 Mar"), (0.5, "02 Mar"), (1.0, "03 Mar")]))
    anchors = [text.get("text-anchor") for text in drawing.findall("text") if text.text.endswith("Mar")]
    assert anchors == ["start", "middle", "end"]


def test_the_same_drawing_is_the_same_text():
    rows = [row([(1 / 3, 1 / 7)], name="'\"<&>")]
    assert svg.columns(SAID, rows, []) == svg.columns(SAID, rows, [])
    assert "'\"<&>" not in svg.columns(SAID, rows, [])
