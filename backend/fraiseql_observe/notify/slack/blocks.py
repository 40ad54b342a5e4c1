"""A message for Slack, in Block Kit: pure, within Slack's limits whatever the templates gave.

The header stands above a coloured attachment that holds the rest: only attachments have a colour bar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fraiseql_observe.incident.model import Severity, State
from fraiseql_observe.notify import escape, words
from fraiseql_observe.notify.slack import limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fraiseql_observe.incident.message import Message
    from fraiseql_observe.incident.model import Incident

Block = dict[str, Any]

COLOURS = {Severity.CRITICAL: "#d32f2f", Severity.WARNING: "#f2a600", Severity.INFO: "#2f80ed"}
ACKNOWLEDGED = "#8d6cab"
RESOLVED = "#2e9e5b"
ICONS = {
    Severity.CRITICAL: ":red_circle:",
    Severity.WARNING: ":large_orange_circle:",
    Severity.INFO: ":large_blue_circle:",
}
PREFIX = "fraiseql_observe."
ACKNOWLEDGE = PREFIX + "acknowledge"
RESOLVE = PREFIX + "resolve"
LOOK = PREFIX + "look."  # link buttons: Slack reports their clicks too
FIELD = 400  # of Slack's 2000, so that ten of them leave room for the rest
BODY = 2500
FALLBACK = 1000  # for clients that show no blocks
_LEFT_OUT = "… (the list of alerts is too long to be shown here)"


@dataclass(frozen=True, slots=True)
class Texts:
    """What the templates gave; `fields` are its paragraphs."""

    header: str
    text: str
    body: str
    fields: str = ""
    alerts: str = ""
    notices: tuple[str, ...] = ()


def icon(incident: Incident) -> str:
    """The emoji of its state, or of its severity while it fires."""
    if incident.state is State.RESOLVED:
        return ":white_check_mark:"
    return ":eyes:" if incident.state is State.ACKNOWLEDGED else ICONS[incident.severity]


def colour(incident: Incident) -> str:
    if incident.state is State.RESOLVED:
        return RESOLVED
    return ACKNOWLEDGED if incident.state is State.ACKNOWLEDGED else COLOURS[incident.severity]


def payload(message: Message, texts: Texts, *, buttons: bool, mention: str = "") -> dict[str, Any]:
    """The `text`, `blocks` and `attachments` of one message.

    Args:
        message: what is told.
        texts: what the templates made of it.
        buttons: clicks come back to us, so that Acknowledge and Resolve make sense.
        mention: whom it calls, as in the configuration; empty for nobody.
    """
    poorer = replace(texts, alerts=_LEFT_OUT)
    for shown in (texts, poorer, replace(poorer, fields="")):
        made = _payload(message, shown, buttons=buttons, mention=mention)
        if _characters([made["blocks"], made["attachments"]]) <= limits.SUM:
            break
    return made


def _payload(message: Message, texts: Texts, *, buttons: bool, mention: str) -> dict[str, Any]:
    above = [_header(texts.header), *([_section(called(mention))] if mention else [])]
    below = [
        _section(texts.body, BODY),
        *_fields(texts.fields),
        *([_section(texts.alerts, BODY)] if texts.alerts.strip() else []),
        *_actions(message, buttons=buttons),
        _context(message, texts.notices),
    ]
    text = texts.text.strip()
    attachment = {"color": colour(message.incident), "fallback": limits.cut(text, FALLBACK), "blocks": below}
    return {"text": limits.cut(text, limits.TEXT), "blocks": above, "attachments": [attachment]}


def text_only(message: Message, texts: Texts, *, mention: str = "") -> dict[str, Any]:
    """What is sent when Slack refuses the blocks: less beautiful, but told."""
    first = limits.cut(texts.text.strip(), FALLBACK)
    parts = [called(mention) if mention else "", first, *_link_texts(message), texts.body.strip()]
    return {"text": limits.cut("\n".join(filter(None, parts)), limits.TEXT), "blocks": [], "attachments": []}


def reply(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A reply in the thread, and the same as text alone."""
    shown = limits.cut(text, limits.SECTION)
    return {"text": shown, "blocks": [_section(shown)]}, {"text": shown}


def called(mention: str) -> str:
    """`<!here>`, `<@U…>`, `<!subteam^S…>`."""
    if mention in {"here", "channel", "everyone"}:
        return f"<!{mention}>"
    return f"<!subteam^{mention}>" if mention.startswith("S") else f"<@{mention}>"


def _header(text: str) -> Block:
    line = escape.shorten(" ".join(text.split()), limits.HEADER) or "Alert"
    return {"type": "header", "text": {"type": "plain_text", "text": line, "emoji": True}}


def _section(text: str, limit: int = limits.SECTION) -> Block:
    return {"type": "section", "text": _mrkdwn(text, limit)}


def _mrkdwn(text: str, limit: int) -> Block:
    # `verbatim`: Slack makes no links of its own from names and addresses in the text.
    return {"type": "mrkdwn", "text": limits.cut(text.strip(), limit) or "-", "verbatim": True}


def _fields(text: str) -> list[Block]:
    paragraphs = [part for part in re.split(r"\n\s*\n", text) if part.strip()]
    if more := max(0, len(paragraphs) - limits.FIELDS):
        paragraphs = [*paragraphs[: limits.FIELDS - 1], f"… ({more + 1} more fields)"]
    return [{"type": "section", "fields": [_mrkdwn(part, FIELD) for part in paragraphs]}] if paragraphs else []


def _actions(message: Message, *, buttons: bool) -> list[Block]:
    elements = [_link(name, url) for name, url in _links(message)] if buttons else []
    if buttons:
        elements += _verbs(message.incident)
    if elements:
        return [{"type": "actions", "block_id": f"{PREFIX}actions", "elements": elements}]
    links = _link_texts(message)
    return [_section(" · ".join(links))] if links else []


def _verbs(incident: Incident) -> list[Block]:
    if incident.state is State.RESOLVED:
        return []
    value = f"{incident.id}:{incident.version}"
    resolve = _button("Resolve", RESOLVE, value=value, confirm=_confirm())
    if incident.state is State.ACKNOWLEDGED:
        return [resolve]
    return [_button("Acknowledge", ACKNOWLEDGE, value=value, style="primary"), resolve]


def _links(message: Message) -> list[tuple[str, str]]:
    """Slack refuses the whole message for one malformed URL."""
    links = message.links
    named = (("View dashboard", links.dashboard), ("Runbook", links.runbook), ("Open incident", links.console))
    return [(name, safe) for name, url in named if (safe := escape.url(url))]


def _link_texts(message: Message) -> list[str]:
    return [escape.mrkdwn_link(url, name) for name, url in _links(message)]


def _link(name: str, url: str) -> Block:
    return _button(name, LOOK + name.lower().replace(" ", "_"), url=url)


def _button(text: str, action: str, **more: Any) -> Block:
    return {"type": "button", "text": {"type": "plain_text", "text": text}, "action_id": action, **more}


def _confirm() -> Block:
    said = "It counts as over for everybody who was told. A new alert opens it again."
    return {
        "title": {"type": "plain_text", "text": "Resolve this incident?"},
        "text": {"type": "plain_text", "text": said},
        "confirm": {"type": "plain_text", "text": "Resolve"},
        "deny": {"type": "plain_text", "text": "Cancel"},
    }


def _context(message: Message, notices: Sequence[str]) -> Block:
    incident = message.incident
    stands = escape.mrkdwn(words.state(incident, message.now), 400)
    lines = [f"{stands} · `{incident.id}`", *(escape.mrkdwn(each, 300) for each in notices)]
    elements = [_mrkdwn(line, 600) for line in lines[: limits.CONTEXT]]
    return {"type": "context", "elements": elements}


def _characters(part: Any) -> int:
    """All texts and URLs: Slack does not say what it counts, so everything counts."""
    if isinstance(part, dict):
        return sum(_characters(value) for key, value in part.items() if key not in {"type", "action_id", "block_id"})
    if isinstance(part, list):
        return sum(map(_characters, part))
    return len(part) if isinstance(part, str) else 0
