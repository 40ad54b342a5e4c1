"""The outermost ASGI layer: opens a request's record, closes it, and follows the application's life."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from fraiseql_observe.instrument import record as records
from fraiseql_observe.instrument.labels import OTHER
from fraiseql_observe.instrument.record import Record
from fraiseql_observe.instrument.settle import settle

if TYPE_CHECKING:
    from fraiseql_observe.instrument.runtime import Instrument

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_RESPONSE_KEPT = 2_048
_BODY_FACTOR = 4  # a document of the largest size, as JSON, with its variables


class ObserveMiddleware:
    """Pure ASGI, because Starlette's `BaseHTTPMiddleware` costs more than everything this package does."""

    def __init__(self, app: App, instrument: Instrument, prepare: Callable[[], None]) -> None:
        self._app = app
        self._instrument = instrument
        self._prepare = prepare
        self._settings = instrument.settings
        self._body_kept = instrument.settings.max_document_size * _BODY_FACTOR

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            if path not in self._settings.excluded_paths:
                await self._serve(scope, receive, send, path)
                return
        elif scope["type"] == "lifespan":
            send = self._follow_lifespan(send)
        await self._app(scope, receive, send)

    def _follow_lifespan(self, send: Send) -> Send:
        async def observed(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                self._ensure_started()
            elif message["type"].startswith("lifespan.shutdown."):
                try:
                    await self._instrument.stop()
                except Exception:  # noqa: BLE001
                    self._instrument.fault("lifespan")
            await send(message)

        return observed

    def _ensure_started(self) -> None:
        try:
            self._prepare()
            self._instrument.start()
        except Exception:  # noqa: BLE001
            self._instrument.fault("lifespan")

    async def _serve(self, scope: Scope, receive: Receive, send: Send, path: str) -> None:
        instrument = self._instrument
        if not instrument.started:  # a mounted application is told nothing of its life
            self._ensure_started()
        record = Record(instrument, scope, time.perf_counter(), time.time())
        record.is_graphql = path == self._settings.graphql_path
        waits = record.is_graphql and self._settings.audit and self._settings.on_overflow == "wait"
        if record.is_graphql and scope["method"] == "POST":
            record.body = []
            receive = self._observe_body(record, receive)

        async def observed_send(message: Message) -> None:
            kind = message["type"]
            if kind == "http.response.start":
                record.status = message["status"]
            elif kind == "http.response.body":
                if record.status >= 400 and len(record.response) < _RESPONSE_KEPT:  # noqa: PLR2004
                    record.response += message.get("body", b"")[:_RESPONSE_KEPT]
                if not message.get("more_body", False):
                    record.answered = time.perf_counter()
                    if waits:  # the answer goes out only when its row has a place
                        await self._settle(record)
            await send(message)

        token = records.enter(record)
        try:
            await self._app(scope, receive, observed_send)
        finally:
            records.leave(token)
            if not record.settled:
                await self._settle(record)
            record.closed = True

    def _observe_body(self, record: Record, receive: Receive) -> Receive:
        size = 0

        async def observed() -> Message:
            nonlocal size
            message = await receive()
            if message["type"] == "http.request" and record.body is not None:
                chunk = message.get("body", b"")
                size += len(chunk)
                if size <= self._body_kept:
                    record.body.append(chunk)
                else:
                    record.body.clear()
                    record.whole_body = False
            return message

        return observed

    async def _settle(self, record: Record) -> None:
        """Write metrics and queue the audit event; whatever goes wrong here is counted, and the request goes on."""
        record.settled = True
        record.answered = record.answered or time.perf_counter()
        instrument = record.instrument
        try:
            event = settle(record, self._endpoint(record))
            if event is None:
                return
            if self._settings.on_overflow == "wait":
                await instrument.writer.put_waiting(event)
            else:
                instrument.writer.put(event)
        except Exception:  # noqa: BLE001
            instrument.fault("request")

    def _endpoint(self, record: Record) -> str:
        """The path of the route that answered; a path that no route knows must not become a label."""
        if record.is_graphql:
            return self._settings.graphql_path
        route = record.scope.get("route")
        return getattr(route, "path", None) or OTHER
