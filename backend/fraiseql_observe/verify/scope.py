"""The variables that Grafana itself defines for a query: intervals, the range, the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fraiseql_observe.verify.interpolate import Value
from fraiseql_observe.verify.timing import (
    Window,
    exact_interval,
    format_interval,
    interval_for,
    parse_interval,
    parse_moment,
    rate_interval,
    step_for,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from fraiseql_observe.verify.dashboards import Panel

SQL_MIN_INTERVAL = "1m"  # Grafana's SQL data sources never make points narrower, unless the panel says so


def built_in(window: Window, interval: int, rate: int) -> dict[str, Value]:
    """Grafana's own variables; `interval` and `rate` in milliseconds."""
    seconds = round(window.milliseconds / 1000)
    texts = {
        "__interval": format_interval(interval),
        "__interval_ms": interval,
        "__rate_interval": exact_interval(rate),
        "__rate_interval_ms": rate,
        "__range": f"{seconds}s",
        "__range_s": seconds,
        "__range_ms": window.milliseconds,
        "__from": round(window.start.timestamp() * 1000),
        "__to": round(window.end.timestamp() * 1000),
    }
    return {name: Value(str(text), str(text)) for name, text in texts.items()}


def for_prometheus(
    window: Window, points: int, at_least: str, target: str, scrape: str
) -> tuple[dict[str, Value], int]:
    """What a PromQL query of a panel sees, and its step.

    Args:
        window: the panel's range.
        points: how many points the panel shows.
        at_least: the panel's smallest interval, or nothing.
        target: the target's own smallest interval, or nothing; it also takes the scrape interval's place in rates.
        scrape: the data source's scrape interval.
    """
    own = _interval(target)
    low = own or _interval(at_least) or parse_interval(scrape)
    step = step_for(window, points, low)
    rate = rate_interval(interval_for(window, points, low), own or parse_interval(scrape))
    return built_in(window, step, rate), step


def for_postgres(window: Window, points: int, at_least: str) -> dict[str, Value]:
    """What a SQL query of a panel sees."""
    interval = interval_for(window, points, _interval(at_least) or parse_interval(SQL_MIN_INTERVAL))
    # Grafana's SQL data sources define no rate interval.
    return {name: value for name, value in built_in(window, interval, interval).items() if "rate" not in name}


def for_infinity(window: Window, points: int, at_least: str) -> dict[str, Value]:
    """What a target of Infinity sees in the browser."""
    interval = interval_for(window, points, _interval(at_least))
    return {name: value for name, value in built_in(window, interval, interval).items() if "rate" not in name}


def _interval(text: str) -> int:
    """Milliseconds of a setting that may be empty, hold a variable, or carry the old `>` in front."""
    text = text.removeprefix(">").strip()
    return 0 if not text or text.startswith("$") else parse_interval(text)


def panel_window(panel: Panel, window: Window, now: datetime) -> Window:
    """The range of a panel that may look at another span of time, or at an earlier one, than its dashboard."""
    if panel.time_from:
        since = panel.time_from if panel.time_from.startswith("now") else f"now-{panel.time_from}"
        window = Window(parse_moment(since, now), now)
    return window.shifted(parse_interval(panel.time_shift)) if panel.time_shift else window


def repeated(panel: Panel, scope: Mapping[str, Value]) -> dict[str, Value]:
    """The variables as the first copy of a repeated panel sees them: one value instead of several."""
    value = scope.get(panel.repeat)
    if value is None or value.verbatim or not value.values:
        return dict(scope)
    first = value.values[0]
    return {**scope, panel.repeat: Value(first, first, value.multi, value.include_all)}
