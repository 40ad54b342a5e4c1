"""The filters of message templates: those of Jinja whose result is no longer than what they are given, and ours."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jinja2.filters import FILTERS
from markupsafe import Markup

from fraiseql_observe.notify import escape

NAMES = (
    "abs capitalize count d default dictsort e escape first float groupby int items last length list lower map max min "
    "reject rejectattr reverse select selectattr sort string sum title tojson trim truncate unique upper urlencode "
    "wordcount"
)
KEPT = {name: FILTERS[name] for name in NAMES.split()}
DIGITS = 12


def cut(text: object, length: int) -> str:
    """At most that many characters, the last one an ellipsis when something was cut."""
    return escape.shorten(str(text), max(1, int(length)))


def rounded(number: float, digits: int = 0) -> float:
    return round(float(number), max(0, min(int(digits), DIGITS)))


def time(at: datetime | None, form: str = "") -> str:
    """`2026-11-23 12:03 UTC`, with `time("iso")` for machines, empty for none."""
    if at is None:
        return ""
    return at.isoformat() if form == "iso" else f"{at:%Y-%m-%d %H:%M} UTC"


def link(url: object, text: object) -> Markup:
    """A Slack link, or only the text when the URL is not a safe one."""
    return Markup(escape.mrkdwn_link(str(url), text))  # noqa: S704  escaped there


def jsonable(value: Any) -> Any:
    """What `tojson` writes for what JSON does not know."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    return str(value)


OWN: dict[str, Any] = {"cut": cut, "round": rounded, "time": time, "link": link}
