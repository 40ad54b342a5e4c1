"""From answers to drawings, and to the few figures beside them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from fraiseql_observe.notify import escape
from fraiseql_observe.notify.units import readable
from fraiseql_observe.report import period, svg
from fraiseql_observe.report.cells import UNITS, grouped

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from fraiseql_observe.audit.answer import Value
    from fraiseql_observe.report.contents import Drawing
    from fraiseql_observe.report.material import Answered, Head

MOST_SERIES = 8
RANKED = 10
LABEL = 48  # characters beside a bar
NAME = 60


@dataclass(frozen=True, slots=True)
class Series:
    """One column or metric over time: its values by moment; `total` is their sum, where that says something."""

    name: str
    unit: str
    key: str
    values: tuple[tuple[datetime, float], ...]
    total: float | None = None

    @property
    def highest(self) -> tuple[datetime, float]:
        """When it was highest, the first time, and how high."""
        return max(self.values, key=lambda each: each[1])

    @property
    def words(self) -> tuple[str, str, str]:
        """The total, the highest value and its moment as they are written; the total may be empty."""
        at, highest = self.highest
        total = "" if self.total is None else grouped(self.total)
        shown = readable(highest, self.unit) if self.unit or highest != int(highest) else grouped(highest)
        return total, shown, f"{at:%Y-%m-%d %H:%M}"


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing with what it shows in numbers: a head of names, and a line of texts for each series."""

    drawing: str
    caption: str
    head: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    left_out: int = 0


def over_time(answered: Answered, drawing: Drawing, head: Head) -> Figure:
    """The answer to a question over time, drawn; it has at least one value."""
    every = series(answered, drawing)
    shown = every[:MOST_SERIES]
    asked = period.length(answered.parameters["bucket"])
    width = period.step([at for each in every for at, _ in each.values], asked)
    counts = drawing.kind == "columns"
    said = svg.Described(answered.question.name, answered.question.title, "; ".join(map(_sentence, shown)))
    rows = [_row(each, head, width, drawing) for each in shown]
    ticks = [(_place(at, head), text) for at, text in period.ticks(head.start, head.end)]
    drawn = svg.columns(said, rows, ticks) if counts else svg.lines(said, rows, ticks)
    one = f"Each {'column' if counts else 'point'} is one interval of {period.named(width)}, in UTC."
    return Figure(
        drawn,
        f"{one} Each row has a scale of its own.",
        ("Series", *(["In all"] if counts else []), "Highest", "Highest in the interval from (UTC)"),
        tuple((each.name, *(each.words if counts else each.words[1:])) for each in shown),
        len(every) - len(shown),
    )


def ranking(answered: Answered, label: str, value: str) -> str:
    """The first rows as bars, ranked as the question ranked them; the column `message` says more where there is one."""
    columns = {column.name: column for column in answered.question.columns}
    names, values = answered.column(label), answered.column(value)
    messages = answered.column("message") if "message" in columns else [None] * len(names)
    ranked = [
        (_label(place, name, message), _number(number), grouped(_number(number)))
        for place, (name, message, number) in enumerate(zip(names, messages, values, strict=True), 1)
    ][:RANKED]
    text = "; ".join(f"{name}: {number}" for name, _, number in ranked)
    title = f"{answered.question.title}: {columns[value].title}"
    return svg.bars(svg.Described(answered.question.name, title, text), ranked)


def series(answered: Answered, drawing: Drawing) -> list[Series]:
    """The columns, or the values of the column `metric`, in the question's order; those without a value are left."""
    columns = {column.name: column for column in answered.question.columns}
    times = [datetime.fromisoformat(str(text)) for text in answered.column("time")]
    if "metric" not in columns:
        found = [
            _series((column.title, name), column.unit, times, answered.column(name), drawing)
            for name, column in columns.items()
            if name != "time"
        ]
        return [each for each in found if each.values]
    grouped_rows: dict[str, list[tuple[datetime, Value]]] = {}
    for at, name, value in zip(times, answered.column("metric"), answered.column("value"), strict=True):
        grouped_rows.setdefault(str(name), []).append((at, value))
    found = [
        _series((name, name), columns["value"].unit, [at for at, _ in rows], [value for _, value in rows], drawing)
        for name, rows in grouped_rows.items()
    ]
    return [each for each in found if each.values]


def _series(
    names: tuple[str, str], unit: str, times: Sequence[datetime], values: Sequence[Value], drawing: Drawing
) -> Series:
    title, key = names
    kept = tuple((at, float(value)) for at, value in zip(times, values, strict=True) if isinstance(value, int | float))
    summed = drawing.kind == "columns" and key not in drawing.distinct
    total = sum(value for _, value in kept) if summed else None
    return Series(escape.plain(title, NAME), UNITS.get(unit, ""), key, kept, total)


def _row(one: Series, head: Head, width: timedelta, drawing: Drawing) -> svg.Row:
    share = width / (head.end - head.start)
    # A value of an interval stands for all of it: a line goes through its middle.
    shift = 0.0 if drawing.kind == "columns" else share / 2
    limited = drawing.limit is not None and one.key == drawing.limited
    total, highest, _ = one.words
    return svg.Row(
        name=one.name,
        note=f"{total} in all, highest {highest}" if total else f"highest {highest}",
        points=[(min(_place(at, head) + shift, 1), value) for at, value in one.values],
        top=readable(svg.scale(one.highest[1]), one.unit),
        width=share,
        limit=drawing.limit if limited else None,
        limit_text=f"limit {readable(drawing.limit or 0, one.unit)}" if limited else "",
    )


def _sentence(one: Series) -> str:
    total, highest, at = one.words
    return f"{one.name}: {f'{total} in all, ' if total else ''}highest {highest} in the interval from {at} UTC"


def _place(at: datetime, head: Head) -> float:
    return (at - head.start) / (head.end - head.start)


def _label(place: int, name: Value, message: Value) -> str:
    return escape.plain(f"{place}. {name}: {message}" if message else f"{place}. {name}", LABEL)


def _number(value: Value) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
