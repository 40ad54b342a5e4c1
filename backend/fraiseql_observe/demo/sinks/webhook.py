"""A receiver of signed webhooks (https://www.standardwebhooks.com), and of the heartbeat."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar

from aiohttp import web

from fraiseql_observe.demo.sinks.arrivals import KEPT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from fraiseql_observe.demo.sinks.arrivals import Arrivals

FRESH = 300  # seconds


class Hooks:
    """Takes what is signed with its secret, and nothing else; `beats` counts heartbeats."""

    path: ClassVar[str] = "/hooks/alerts"
    heartbeat: ClassVar[str] = "/hooks/heartbeat"

    def __init__(self, secret: str, arrivals: Arrivals, clock: Callable[[], datetime]) -> None:
        self._secret = secret
        self._arrivals = arrivals
        self._clock = clock
        self.received: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self.refused = 0
        self.beats = 0

    def routes(self) -> list[web.RouteDef]:
        return [web.post(self.path, self._take), web.post(self.heartbeat, self._beat)]

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if not is_signed(request.headers, body, self._secret, self._clock()):
            self.refused += 1
            return web.Response(status=401, text="The signature is wrong or old.")
        try:
            said = json.loads(body)
        except ValueError:
            return web.Response(status=400, text="The body is not JSON.")
        self.received.append(said)
        self._arrivals.add("Webhook", str(said.get("type") or said.get("action") or "signed"), _title(said))
        return web.Response(status=204)

    async def _beat(self, _request: web.Request) -> web.Response:
        self.beats += 1
        return web.Response(status=204)


def is_signed(headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> bool:
    """Tell whether one of the signatures is ours over exactly this body, made within five minutes."""
    identity, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not identity or not stamp.isdecimal() or abs(now.timestamp() - int(stamp)) > FRESH:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.new(key, f"{identity}.{stamp}.".encode() + body, hashlib.sha256).digest()
    wanted = b"v1," + base64.b64encode(signed)
    given = headers.get("webhook-signature", "").encode()
    return any(hmac.compare_digest(each, wanted) for each in given.split(b" "))


def _title(said: Mapping[str, Any]) -> str:
    """The incident's title wherever the body has it."""
    incident = said.get("incident") or (said.get("data") or {}).get("incident") or {}
    return str(incident.get("title") or said.get("title") or "")
