"""From a message to the texts of its blocks: the templates, with what only Slack's know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from fraiseql_observe.incident.model import EventKind
from fraiseql_observe.notify import words
from fraiseql_observe.notify.context import context
from fraiseql_observe.notify.slack.blocks import Texts, icon

if TYPE_CHECKING:
    from fraiseql_observe.incident.message import Message
    from fraiseql_observe.incident.model import Event
    from fraiseql_observe.notify.templates import Templates

TOLD = {
    EventKind.ALERTS_ADDED: ":small_red_triangle:",
    EventKind.ALERTS_RESOLVED: ":small_blue_diamond:",
    EventKind.ACKNOWLEDGED: ":eyes:",
    EventKind.UNACKNOWLEDGED: ":leftwards_arrow_with_hook:",
    EventKind.RESOLVED: ":white_check_mark:",
    EventKind.REOPENED: ":rotating_light:",
    EventKind.SNOOZED: ":zzz:",
    EventKind.WOKEN: ":alarm_clock:",
    EventKind.COMMENTED: ":speech_balloon:",
    EventKind.ESCALATED: ":arrow_up:",
}


def texts(message: Message, templates: Templates) -> Texts:
    """All texts of the incident's one message.

    Raises:
        TemplateError: a built-in template failed.
    """
    notices: list[str] = []
    variables = {**context(message), "icon": Markup(icon(message.incident)), "news": news(message)}  # noqa: S704  ours

    def render(part: str) -> str:
        return templates.render(f"slack/{part}.j2", variables, notices)

    return Texts(
        header=render("header.txt"),
        text=render("text.mrkdwn"),
        body=render("body.mrkdwn"),
        fields=render("fields.mrkdwn"),
        alerts=render("alerts.mrkdwn"),
        notices=tuple(dict.fromkeys(notices)),
    )


def news(message: Message) -> str:
    """The last change, unless the state says as much already."""
    change = message.change
    said = change.kind in {EventKind.ACKNOWLEDGED, EventKind.RESOLVED} and not change.comment
    return "" if said or change.kind not in TOLD or change.kind is EventKind.ESCALATED else words.change(change)


def reply(message: Message, templates: Templates) -> str:
    """What the thread is told: all that happened since the last reply; empty when nothing did."""
    events = tuple(_view(event, message) for event in untold(message))
    if not events:
        return ""
    return templates.render("slack/reply.mrkdwn.j2", {**context(message), "events": events}).strip()


def untold(message: Message) -> list[Event]:
    """The events after the one that the receipt names; only the change itself when the history begins later."""
    history, last = message.history, message.receipt.get("told", "")
    known = [index for index, event in enumerate(history) if event.id and event.id == last]
    since = list(history[known[0] + 1 :]) if known else [message.change]
    return [event for event in since if event.kind in TOLD]


def told(message: Message) -> str:
    """The id of the newest event that the message tells."""
    return message.history[-1].id if message.history else message.change.id


def _view(event: Event, message: Message) -> dict[str, object]:
    return {
        "icon": Markup(TOLD[event.kind]),  # noqa: S704  ours
        "text": words.change(event),
        "time": words.clock(event.at, message.now),
        "kind": event.kind.value,
        "by": event.actor.name,
        "comment": event.comment,
    }
