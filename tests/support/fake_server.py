"""A real HTTP server on loopback that does to each request what a script says: the destinations of the tests."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Self


@dataclass(frozen=True)
class Reply:
    """An answer. `after` is a wait before it, in seconds."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    after: float = 0.0


class Misdeed(Enum):
    """What is no answer."""

    HANG = "takes the request and never answers"
    RESET = "takes the request and resets the connection"
    GARBAGE = "answers something that is not HTTP"
    SLOW_BODY = "answers 200 at once, then a body that never ends, a byte at a time"
    ENDLESS_BODY = "answers 200 and a body that never ends, as fast as it can"


HANG, RESET, GARBAGE, SLOW_BODY, ENDLESS_BODY = Misdeed
TOO_MANY = Reply(429)


def too_many(seconds: str) -> Reply:
    """Answer 429 with a Retry-After header."""
    return Reply(429, {"Retry-After": seconds})


def redirect(location: str, status: int = 302) -> Reply:
    return Reply(status, {"Location": location})


Step = Reply | Misdeed


@dataclass(frozen=True)
class Received:
    """A request, header names in lower case."""

    method: str
    path: str  # with its query
    headers: Mapping[str, str]
    body: bytes


class FakeServer:
    """Answers `default` when the script is played; `answer` may be a function of the request instead.

    An async context manager; the port is free to choose when it is to come back at the same place.
    """

    def __init__(self, default: Step | Callable[[Received], Step] = Reply(), *, port: int = 0) -> None:
        self.default = default
        self.requests: list[Received] = []
        self.port = port
        self._script: deque[Step] = deque()
        self._arrived = asyncio.Condition()
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def script(self, *steps: Step) -> None:
        """Do these things to the next requests, one each."""
        self._script.extend(steps)

    async def received(self, count: int, *, within: float = 10.0) -> list[Received]:
        """Wait for so many requests in all."""
        async with asyncio.timeout(within), self._arrived:
            await self._arrived.wait_for(lambda: len(self.requests) >= count)
        return self.requests

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._closing.set()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        received = Received(request.method, request.path_qs, headers, await request.read())
        async with self._arrived:
            self.requests.append(received)
            self._arrived.notify_all()
        step = self._script.popleft() if self._script else self.default
        if callable(step):
            step = step(received)
        if isinstance(step, Reply):
            await asyncio.sleep(step.after)
            return web.Response(status=step.status, headers=step.headers, body=step.body)
        return await self._misbehave(request, step)

    async def _misbehave(self, request: web.Request, step: Misdeed) -> web.StreamResponse:
        transport = request.transport
        assert transport is not None
        if step is HANG:
            await self._closing.wait()
        if step in {HANG, RESET}:
            transport.abort()
        elif step is GARBAGE:
            transport.write(b"\x16\x03 this is not HTTP\r\n\r\n")
            transport.close()
        else:
            return await self._drip(request, slowly=step is SLOW_BODY)
        return web.Response()

    async def _drip(self, request: web.Request, *, slowly: bool) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with suppress(ConnectionError):
            while not self._closing.is_set():
                await response.write(b"x" if slowly else b"x" * 65536)
                await asyncio.sleep(0.05 if slowly else 0)
        return response
