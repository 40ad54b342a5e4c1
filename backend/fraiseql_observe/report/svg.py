"""Plots as inline SVG: rows of columns or lines over one axis of time, and ranked bars. Pure.

Nothing is told by colour alone: each row is one series with its name and its numbers beside it, a limit is a dashed
line with its value. Colours are classes that the page's style sheet paints, so that the dark page, the light page and
paper share one drawing. Every text is escaped here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    _Path = Callable[[Sequence[tuple[float, float]], float, float], str]

WIDTH = 720  # units of the view box; the page stretches it
LEFT, RIGHT = 46, 8
HEAD, BODY, GAP, FOOT = 20, 58, 14, 24
BAR, BAR_GAP, LABELS, VALUES = 18, 6, 310, 60
LONGEST = 120  # characters of a text in a drawing


@dataclass(frozen=True, slots=True)
class Row:
    """One series: its values by place on the axis from 0 to 1, and what is written beside its name.

    `top` is the scale's end as it is written; `width` the share of the axis that one interval takes; `limit` is drawn
    as a dashed line when the scale reaches it.
    """

    name: str
    note: str
    points: Sequence[tuple[float, float]]
    top: str
    width: float = 0.0
    limit: float | None = None
    limit_text: str = ""


@dataclass(frozen=True, slots=True)
class Described:
    """What a screen reader says of a drawing; `key` makes the ids of its elements unique on the page."""

    key: str
    title: str
    description: str


def columns(said: Described, rows: Sequence[Row], ticks: Sequence[tuple[float, str]]) -> str:
    """Counts per interval, one row of columns for each series; ticks are places on the axis with their labels."""
    return _rows(said, rows, ticks, _column_path)


def lines(said: Described, rows: Sequence[Row], ticks: Sequence[tuple[float, str]]) -> str:
    """Values over time, one line for each series, broken where more than an interval is missing."""
    return _rows(said, rows, ticks, _line_path)


def bars(said: Described, ranked: Sequence[tuple[str, float, str]]) -> str:
    """Horizontal bars: label, value, and the value as it is written."""
    most = max((value for _, value, _ in ranked), default=0) or 1
    space = WIDTH - LABELS - VALUES - 12
    parts = []
    for place, (label, value, text) in enumerate(ranked):
        top = place * (BAR + BAR_GAP)
        long = max(value, 0) / most * space
        parts.append(_text(0, top + BAR - 5, label, "label"))
        parts.append(f'<rect class="bar" x="{LABELS}" y="{top}" width="{_n(max(long, 1))}" height="{BAR}"/>')
        parts.append(_text(LABELS + long + 6, top + BAR - 5, text, "value"))
    return _drawing(said, max(1, len(ranked) * (BAR + BAR_GAP) - BAR_GAP), parts)


def scale(highest: float) -> float:
    """The next round number: 1, 1.5, 2, 3, 4, 5, 6 or 8 times a power of ten; 1 for nothing."""
    if highest <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(highest))
    return next(power * each for each in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if power * each >= highest * (1 - 1e-9))


def _rows(said: Described, rows: Sequence[Row], ticks: Sequence[tuple[float, str]], path: _Path) -> str:
    height = len(rows) * (HEAD + BODY + GAP) - GAP + FOOT
    parts: list[str] = []
    for place, row in enumerate(rows):
        parts += _row(row, ticks, place * (HEAD + BODY + GAP), path)
    parts += [_text(_x(at), height - 6, text, "tick", _anchor(at)) for at, text in ticks]
    return _drawing(said, height, parts)


def _row(row: Row, ticks: Sequence[tuple[float, str]], top: float, path: _Path) -> Iterator[str]:
    base, roof = top + HEAD + BODY, top + HEAD
    most = scale(max((value for _, value in row.points), default=0))
    yield _text(LEFT, top + 13, row.name, "name")
    yield _text(WIDTH - RIGHT, top + 13, row.note, "value", "end")
    for at, _ in ticks:
        yield _line(_x(at), roof, _x(at), base, "grid")
    yield _line(LEFT, roof, WIDTH - RIGHT, roof, "grid")
    yield _text(LEFT - 5, roof + 4, row.top, "tick", "end")
    yield _text(LEFT - 5, base + 1, "0", "tick", "end")
    places = [(_x(at), base - min(max(value, 0) / most, 1) * BODY) for at, value in row.points]
    yield path(places, row.width * (WIDTH - LEFT - RIGHT), base)
    yield _line(LEFT, base, WIDTH - RIGHT, base, "axis")
    if row.limit is not None and row.limit <= most:
        level = base - row.limit / most * BODY
        yield _line(LEFT, level, WIDTH - RIGHT, level, "limit")
        below = level + 11 if level < base - 14 else level - 3  # where there is room
        yield _text(WIDTH - RIGHT, below, row.limit_text, "limit-text", "end")


def _column_path(places: Sequence[tuple[float, float]], width: float, base: float) -> str:
    """All columns in one path; a small count is still seen."""
    air = min(1.0, width * 0.2)
    right = WIDTH - RIGHT
    drawn = [
        f"M{_n(max(x, LEFT))} {_n(base)}V{_n(min(y, base - 1))}H{_n(min(x + width - air, right))}V{_n(base)}Z"
        for x, y in places
        if y < base and x + width - air > LEFT and x < right
    ]
    return f'<path class="columns" d="{"".join(drawn)}"/>'


def _line_path(places: Sequence[tuple[float, float]], width: float, _base: float) -> str:
    """One path with holes; a point that stands alone is a dot."""
    runs = list(_runs(places, width * 1.5))
    drawn = "".join("M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in run) for run in runs if len(run) > 1)
    dots = "".join(
        f'<circle class="dot" cx="{_n(run[0][0])}" cy="{_n(run[0][1])}" r="2.5"/>' for run in runs if len(run) == 1
    )
    return f'<path class="line" d="{drawn}"/>{dots}'


def _runs(places: Sequence[tuple[float, float]], longest: float) -> Iterator[list[tuple[float, float]]]:
    run = list(places[:1])
    for before, after in pairwise(places):
        if after[0] - before[0] > longest:
            yield run
            run = []
        run.append(after)
    if run:
        yield run


def _drawing(said: Described, height: float, parts: Iterable[str]) -> str:
    key = escape(said.key, quote=True)
    return (
        f'<svg class="plot" role="img" viewBox="0 0 {WIDTH} {_n(height)}" '
        f'aria-labelledby="{key}-title" aria-describedby="{key}-text">'
        f'<title id="{key}-title">{_escaped(said.title)}</title>'
        f'<desc id="{key}-text">{escape(said.description)}</desc>' + "".join(parts) + "</svg>"
    )


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}">{_escaped(text)}</text>'


def _escaped(text: str) -> str:
    return escape(text if len(text) <= LONGEST else text[: LONGEST - 1] + "…")


def _line(x: float, y: float, to_x: float, to_y: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{_n(x)}" y1="{_n(y)}" x2="{_n(to_x)}" y2="{_n(to_y)}"/>'


def _x(at: float) -> float:
    return LEFT + at * (WIDTH - LEFT - RIGHT)


def _anchor(at: float) -> str:
    return "start" if at < 0.03 else "end" if at > 0.96 else "middle"  # noqa: PLR2004  nothing leaves the drawing


def _n(number: float) -> str:
    """At most two digits after the point: the same text for the same drawing."""
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
