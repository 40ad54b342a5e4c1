"""PagerDuty's Events API v2: takes what PagerDuty's own OpenAPI document says it takes, and keeps what a service shows.

The document (pagerduty.json) is PagerDuty's, from https://github.com/PagerDuty/api-schema.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import jsonschema  # type: ignore[import-untyped]
from aiohttp import web

from fraiseql_observe.demo.sinks.arrivals import KEPT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fraiseql_observe.demo.sinks.arrivals import Arrivals

DOCUMENT = Path(__file__).with_name("pagerduty.json")
STATES = {"trigger": "triggered", "acknowledge": "acknowledged", "resolve": "resolved"}
Event = dict[str, Any]


@dataclass
class Alert:
    """What PagerDuty shows under one dedup_key, and the events that made it so."""

    key: str
    summary: str
    state: str
    events: list[Event] = field(default_factory=list)


class EventsApi:
    """`POST /v2/enqueue`, by one integration key."""

    prefix: ClassVar[str] = "/pagerduty"

    def __init__(self, routing_key: str, arrivals: Arrivals) -> None:
        self._routing_key = routing_key
        self._arrivals = arrivals
        self.alerts: dict[str, Alert] = {}

    def routes(self) -> list[web.RouteDef]:
        return [web.post(f"{self.prefix}/v2/enqueue", self._enqueue)]

    async def _enqueue(self, request: web.Request) -> web.Response:
        try:
            event = json.loads(await request.read())
        except ValueError:
            return _refused(["the body is not JSON"])
        if errors := problems(event):
            return _refused(errors)
        if not hmac.compare_digest(event["routing_key"].encode(), self._routing_key.encode()):
            return _refused(["routing_key: no such integration"])
        self._take(event)
        said = {"status": "success", "message": "Event processed", "dedup_key": event["dedup_key"]}
        return web.json_response(said, status=202)

    def _take(self, event: Event) -> None:
        """A second trigger of what is acknowledged leaves it so; events about what nobody triggered are ignored."""
        action, key = event["event_action"], event["dedup_key"]
        alert = self.alerts.get(key)
        if alert is None or alert.state == "resolved":
            if action != "trigger":
                return
            alert = self.alerts[key] = Alert(key, event["payload"]["summary"], STATES[action])
        elif action != "trigger":
            alert.state = STATES[action]
        alert.events.append(event)
        while len(self.alerts) > KEPT:
            self.alerts.pop(next(iter(self.alerts)))
        self._arrivals.add("PagerDuty", action, alert.summary)


def problems(event: object) -> list[str]:
    """Return what PagerDuty's schema has against an event, and what its text demands besides."""
    found = [f"{'.'.join(map(str, error.path)) or 'event'}: {error.message[:200]}" for error in _errors(event)]
    if found or not isinstance(event, dict):
        return found
    if event["event_action"] == "trigger" and "payload" not in event:
        return ["payload: a trigger needs one"]
    if not event.get("dedup_key"):
        return ["dedup_key: missing"]
    return []


def _errors(event: object) -> Iterator[jsonschema.ValidationError]:
    yield from _validator().iter_errors(event)


@cache
def _validator() -> jsonschema.Draft202012Validator:
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    schema = document["paths"]["/enqueue"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    # References of the schema lead into the document's components.
    return jsonschema.Draft202012Validator({**schema, "components": document["components"]})


def _refused(errors: list[str]) -> web.Response:
    said = {"status": "invalid event", "message": "Event object is invalid", "errors": errors}
    return web.json_response(said, status=400)
