"""What a mail says, ready for its templates: the variables of all templates, and some of a mail's own. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fraiseql_observe.incident.model import Action, AlertStatus, EventKind, State
from fraiseql_observe.notify import escape, runbooks, words
from fraiseql_observe.notify.context import context

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fraiseql_observe.incident.message import Links, Message
    from fraiseql_observe.incident.model import Incident
    from fraiseql_observe.notify.context import AlertView, EventView

_CODE = re.compile(r"`([^`]+)`")
ROWS = 20  # alerts in the table
EVENTS, EARLIER = 12, 5
NAMES = 10  # affected operations
LONGEST = {
    "title": 300,
    "status": 300,
    "changed": 500,
    "summary": 1000,
    "description": 2000,
    "value": 80,
    "threshold": 80,
}
NO_TIME = "0 s"
HIDDEN_LABELS = frozenset({"alertname", "severity"})
INTERNAL = frozenset({EventKind.DELIVERED, EventKind.ENRICHED})  # of no interest to whoever reads the mail


@dataclass(frozen=True, slots=True)
class Button:
    text: str
    url: str
    first: bool  # drawn in the colour of the state


@dataclass(frozen=True, slots=True)
class Row:
    """One alert: `where` are the labels that tell it from the others."""

    name: str
    firing: bool
    where: str
    summary: str
    value: str
    since: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a recommended action; `space`: one stands before it (templates trim values)."""

    text: str
    code: bool
    space: bool


def variables(message: Message, *, picture: str = "", rows: int = ROWS) -> dict[str, object]:
    """For `email/subject.txt.j2`, `email/body.txt.j2` and `email/body.html.j2`.

    Args:
        message: what to say.
        picture: the content id of the picture; empty without one.
        rows: how many alerts are listed.
    """
    shared = _cut(context(message))
    incident = message.incident
    actions = _actions(message)
    own = {
        "tone": _tone(incident),
        "label": label(incident),
        "standing": _sentence(str(shared["status"])),
        "news": _news(message, str(shared["changed"])),
        "picture": picture,
        "buttons": tuple(_buttons(message.links, incident)),
        "facts": tuple(_facts(message, shared)),
        "rows": tuple(_row(alert, message, shared) for alert in shared["alerts"][:rows]),
        "omitted": message.omitted + max(0, len(message.alerts) - rows),
        "actions": actions,
        "action_pieces": tuple(tuple(_pieces(action)) for action in actions),
        "timeline": _timeline(shared["history"]),
        "previous": tuple(
            replace(each, resolved_by=escape.plain(each.resolved_by, 80)) for each in shared["previous"][:EARLIER]
        ),
    }
    return shared | own


def _cut(shared: dict[str, Any]) -> dict[str, Any]:
    """No text so long that a mail, or what a template may write, cannot hold it."""
    texts = {key: escape.plain(shared[key], limit, lines=True) for key, limit in LONGEST.items()}
    if texts["summary"] in texts["title"]:
        texts["summary"] = ""  # nothing is said twice
    if texts["description"] in (texts["summary"], texts["title"]):
        texts["description"] = ""
    return shared | texts | {"operations": tuple(escape.plain(name, 80) for name in shared["operations"])}


def label(incident: Incident) -> str:
    """The state, and of what fires the severity: the mark at the beginning of the subject."""
    return (incident.severity.value if incident.state is State.FIRING else incident.state.value).capitalize()


def _news(message: Message, changed: str) -> str:
    """What happened; that its first step was taken is no news to whoever that step tells of the incident."""
    first = message.step == 1 and message.change.kind is EventKind.ESCALATED
    if message.action is Action.TRIGGER and (first or message.change.kind is EventKind.OPENED):
        return "New incident"
    return _sentence(changed)


def _tone(incident: Incident) -> str:
    """Which colours: critical, warning, info, acknowledged or resolved."""
    return incident.severity.value if incident.state is State.FIRING else incident.state.value


def _buttons(links: Links, incident: Incident) -> Iterator[Button]:
    """What can be done from here; the first is what is most likely wanted."""
    wanted = []
    if incident.state is State.FIRING:
        wanted.append(("Acknowledge", links.acknowledge))
    if incident.state is not State.RESOLVED:
        wanted.append(("Resolve", links.resolve))
    wanted += [("View dashboard", links.dashboard), ("Runbook", links.runbook), ("Open incident", links.console)]
    shown = [(text, url) for text, url in wanted if url]
    yield from (Button(text, url, index == 0) for index, (text, url) in enumerate(shown))


def _facts(message: Message, shared: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What is measured: names and values, the empty ones left out."""
    yield from (
        (name, str(shared[key])) for name, key in (("Value", "value"), ("Threshold", "threshold")) if shared[key]
    )
    yield _time(message, str(shared["duration"]))
    users, operations = message.enrichment.users, shared["operations"]
    if users is not None:
        yield "Users impacted", str(users)
    if operations:
        more = len(operations) - NAMES
        yield "Operations", ", ".join(operations[:NAMES]) + (f" and {more} more" if more > 0 else "")
    labels = _labels({**message.incident.common_labels, **message.incident.group_labels})
    if labels:
        yield "Labels", labels


def _time(message: Message, duration: str) -> tuple[str, str]:
    """How long it lasted; while it fires, since when: a mail is read later than it is written."""
    if message.incident.state is State.RESOLVED:
        return "Duration", duration
    since = words.clock(message.incident.opened_at, message.now)
    return "Since", since if duration == NO_TIME else f"{since}, for {duration}"


def _row(alert: AlertView, message: Message, shared: dict[str, Any]) -> Row:
    common = {**message.incident.common_labels, **message.incident.group_labels}
    own = {name: value for name, value in alert.labels.items() if common.get(name) != value}
    began = words.clock(alert.started_at, message.now)
    return Row(
        name=escape.plain(alert.name, 120),
        firing=alert.status == AlertStatus.FIRING,
        where=_labels(own),
        summary=_words(alert, shared),
        value=escape.plain(alert.value, 40),
        since=f"{began}, for {words.duration(alert.ended_at - alert.started_at)}"
        if alert.ended_at
        else f"since {began}",
    )


def _words(alert: AlertView, shared: dict[str, Any]) -> str:
    """What the alert says that the mail does not say above."""
    text = escape.plain(alert.description or alert.summary, LONGEST["description"], lines=True)
    above = (shared["summary"], shared["description"])
    return "" if text in above or text in shared["title"] else escape.plain(text, 300)


def _labels(labels: dict[str, str]) -> str:
    """`name=value` pairs, cut: a label may hold anything."""
    shown = [(name, value) for name, value in sorted(labels.items()) if name not in HIDDEN_LABELS]
    return escape.plain(
        ", ".join(f"{escape.plain(name, 60)}={escape.plain(value, 100)}" for name, value in shown[:12]), 400
    )


def _actions(message: Message) -> tuple[str, ...]:
    """What to do about the first alert, while there is something to do."""
    if message.incident.state is State.RESOLVED or not message.alerts:
        return ()
    return runbooks.actions(message.alerts[0])


def _pieces(action: str) -> Iterator[Piece]:
    before = ""
    for index, text in enumerate(_CODE.split(action)):
        if text.strip():
            yield Piece(text.strip(), code=index % 2 == 1, space=text[0].isspace() or before[-1:].isspace())
        before = text


def _timeline(history: Sequence[EventView]) -> tuple[EventView, ...]:
    events = [event for event in history if event.kind not in INTERNAL]
    return tuple(replace(event, text=_sentence(escape.plain(event.text, 300))) for event in events[-EVENTS:])


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
