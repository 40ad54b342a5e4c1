"""The picture of a metric with its threshold: a small, crisp PNG.

Lines are drawn several times as large and scaled down, because Pillow's own have steps; letters are drawn at the end,
with the font that Pillow brings, so that no font need be installed.
"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from fraiseql_observe.notify.plot import Plot, plot
from fraiseql_observe.notify.units import readable

if TYPE_CHECKING:
    from datetime import datetime

    from fraiseql_observe.incident.message import Trend

WIDTH, HEIGHT = 600, 200  # CSS pixels; the PNG has twice as many
SCALE = 2
SMOOTH = 3  # times larger while lines are drawn
LEFT, RIGHT, TOP, BOTTOM = 70, 16, 30, 30  # margins in CSS pixels
COLOURS = 64

PAPER, GRID, FRAME, INK, FAINT = "#ffffff", "#e8ebf0", "#c9d0da", "#1f2937", "#667085"
CALM, CALM_FILL = "#2f6fde", "#e9f0fc"
ALARM, ALARM_FILL = "#d92d20", "#fbd9d6"

Point = tuple[float, float]
Area = tuple[float, float, float, float]


def draw(trend: Trend, *, started: datetime | None = None, now: datetime | None = None) -> bytes:
    """A PNG of the trend; blocks for some milliseconds, so call it in a thread.

    Args:
        trend: with at least one point.
        started: when the alert began, marked if it is in range.
        now: the right edge; the last point without it.
    """
    shown = plot(
        trend, started=started.timestamp() if started else None, now=now.timestamp() if now else trend.points[-1][0]
    )
    image = _lines(shown)
    _letters(ImageDraw.Draw(image), shown, trend)
    file = io.BytesIO()
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()


def _area(scale: int) -> Area:
    """Left, top, right and bottom of where the lines are."""
    return LEFT * scale, TOP * scale, (WIDTH - RIGHT) * scale, (HEIGHT - BOTTOM) * scale


def _at(point: Point, area: Area) -> Point:
    left, top, right, bottom = area
    return left + point[0] * (right - left), bottom - point[1] * (bottom - top)


def _lines(shown: Plot) -> Image.Image:
    scale = SCALE * SMOOTH
    image = Image.new("RGB", (WIDTH * scale, HEIGHT * scale), PAPER)
    pen, area = ImageDraw.Draw(image), _area(scale)
    for run in shown.runs:
        _fill(pen, run, (0.0, shown.base), area, CALM_FILL)
    for run in shown.breaches:
        _fill(pen, run, (0.0, shown.base if shown.threshold is None else shown.threshold), area, ALARM_FILL)
    for tick in shown.y_ticks:
        _line(pen, [(0, tick.at), (1, tick.at)], area, GRID, scale)
    _line(pen, [(0, 0), (1, 0)], area, FRAME, scale)
    if shown.started is not None:
        _dashes(pen, (shown.started, 0), (shown.started, 1), area, FAINT)
    if shown.threshold is not None:
        _dashes(pen, (0, shown.threshold), (1, shown.threshold), area, ALARM)
    for run in shown.runs:
        _line(pen, run, area, CALM, 2 * scale)
    for run in shown.breaches:
        _line(pen, run, area, ALARM, 2 * scale)
    x, y = _at(shown.newest, area)
    colour = ALARM if shown.breached else CALM
    for radius, ink in ((5.5, PAPER), (4, colour)):
        pen.ellipse([x - radius * scale, y - radius * scale, x + radius * scale, y + radius * scale], fill=ink)
    return image.resize((WIDTH * SCALE, HEIGHT * SCALE), Image.Resampling.BOX)


def _fill(pen: ImageDraw.ImageDraw, run: tuple[Point, ...], level: Point, area: Area, colour: str) -> None:
    if len(run) > 1:
        outline = [*run, (run[-1][0], level[1]), (run[0][0], level[1])]
        pen.polygon([_at(point, area) for point in outline], fill=colour)


def _line(
    pen: ImageDraw.ImageDraw, points: tuple[Point, ...] | list[Point], area: Area, colour: str, wide: int
) -> None:
    pen.line([_at(point, area) for point in points], fill=colour, width=wide, joint="curve")


def _dashes(pen: ImageDraw.ImageDraw, start: Point, end: Point, area: Area, colour: str) -> None:
    (x, y), (to_x, to_y) = _at(start, area), _at(end, area)
    scale = SCALE * SMOOTH
    dash, length = 5 * scale, abs(to_x - x) + abs(to_y - y)
    for index in range(0, int(length // dash), 2):
        begin, close = index * dash / length, min(1.0, (index + 1) * dash / length)
        piece = [x + (to_x - x) * begin, y + (to_y - y) * begin, x + (to_x - x) * close, y + (to_y - y) * close]
        pen.line(piece, fill=colour, width=round(1.2 * scale))


def _letters(pen: ImageDraw.ImageDraw, shown: Plot, trend: Trend) -> None:
    area = _area(SCALE)
    left, top, right, bottom = area
    for tick in shown.y_ticks:
        pen.text((left - 8 * SCALE, _at((0, tick.at), area)[1]), tick.label, FAINT, _font(13), anchor="rm")
    for tick in shown.x_ticks:
        pen.text((_at((tick.at, 0), area)[0], bottom + 7 * SCALE), tick.label, FAINT, _font(13), anchor="mt")
    pen.text((right, bottom + 7 * SCALE), "UTC", FAINT, _font(13), anchor="rt")
    if shown.threshold is not None and trend.threshold is not None:
        label = f"threshold {readable(trend.threshold, trend.unit)}"
        pen.text((left, top - 8 * SCALE), label, ALARM, _font(13), anchor="lb")
        _mark(pen, shown.threshold, area)
    newest = f"{'now' if shown.current else 'last'} {readable(trend.points[-1][1], trend.unit)}"
    pen.text((right, top - 7 * SCALE), newest, ALARM if shown.breached else INK, _font(16), anchor="rb")
    if shown.started is not None:
        # Beside the newest value, not across it.
        half = pen.textlength("alert began", _font(13)) / 2
        room = right - pen.textlength(newest, _font(16)) - 12 * SCALE
        x = min(_at((shown.started, 0), area)[0] + half, room)
        pen.text((x, top - 8 * SCALE), "alert began", FAINT, _font(13), anchor="rb")


def _mark(pen: ImageDraw.ImageDraw, level: float, area: Area) -> None:
    """A small arrow at the axis where the threshold is."""
    x, y = _at((0, level), area)
    size = 4 * SCALE
    pen.polygon([(x - size, y - size), (x, y), (x - size, y + size)], fill=ALARM)


@lru_cache(maxsize=4)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size * SCALE)
