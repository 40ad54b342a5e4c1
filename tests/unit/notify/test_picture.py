"""The picture of a metric: where things go, and that it is a small PNG whatever the numbers are."""

from __future__ import annotations

import io
import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from fraiseql_observe.incident.message import Trend
from fraiseql_observe.notify.picture import HEIGHT, SCALE, WIDTH, draw
from fraiseql_observe.notify.plot import plot

NOW = datetime(2026, 11, 23, 23, 31, tzinfo=UTC)
END = NOW.timestamp()


def trend(values, threshold=None, unit="", compared="", step=60):
    first = END - step * (len(values) - 1)
    return Trend(
        tuple((first + index * step, value) for index, value in enumerate(values)), threshold, "x", unit, compared
    )


def shown(*values, **more):
    return plot(trend(values, **more), started=None, now=END)


def test_what_breaches_is_cut_at_the_threshold():
    [breach] = shown(0.0, 10.0, 10.0, 0.0, threshold=5.0, compared=">").breaches

    assert breach[0][0] == pytest.approx(1 / 6)
    assert breach[-1][0] == pytest.approx(5 / 6)
    assert breach[0][1] == breach[-1][1] == shown(0.0, 10.0, threshold=5.0).threshold


@pytest.mark.parametrize(
    ("compared", "threshold", "breaches", "now"),
    [
        (">", 5, 1, True),
        ("<", 5, 1, False),
        (">=", 8, 1, True),
        ("<=", 2, 1, False),
        ("==", 8, 1, True),
        ("!=", 8, 1, False),
        ("", 5, 0, False),
    ],
)
def test_comparisons(compared, threshold, breaches, now):
    seen = shown(2.0, 2.0, 8.0, 8.0, threshold=threshold, compared=compared)

    assert (len(seen.breaches), seen.breached) == (breaches, now)


def test_a_breach_that_ends_leaves_and_comes_back_is_two():
    assert len(shown(1.0, 9.0, 9.0, 1.0, 9.0, 9.0, 5.0, 1.0, threshold=5.0, compared=">").breaches) == 2


def test_missing_points_make_a_hole():
    values = trend([1.0] * 60)
    holed = Trend(values.points[:20] + values.points[40:])

    assert [len(run) for run in plot(holed, started=None, now=END).runs] == [20, 20]


@pytest.mark.parametrize(
    ("values", "more", "labels"),
    [
        ((0.01, 0.11), {"unit": "ratio", "threshold": 0.05}, ["0 %", "5 %", "10 %"]),
        ((0.2, 2.2), {"unit": "seconds"}, ["0 s", "1 s", "2 s"]),
        ((60.0, 590.0), {"unit": "seconds"}, ["0 s", "5 min", "10 min"]),
        ((3e9, 5e9), {"unit": "bytes"}, ["0 B", "2 GiB", "4 GiB"]),
        ((1.0, 1.0), {}, ["0", "0.5", "1"]),
        ((0.0, 0.0), {}, ["-0.5", "0", "0.5"]),
        ((97.0, 99.0), {}, ["97", "97.5", "98", "98.5", "99"]),
        ((-5.0, 5.0), {}, ["-5", "0", "5"]),
        ((-0.01, 10.0), {}, ["0", "5", "10"]),
    ],
)
def test_the_scale_has_round_values(values, more, labels):
    assert [tick.label for tick in shown(*values, **more).y_ticks] == labels


def test_times_are_round_and_leave_room():
    ticks = plot(trend([1.0] * 61), started=END - 600, now=END).x_ticks

    assert [tick.label for tick in ticks] == ["22:40", "22:50", "23:00", "23:10", "23:20"]
    assert all(0 <= tick.at <= 0.93 for tick in ticks)


def test_the_start_is_marked_only_where_it_is_shown():
    long_ago, lately = END - 7200, END - 600
    assert plot(trend([1.0] * 61), started=long_ago, now=END).started is None
    assert plot(trend([1.0] * 61), started=lately, now=END).started == pytest.approx(5 / 6)


def test_an_old_value_is_not_that_of_now():
    values = trend([1.0] * 10, step=15)
    assert plot(values, started=None, now=END + 60).current
    assert not plot(values, started=None, now=END + 61).current


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "ratio", "percent", "seconds", "bytes", "/s", "bytes/s"]),
    st.sampled_from(["", ">", "<", "==", "!="]),
)
@settings(max_examples=150, deadline=None)
@example([5e-324], None, "bytes", "")
@example([1.0, 1.0 + 1e-12], 1.0, "seconds", ">")
def test_any_numbers_find_their_place(values, threshold, unit, compared):
    seen = plot(trend(values, threshold, unit, compared), started=END - 30, now=END)

    assert all(
        math.isfinite(x) and 0 <= x <= 1 and math.isfinite(y) and -0.01 <= y <= 1.01
        for run in seen.runs
        for x, y in run
    )
    assert 1 <= len(seen.y_ticks) <= 8


@pytest.mark.parametrize(
    "given_",
    [
        trend([0.01 + 0.1 * math.sin(index) ** 2 for index in range(240)], 0.05, "ratio", ">", 15),
        trend([1.0]),
        trend([1e300, -1e300], 0.0, "bytes", "<"),
        trend([5e-324]),
        trend([0.0, 0.0], 0.0, "", "=="),
    ],
)
def test_it_is_a_small_crisp_png(given_):
    png = draw(given_, started=NOW - timedelta(minutes=9), now=NOW)

    image = Image.open(io.BytesIO(png))
    assert (image.format, image.size) == ("PNG", (WIDTH * SCALE, HEIGHT * SCALE))
    assert len(png) <= 30 * 1024


def test_a_breach_is_red_and_calm_is_not():
    def reds(values):
        image = Image.open(io.BytesIO(draw(trend(values, 50.0, "", ">"), now=NOW))).convert("RGB")
        return sum(
            count for count, (red, green, blue) in image.getcolors(10**6) if red > 200 and green < 230 and blue < 230
        )

    assert reds([10.0, 90.0] * 20) > 3 * reds([10.0, 20.0] * 20)
