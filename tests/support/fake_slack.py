"""A server shaped like Slack: keeps messages, edits and threads, refuses what Slack refuses, and fails as told.

Every request is held against the block models of Slack's own SDK. `async with SlackServer() as slack:` gives
`slack.api_url` and `slack.webhook_url` for a destination, `slack.channel("C1")` for what stands there, and
`slack.click(...)` for the signed request that a press of a button makes.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Self
from urllib.parse import urlencode

from aiohttp import web
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.signature import SignatureVerifier

TOKEN = "xoxb-test-token"
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TEAM = "T0TEAM"
NAMES = {"alerts": "C0ALERTS"}  # Slack resolves names for posting, and only for that
BLOCKS, CHARACTERS, TEXT = 50, 13_200, 40_000


@dataclass
class Posted:
    """One message as it stands."""

    channel: str
    ts: str
    body: dict[str, Any]
    edits: list[dict[str, Any]] = field(default_factory=list)
    replies: list[Posted] = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.body.get("text", "")

    @property
    def blocks(self) -> list[dict[str, Any]]:
        attached = (block for each in self.body.get("attachments", ()) for block in each.get("blocks", ()))
        return [*self.body.get("blocks", ()), *attached]

    def buttons(self) -> dict[str, dict[str, Any]]:
        """The buttons by their words."""
        rows = (block["elements"] for block in self.blocks if block["type"] == "actions")
        return {button["text"]["text"]: button for row in rows for button in row}

    def words(self) -> str:
        """Everything that a person reads."""
        return "\n".join(_texts({"blocks": self.blocks})) or self.text


@dataclass(frozen=True)
class Failure:
    """What to do instead of the work; `after_work` does the work first, as Slack's internal_error may."""

    error: str = ""
    status: int = 200
    retry_after: str = ""
    raw: bytes | None = None
    hang: float = 0
    reset: bool = False
    after_work: bool = False


class SlackServer:
    """See the module."""

    def __init__(self, *, port: int = 0) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.hooked: list[dict[str, Any]] = []
        self.answers: list[dict[str, Any]] = []  # sent to response_url
        self.messages: dict[str, dict[str, Posted]] = defaultdict(dict)
        self.refused: list[str] = []
        self._failures: dict[str, deque[Failure]] = defaultdict(deque)
        self._stamps = count(1)
        self._port = port

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.router.add_post("/api/{method}", self._api)
        app.router.add_post("/services/{path:.*}", self._hook)
        app.router.add_post("/actions/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.api_url, self.webhook_url = f"{self.url}/api", f"{self.url}/services/T0/B0/secret"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def fail(self, method: str, *failures: Failure) -> None:
        """The next calls of a method (`webhook` for the incoming webhook) go wrong, in that order."""
        self._failures[method].extend(failures)

    def channel(self, name: str) -> list[Posted]:
        """The messages of a channel that are no replies, oldest first."""
        return [each for each in self.messages[name].values() if "thread_ts" not in each.body]

    def methods(self) -> list[str]:
        return [method for method, _ in self.calls]

    def click(
        self, message: Posted, button: str, *, user: str = "U0ADA", name: str = "ada", **more: Any
    ) -> tuple[dict[str, str], bytes]:
        """Headers and body of the request that Slack sends when somebody presses the button."""
        pressed = message.buttons()[button]
        payload = {
            "type": "block_actions",
            "user": {"id": user, "username": name, "team_id": TEAM},
            "team": {"id": TEAM, "domain": "acme"},
            "channel": {"id": message.channel, "name": "alerts"},
            "container": {"type": "message", "message_ts": message.ts, "channel_id": message.channel},
            "message": {**message.body, "ts": message.ts},
            "actions": [
                {
                    "type": "button",
                    "action_id": pressed["action_id"],
                    "block_id": "x",
                    "value": pressed.get("value", ""),
                    "text": pressed["text"],
                    "action_ts": "1700000000.1",
                }
            ],
            "response_url": f"{self.url}/actions/{TEAM}/1/x",
            "trigger_id": "1.2.x",
            **more,
        }
        return signed(urlencode({"payload": json.dumps(payload)}).encode())

    # What the server does

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        reads = method.startswith("conversations.")  # these take no JSON
        body = dict(await request.post()) if reads else await request.json()
        self.calls.append((method, body))
        if (failure := self._next(method)) is not None:
            if failure.after_work:
                self._work(method, body)
            return await _fail(request, failure)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _error("invalid_auth")
        if problem := check(body):
            self.refused.append(problem)
            return _error(problem.split(":")[0], problem)
        return self._work(method, body)

    def _work(self, method: str, body: dict[str, Any]) -> web.Response:
        work = {
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "conversations.history": self._history,
            "conversations.replies": self._history,
        }
        return work[method](body) if method in work else _error("unknown_method")

    def _post(self, body: dict[str, Any]) -> web.Response:
        channel = NAMES.get(body["channel"].lstrip("#"), body["channel"])
        if not channel.startswith("C"):
            return _error("channel_not_found")
        if not body.get("text") and not body.get("blocks"):
            return _error("no_text")
        posted = Posted(channel, f"{int(time.time())}.{next(self._stamps):06d}", body)
        if thread := body.get("thread_ts"):
            if thread not in self.messages[channel]:
                return _error("thread_not_found")
            self.messages[channel][thread].replies.append(posted)
        self.messages[channel][posted.ts] = posted
        return web.json_response({"ok": True, "channel": channel, "ts": posted.ts, "message": body})

    def _update(self, body: dict[str, Any]) -> web.Response:
        if body["channel"] not in self.messages:  # a name is not resolved here
            return _error("channel_not_found")
        message = self.messages[body["channel"]].get(body["ts"])
        if message is None:
            return _error("message_not_found")
        message.edits.append(message.body)
        kept = {} if "text" in body else {key: message.body.get(key) for key in ("blocks", "attachments")}
        message.body = {**kept, **body}
        return web.json_response({"ok": True, "channel": body["channel"], "ts": body["ts"], "text": body.get("text")})

    def _history(self, body: dict[str, Any]) -> web.Response:
        thread = body.get("ts")
        if body.get("channel") not in self.messages:
            return _error("channel_not_found")
        found = [
            {"ts": each.ts, "text": each.text, "metadata": each.body.get("metadata", {})}
            for each in self.messages[body["channel"]].values()
            if each.body.get("thread_ts") == thread
        ]
        return web.json_response({"ok": True, "messages": found})

    async def _hook(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.calls.append(("webhook", body))
        if (failure := self._next("webhook")) is not None:
            return await _fail(request, failure)
        if problem := check(body):
            self.refused.append(problem)
            return web.Response(status=400, text=problem.split(":")[0])
        self.hooked.append(body)
        return web.Response(text="ok")

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.answers.append(await request.json())
        return web.Response(text="ok")

    def _next(self, method: str) -> Failure | None:
        waiting = self._failures[method]
        return waiting.popleft() if waiting else None


def signed(body: bytes, *, secret: str = SECRET, now: float | None = None) -> tuple[dict[str, str], bytes]:
    """A body with the headers that Slack signs it with, made by Slack's own SDK."""
    stamp = str(int(time.time() if now is None else now))
    signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body)
    headers = {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature or "",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return headers, body


def check(body: dict[str, Any]) -> str:
    """Why Slack would refuse it, as `invalid_blocks: why`; empty when it would not."""
    attached = [each for attachment in body.get("attachments") or () for each in attachment.get("blocks") or ()]
    blocks = [*(body.get("blocks") or ()), *attached]
    try:
        for block in Block.parse_all(blocks):
            if block is None:
                return "invalid_blocks: unknown type"
            block.to_dict()
    except (SlackObjectFormationError, TypeError, KeyError) as error:
        return f"invalid_blocks: {error}"
    if problem := next(filter(None, map(_problem, blocks)), ""):
        return f"invalid_blocks: {problem}"
    if len(blocks) > BLOCKS:
        return "invalid_blocks: too many"
    if sum(map(len, _texts({"blocks": blocks}))) > CHARACTERS:
        return "msg_blocks_too_long: in sum"
    return "msg_too_long: text" if len(body.get("text") or "") > TEXT else ""


def _problem(block: dict[str, Any]) -> str:
    """What the models of the SDK do not check."""
    if block["type"] == "section" and not block.get("text") and not block.get("fields"):
        return "an empty section"
    for text in (block.get("text"), *block.get("fields", ()), *block.get("elements", ())):
        said = text.get("text") if isinstance(text, dict) else None
        if isinstance(said, str) and not 0 < len(said) <= (2000 if text in block.get("fields", ()) else 3000):
            return f"a text of {len(said)} characters"
    for element in block.get("elements", ()):
        url = element.get("url")
        if url is not None and not (url.startswith(("http://", "https://")) and len(url) <= 3000):
            return "a bad URL"
    return ""


def _texts(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["text"]] if isinstance(part.get("text"), str) else []
        return own + [text for value in part.values() for text in _texts(value)]
    return [text for each in part for text in _texts(each)] if isinstance(part, list) else []


def _error(code: str, explained: str = "") -> web.Response:
    metadata = {"response_metadata": {"messages": [explained]}} if explained else {}
    return web.json_response({"ok": False, "error": code, **metadata})


async def _fail(request: web.Request, failure: Failure) -> web.StreamResponse:
    if failure.hang:
        await asyncio.sleep(failure.hang)
    if failure.reset and request.transport is not None:
        request.transport.abort()
    headers = {"Retry-After": failure.retry_after} if failure.retry_after else {}
    if failure.raw is not None:
        return web.Response(status=failure.status, body=failure.raw, headers=headers)
    body = {"ok": False, "error": failure.error}
    return web.json_response(body, status=failure.status, headers=headers)
