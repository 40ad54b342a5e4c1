"""Tells open pages that something changed, by server-sent events; the page then asks for its new state itself."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from aiohttp import web

from fraiseql_observe.web.console.gate import page
from fraiseql_observe.web.console.state import CONSOLE, STREAMS, ConsoleState
from fraiseql_observe.web.console.view import HEADERS, SESSION, now
from fraiseql_observe.web.keys import MANAGER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

routes = web.RouteTableDef()

PACE = 1.0  # seconds between two events, however much changes
ALIVE = 20.0  # seconds of silence after which a comment keeps proxies from closing the stream
LONGEST = 1800.0  # seconds; then the browser comes again, and its session is looked at again


@routes.get("/live")
@page()
async def live(request: web.Request) -> web.StreamResponse:
    """An event `changed` whenever incidents changed, at most one a second."""
    console = request.app[CONSOLE]
    if len(console.streams) >= STREAMS:
        return web.Response(status=503, headers={**HEADERS, "Retry-After": "30"})
    answer = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    await answer.prepare(request)
    left = (request[SESSION].expires - now(request)).total_seconds()
    changed = asyncio.Event()
    console.streams.add(changed)
    try:
        # When the time is over the browser comes again; when the connection is, it has gone.
        with suppress(TimeoutError, ConnectionResetError):
            async with asyncio.timeout(min(LONGEST, left)):
                await tell(answer, changed, console)
    finally:
        console.streams.discard(changed)
    return answer


async def tell(answer: web.StreamResponse, changed: asyncio.Event, console: ConsoleState) -> None:
    await answer.write(b"retry: 3000\n\n")
    while not console.ending:
        words = await next_words(changed)
        if not console.ending:
            await answer.write(words)
            await asyncio.sleep(PACE)


async def next_words(changed: asyncio.Event) -> bytes:
    try:
        async with asyncio.timeout(ALIVE):
            await changed.wait()
    except TimeoutError:
        return b": still here\n\n"
    changed.clear()
    return b"event: changed\ndata:\n\n"


def wake(console: ConsoleState) -> None:
    console.forget()
    for stream in console.streams:
        stream.set()


async def listen(app: web.Application) -> AsyncIterator[None]:
    """While the application runs: hear from the store that incidents changed; at its end, let every stream go."""
    console = app[CONSOLE]
    stop = app[MANAGER].engine.listen("incidents", lambda: wake(console))
    yield
    stop()


async def let_go(app: web.Application) -> None:
    """End the streams, or the server would wait for them."""
    app[CONSOLE].ending = True
    wake(app[CONSOLE])
