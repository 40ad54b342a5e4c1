"""Incidents, timelines and deliveries as lines for a terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from fraiseql_observe.incident.model import Actor, Event, EventKind
from fraiseql_observe.notify import escape, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

COLOURS = {"critical": "red", "warning": "yellow", "info": "blue", "resolved": "green", "acknowledged": "magenta"}
WIDEST = 60  # characters of a cell


def incidents(found: Sequence[Mapping[str, Any]], now: datetime) -> Iterator[str]:
    """A table: id, severity, state, how long, alerts, title, who."""
    if not found:
        yield "No alerts."
        return
    rows = [("ID", "SEVERITY", "STATE", "FOR", "FIRING", "TITLE", "BY"), *(_row(each, now) for each in found)]
    yield from table(rows)


def _row(one: Mapping[str, Any], now: datetime) -> tuple[str, ...]:
    return (
        str(one["id"]),
        str(one["severity"]),
        str(one["state"]),
        words.duration((_time(one["resolved_at"]) or now) - (_time(one["opened_at"]) or now)),
        f"{one['firing']}/{one['total']}",
        plain(one["title"]),
        plain(one["resolved_by"] or one["acknowledged_by"]),
    )


def detail(one: Mapping[str, Any], now: datetime) -> Iterator[str]:
    """One incident: what it is, its alerts, its timeline, who was told."""
    head = one["alert"]
    yield click.style(plain(head["title"]), bold=True) + f"  {_coloured(head['severity'])}  {_coloured(head['state'])}"
    yield f"{head['id']}, version {head['version']}, opened {_when(head['opened_at'], now)}"
    for name in ("summary", "description"):
        text = plain(head["annotations"].get(name), 500)
        if text and text != plain(head["title"], 500):
            yield text
    yield from _section("Labels", (f"{plain(name)}={plain(value)}" for name, value in head["labels"].items()))
    yield from _section(f"Alerts ({head['firing']} of {head['total']} fire)", map(_alert, one["alerts"][:20]))
    yield from _section("Timeline", (_event(each, now) for each in one["events"]))
    yield from _section("Deliveries", (_delivery(each, now) for each in one["deliveries"]))
    yield from _section("Next", (f"step {each['number']} at {_when(each['due_at'], now)}" for each in one["steps"]))


def deliveries(found: Sequence[Mapping[str, Any]], now: datetime) -> Iterator[str]:
    """A table of deliveries that were given up."""
    if not found:
        yield "No dead letters."
        return
    rows = [("ID", "ALERT", "DESTINATION", "SAYS", "STATE", "TRIES", "SINCE", "WHY")]
    for each in found:
        since = _when(each["finished_at"] or each["created_at"], now)
        why = plain(each["detail"] or each["reason"])
        rows.append(
            (each["id"], each["alert_id"], plain(each["destination"]), each["action"], each["state"],
             str(each["tries"]), since, why)
        )  # fmt: skip
    yield from table(rows)


def table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Columns as wide as their widest cell; the first row is the head."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def plain(text: object, limit: int = WIDEST) -> str:
    """Text from outside, harmless on a terminal."""
    return escape.plain(text or "", limit)


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    indented = [f"  {line}" for line in lines]
    if indented:
        yield ""
        yield click.style(title, bold=True)
        yield from indented


def _alert(one: Mapping[str, Any]) -> str:
    labels = ", ".join(f"{name}={value}" for name, value in sorted(one["labels"].items()) if name != "alertname")
    return f"{one['status']:<9} {plain(one['name'])}  {plain(labels, 100)}"


def _event(one: Mapping[str, Any], now: datetime) -> str:
    actor = Actor(one["actor"]["name"], one["actor"]["source"])
    event = Event("", _time(one["at"]) or now, EventKind(one["kind"]), actor, one["comment"], one["data"])
    by = f" ({actor.source})" if actor.source in words.PEOPLE else ""
    return f"{_when(one['at'], now)}  {plain(words.change(event), 400)}{by}"


def _delivery(one: Mapping[str, Any], now: datetime) -> str:
    why = f": {plain(one['detail'], 200)}" if one["detail"] else ""
    when = _when(one["finished_at"] or one["due_at"], now)
    return f"{one['state']:<10} {one['action']} to {plain(one['destination'])}, tries: {one['tries']}, {when}{why}"


def _coloured(word: str) -> str:
    return click.style(word, fg=COLOURS.get(word))


def _when(text: str | None, now: datetime) -> str:
    at = _time(text)
    return words.clock(at, now) if at else "-"


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
