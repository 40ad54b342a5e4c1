"""How a value of an answer is written in a table. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from fraiseql_observe.notify import escape
from fraiseql_observe.notify.units import digits, readable

if TYPE_CHECKING:
    from fraiseql_observe.audit.answer import Value
    from fraiseql_observe.audit.question import Column
    from fraiseql_observe.report.material import Answered

LONGEST = 200  # characters of a text
LONG_WORD = 26  # characters; a longer one may be broken in two, so that it does not push the others off the page
SENTENCE = 36
FINGERPRINT = 13  # characters: enough to tell one from another, and the data has it whole
NOTHING = "\u2013"
# What a Grafana unit is to `readable`.
UNITS = {"s": "seconds", "percentunit": "ratio"}
_THIN = "\u202f"
ALIKE = frozenset({"source"})
# A mark beside each word, so that no colour need be seen.
VERDICTS = {"ok": "\u2713", "warning": "!", "violation": "\u2717"}
CHAINS = {"verified": "ok", "partly": "warning", "broken": "violation"}


@dataclass(frozen=True, slots=True)
class Cell:
    """A text to be escaped, and the class of its look; `cut` says that the value is longer."""

    text: str
    kind: str = ""
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The columns worth a column, each a title and a class, and the rows.

    `bare` are the titles of columns without any value, `alike` those of columns with one value for all rows, beside it.
    """

    head: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Cell, ...], ...]
    bare: tuple[str, ...] = ()
    alike: tuple[tuple[str, str], ...] = ()

    @property
    def cut(self) -> int:
        """How many texts are not whole."""
        return sum(cell.cut for row in self.rows for cell in row)


def table(answered: Answered) -> Table:
    """The rows of an answer."""
    columns = answered.question.columns
    values = [{row[place] for row in answered.rows} - {None, ""} for place in range(len(columns))]
    alike = [place for place, column in enumerate(columns) if column.name in ALIKE and len(values[place]) == 1]
    kept = [place for place in range(len(columns)) if values[place] and place not in alike]
    return Table(
        tuple((_title(columns[place]), _kind(columns[place])) for place in kept),
        tuple(tuple(cell(row[place], columns[place]) for place in kept) for row in answered.rows),
        tuple(column.title for place, column in enumerate(columns) if not values[place]),
        tuple((columns[place].title, escape.plain(next(iter(values[place])), LONGEST)) for place in alike),
    )


def cell(value: Value, column: Column) -> Cell:
    if value is None or value == "":
        return Cell(NOTHING, "none")
    if column.type == "time":
        return Cell(_moment(str(value)), "time")
    if column.type == "number" and isinstance(value, int | float):
        return Cell(_number(float(value), column.unit), "number")
    if column.name == "status" and value in VERDICTS:
        return Cell(str(value), f"verdict {value}")
    if column.name == "fingerprint":
        return Cell(escape.plain(value, FINGERPRINT))
    text = escape.plain(value, LONGEST)
    return Cell(text or NOTHING, _width(text), cut=len(str(value)) > LONGEST)


def _width(text: str) -> str:
    """How much room a text wants: words that may be broken, or a sentence."""
    if any(len(word) > LONG_WORD for word in text.split()):
        return "long"
    return "sentence" if len(text) > SENTENCE else ""


def grouped(value: float) -> str:
    """A whole number with its thousands apart."""
    return f"{value:,.0f}".replace(",", _THIN)


def _number(value: float, unit: str) -> str:
    if unit in UNITS:
        return readable(value, UNITS[unit])
    if unit == "ms":
        return readable(value / 1000, "seconds")
    return grouped(value) if value == int(value) else digits(value) if value > 0 else f"-{digits(-value)}"


def _moment(text: str) -> str:
    try:
        return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S}"
    except ValueError:
        return escape.plain(text, LONGEST)


def _title(column: Column) -> str:
    return f"{column.title} (UTC)" if column.type == "time" else column.title


def _kind(column: Column) -> str:
    return column.type if column.type in ("number", "time") else ""
