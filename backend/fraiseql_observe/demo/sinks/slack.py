"""A Slack workspace with one channel: the part of the Web API that posts, edits and replies.

https://docs.slack.dev/reference/methods/chat.postMessage
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from aiohttp import web

from fraiseql_observe.demo.sinks.arrivals import KEPT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from fraiseql_observe.demo.sinks.arrivals import Arrivals

CHANNEL, CHANNEL_NAME = "C0DEMO0ALERTS", "alerts"
TEAM = "T0DEMO"
# What Slack refuses: https://docs.slack.dev/reference/block-kit/blocks
MOST_BLOCKS, LONGEST_HEADER, LONGEST_SECTION, MOST_FIELDS, LONGEST_TEXT = 50, 150, 3000, 10, 40_000

Block = dict[str, Any]


@dataclass
class Posted:
    """A message as the channel shows it now; an attachment is blocks behind a coloured bar.

    Attributes:
        edits: how often it has changed.
        replies: the texts in its thread.
    """

    ts: str
    text: str
    blocks: list[Block]
    attachments: list[dict[str, Any]] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)
    edits: int = 0
    replies: list[str] = field(default_factory=list)

    @property
    def all_blocks(self) -> list[Block]:
        """Its own and those of its attachments, from top to bottom."""
        return [*self.blocks, *_attached(self.attachments)]

    @property
    def headline(self) -> str:
        headers = (block["text"]["text"] for block in self.all_blocks if block.get("type") == "header")
        return next(headers, self.text)

    @property
    def buttons(self) -> list[Block]:
        """The elements of its action blocks, links among them."""
        return [each for block in self.all_blocks if block.get("type") == "actions" for each in block["elements"]]


class Workspace:
    """The state of the channel, and the routes of the Web API on it."""

    prefix: ClassVar[str] = "/slack/api"

    def __init__(self, token: str, arrivals: Arrivals, clock: Callable[[], datetime]) -> None:
        self._authorization = f"Bearer {token}"
        self._arrivals = arrivals
        self._clock = clock
        self._posted = 0
        self.messages: dict[str, Posted] = {}

    def routes(self) -> list[web.RouteDef]:
        methods = {
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "conversations.history": self._history,
        }
        return [web.post(f"{self.prefix}/{name}", self._method(answer)) for name, answer in methods.items()]

    def _method(self, answer: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Any:
        """Slack says 200 for its own errors, and names them in the body."""

        async def handle(request: web.Request) -> web.Response:
            if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), self._authorization.encode()):
                return web.json_response({"ok": False, "error": "invalid_auth"})
            try:
                said = json.loads(await request.read())
            except ValueError:
                return web.json_response({"ok": False, "error": "invalid_json"})
            return web.json_response(answer(said if isinstance(said, dict) else {}))

        return handle

    def _post(self, said: Mapping[str, Any]) -> dict[str, Any]:
        if error := refusal(said):
            return {"ok": False, "error": error}
        if thread := said.get("thread_ts"):
            return self._reply(str(thread), said)
        message = Posted(self._next_ts(), metadata=said.get("metadata") or {}, **_shown(said))
        self.messages[message.ts] = message
        while len(self.messages) > KEPT:
            self.messages.pop(next(iter(self.messages)))
        self._arrivals.add(f"Slack #{CHANNEL_NAME}", "posted", message.headline)
        return {"ok": True, "channel": CHANNEL, "ts": message.ts}

    def _reply(self, thread: str, said: Mapping[str, Any]) -> dict[str, Any]:
        if thread not in self.messages:
            return {"ok": False, "error": "thread_not_found"}
        self.messages[thread].replies.append(text := str(said.get("text", "")))
        self._arrivals.add(f"Slack #{CHANNEL_NAME}", "replied", text)
        return {"ok": True, "channel": CHANNEL, "ts": self._next_ts()}

    def _update(self, said: Mapping[str, Any]) -> dict[str, Any]:
        if error := refusal(said):
            return {"ok": False, "error": error}
        message = self.messages.get(str(said.get("ts")))
        if message is None:
            return {"ok": False, "error": "message_not_found"}
        for name, value in _shown(said).items():
            setattr(message, name, value)
        message.edits += 1
        self._arrivals.add(f"Slack #{CHANNEL_NAME}", "edited", message.headline)
        return {"ok": True, "channel": CHANNEL, "ts": message.ts, "text": message.text}

    def _history(self, said: Mapping[str, Any]) -> dict[str, Any]:
        oldest = float(said.get("oldest") or 0)
        found = [
            {"ts": each.ts, "text": each.text, "metadata": each.metadata}
            for each in reversed(self.messages.values())
            if float(each.ts) >= oldest
        ]
        return {"ok": True, "messages": found[:100], "has_more": False}

    def _next_ts(self) -> str:
        """Slack's name of a message: seconds with six digits, unique in its channel."""
        self._posted += 1
        return f"{int(self._clock().timestamp())}.{self._posted % 1_000_000:06}"


def refusal(said: Mapping[str, Any]) -> str:
    """Return the name of Slack's error, empty when it takes the message."""
    blocks = [*(said.get("blocks") or []), *_attached(said.get("attachments") or [])]
    if said.get("channel") not in {CHANNEL, f"#{CHANNEL_NAME}", CHANNEL_NAME}:
        return "channel_not_found"
    if not said.get("text") and not blocks:
        return "no_text"
    if len(str(said.get("text", ""))) > LONGEST_TEXT:
        return "msg_too_long"
    if len(blocks) > MOST_BLOCKS or not all(isinstance(block, dict) and _is_block(block) for block in blocks):
        return "invalid_blocks"
    return ""


def _shown(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a message shows."""
    return {
        "text": str(said.get("text", "")),
        "blocks": said.get("blocks") or [],
        "attachments": said.get("attachments") or [],
    }


def _attached(attachments: list[dict[str, Any]]) -> list[Block]:
    return [block for each in attachments for block in each.get("blocks") or []]


def _is_block(block: Block) -> bool:
    text = block.get("text")
    length = len(text.get("text", "")) if isinstance(text, dict) else 0
    match block.get("type"):
        case "header":
            return 0 < length <= LONGEST_HEADER
        case "section":
            fields = block.get("fields") or []
            return bool(length or fields) and length <= LONGEST_SECTION and len(fields) <= MOST_FIELDS
        case "actions" | "context":
            return bool(block.get("elements"))
        case kind:
            return kind in {"divider", "image", "rich_text", "markdown"}
