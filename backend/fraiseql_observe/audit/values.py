"""What a caller may give for the parameters of a question: texts, read strictly into typed and bounded values. Pure.

Whatever passes here is a value PostgreSQL accepts for the parameter's type: no text of a caller becomes an SQL error.
"""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from fraiseql_observe.errors import AskError, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from fraiseql_observe.audit.question import Parameter, Question

LONGEST_TEXT = 1024  # characters
LONGEST_TENANT = 256
LONGEST_LIST = 1000
POINTS = 11_000  # steps of a time series, Prometheus' own bound
DRAWN = 200  # steps when nobody says how many
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
LONGEST_INTERVAL = timedelta(days=3660)
_WHOLE = re.compile(r"-?[0-9]{1,19}")
_MILLISECONDS = re.compile(r"[0-9]{1,13}")
_NUMBER = re.compile(r"-?[0-9]{1,300}(\.[0-9]{1,300})?([eE][+-]?[0-9]{1,3})?")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31_536_000}
# As Grafana writes $__interval.
_INTERVAL = re.compile(r"([0-9]{1,9})(ms|[smhdwy])")
_AGO = re.compile(r"now(?:-([0-9]{1,9})(ms|[smhdwy]))?")
_INTEGERS = {"integer": 31, "bigint": 63}


@dataclass(frozen=True, slots=True)
class Bounds:
    """`longest_range` from `from` to `to`; a range that ends later than `freshness` ago is put on a grid of that step.

    The grid lets viewers of one dashboard, each a moment later than the other, ask the same question.
    """

    longest_range: timedelta = timedelta(days=366)
    freshness: timedelta = timedelta(0)


def read(question: Question, given: Mapping[str, Sequence[str]], now: datetime, bounds: Bounds) -> dict[str, Any]:
    """The value of every parameter of `question`; `tenants` is None when nobody named any.

    Raises:
        AskError: 400 with every parameter that is unknown, missing, repeated, malformed or out of its bounds; 413 when
            the range of time is longer than allowed.
    """
    known = question.parameters
    problems = [_unknown(name, known) for name in given if name not in known]
    values: dict[str, Any] = {}
    for name, parameter in known.items():
        try:
            values[name] = _value(parameter, [text for text in given.get(name, ()) if text], now)
        except ValueError as error:
            problems.append(f"{name}: {error}")
    if not problems:
        problems += _relations(values, known)
    if problems:
        raise refused(problems)
    _check_range(values, bounds)
    return _on_grid(values, now, bounds.freshness)


def refused(problems: Sequence[str], *, status: int = 400) -> AskError:
    one = len(problems) == 1
    sentence = problems[0] if one else f"{len(problems)} things are wrong with the parameters."
    return AskError(sentence, status=status, outcome=Outcome.REFUSED, problems=problems)


def _unknown(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name[:60], known, n=1)
    return f"{name[:60]!r}: is unknown" + (f"; did you mean {near[0]}?" if near else "")


def _value(parameter: Parameter, texts: Sequence[str], now: datetime) -> Any:
    if parameter.type == "text[]":
        return _texts(texts) if texts else _default(parameter)
    if len(texts) > 1:
        raise ValueError(f"is given {len(texts)} times")
    if not texts:
        return _default(parameter)
    value = moment(texts[0], now) if parameter.type == "timestamptz" else _READERS[parameter.type](texts[0])
    return _within(parameter, value)


def _default(parameter: Parameter) -> Any:
    """`tenants` and `bucket` are derived from what else is known; a default was written by who wrote the question."""
    if parameter.name in ("tenants", "bucket"):
        return None
    if parameter.default is None:
        raise ValueError("is missing")
    return parameter.default


def _within(parameter: Parameter, value: Any) -> Any:
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return value
    least, most = parameter.minimum, parameter.maximum
    if (least is not None and seconds < least) or (most is not None and seconds > most):
        raise ValueError(f"is not from {'anything' if least is None else least} to {'any' if most is None else most}")
    return value


def _text(text: str, longest: int = LONGEST_TEXT) -> str:
    if len(text) > longest:
        raise ValueError(f"is longer than {longest} characters")
    if "\0" in text:
        raise ValueError("holds a zero byte")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("is no Unicode text")
    return text


def _texts(texts: Sequence[str]) -> list[str] | None:
    """A JSON list, or words between commas, or the parameter repeated."""
    items: Any = list(texts)
    if len(texts) == 1 and texts[0].startswith("["):
        items = _json_list(texts[0])
    elif len(texts) == 1:
        items = [item for item in texts[0].split(",") if item]
    if len(items) > LONGEST_LIST:
        raise ValueError(f"is a list of more than {LONGEST_LIST}")
    return list(dict.fromkeys(_text(item, LONGEST_TENANT) for item in items)) or None


def _json_list(text: str) -> list[str]:
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError('is no JSON list such as ["acme","globex"]') from None
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError('is no JSON list such as ["acme","globex"]')
    return items


def _integer(bits: int) -> Callable[[str], int]:
    def read_integer(text: str) -> int:
        if not _WHOLE.fullmatch(text) or not -(2**bits) <= int(text) < 2**bits:
            raise ValueError(f"is not a whole number of {bits + 1} bits")
        return int(text)

    return read_integer


def _number(text: str) -> float:
    value = float(text) if _NUMBER.fullmatch(text) else float("inf")
    if abs(value) == float("inf"):
        raise ValueError("is not a number such as 2.5")
    return value


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("is not true or false")
    return text == "true"


def _interval(text: str) -> timedelta:
    found = _INTERVAL.fullmatch(text)
    seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
    if not 0 < seconds <= LONGEST_INTERVAL.total_seconds():
        raise ValueError("is not an interval such as 30s, 5m or 1h, of ten years at most")
    return timedelta(seconds=seconds)


def moment(text: str, now: datetime) -> datetime:
    """RFC 3339 with its zone, milliseconds since the epoch, or now-6h."""
    at = _ago(text, now) if text.startswith("now") else _absolute(text)
    if at is None or not EARLIEST <= at < LATEST:
        raise ValueError("is not a time such as 2026-11-23T09:30:00Z, now or now-6h, from 1970 to 2199")
    return at


def _ago(text: str, now: datetime) -> datetime | None:
    found = _AGO.fullmatch(text)
    if found is None:
        return None
    seconds = int(found[1]) * _SECONDS[found[2]] if found[1] else 0
    return now - timedelta(seconds=seconds) if seconds < now.timestamp() else None


def _absolute(text: str) -> datetime | None:
    if _MILLISECONDS.fullmatch(text):
        return EARLIEST + timedelta(milliseconds=int(text))
    try:
        # An address that was not percent-encoded turns the plus of a zone into a blank.
        moment = datetime.fromisoformat(text.replace(" ", "+")) if "T" in text and text.isascii() else None
        return moment.astimezone(UTC) if moment and moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


_READERS: Mapping[str, Callable[[str], Any]] = {
    "text": _text,
    "interval": _interval,
    "double precision": _number,
    "boolean": _truth,
    **{name: _integer(bits) for name, bits in _INTEGERS.items()},
}


def _relations(values: dict[str, Any], known: Mapping[str, Parameter]) -> list[str]:
    """What must fit between parameters; gives `bucket` its value when nobody did."""
    start, end = values.get("from"), values.get("to")
    if start is None or end is None:
        return ["bucket: is missing"] if "bucket" in known and values["bucket"] is None else []
    if start > end:
        return ["from: is later than to"]
    if "bucket" not in known:
        return []
    if values["bucket"] is None:
        values["bucket"] = max(timedelta(seconds=1), timedelta(seconds=round((end - start).total_seconds() / DRAWN)))
    if (end - start) / values["bucket"] > POINTS:
        return [f"bucket: is too short, the range holds more than {POINTS} of it"]
    return []


def _check_range(values: Mapping[str, Any], bounds: Bounds) -> None:
    if "from" in values and "to" in values and values["to"] - values["from"] > bounds.longest_range:
        days = bounds.longest_range / timedelta(days=1)
        raise refused([f"to: is more than {days:g} days after from, which is the longest range here"], status=413)


def _on_grid(values: dict[str, Any], now: datetime, step: timedelta) -> dict[str, Any]:
    """Times of a range that ends about now, moved back to the grid; others stay as they are."""
    if not step or "to" not in values or values["to"] <= now - step:
        return values
    return values | {
        name: value - (value - EARLIEST) % step for name, value in values.items() if name in ("from", "to")
    }
