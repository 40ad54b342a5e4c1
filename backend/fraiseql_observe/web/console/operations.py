"""What delivers the alerts: dead letters, destinations and maintenance windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from fraiseql_observe.errors import ConfigError, DeliveryError
from fraiseql_observe.store import incidents, outbox
from fraiseql_observe.web.console import words
from fraiseql_observe.web.console.forms import field
from fraiseql_observe.web.console.gate import page
from fraiseql_observe.web.console.incident import back
from fraiseql_observe.web.console.view import now, respond
from fraiseql_observe.web.keys import ACTOR, MANAGER
from fraiseql_observe.web.principal import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fraiseql_observe.incident.model import Delivery, Incident
    from fraiseql_observe.store.engine import Transaction

routes = web.RouteTableDef()

DEAD = 100  # drawn at most
NO_WINDOW = {"matchers": "", "starts": "", "ends": "", "comment": ""}


@routes.get("/dead-letters")
@page()
async def dead_letters(request: web.Request) -> web.StreamResponse:
    manager = request.app[MANAGER]
    dead = await manager.dead_letters(DEAD)
    about = await manager.engine.read(lambda tx: incidents_of(tx, dead))
    return await respond(request, "dead_letters.html", part="_dead_letters.html", dead=dead, about=about, most=DEAD)


def incidents_of(tx: Transaction, deliveries: Sequence[Delivery]) -> Mapping[str, Incident]:
    return incidents.find(tx, {delivery.incident_id for delivery in deliveries})


@routes.get("/maintenance")
@page()
async def maintenance(request: web.Request) -> web.StreamResponse:
    return await draw_windows(request, NO_WINDOW)


async def draw_windows(
    request: web.Request, given: Mapping[str, str], problem: str = "", hint: str = ""
) -> web.StreamResponse:
    windows = await request.app[MANAGER].windows()
    status = 400 if problem else 200
    return await respond(
        request, "maintenance.html", status=status, windows=windows, given=given, problem=problem, hint=hint
    )


@routes.post("/maintenance")
@page(Scope.WRITE)
async def add_window(request: web.Request) -> web.StreamResponse:
    given = {name: await field(request, name) for name in NO_WINDOW}
    zone = words.zone(await field(request, "zone", longest=64))
    starts = words.local_time(given["starts"], zone) if given["starts"] else now(request)
    ends = words.local_time(given["ends"], zone)
    if starts is None or ends is None:
        return await draw_windows(request, given, "A window needs a time at which it ends.", "Fill in “until”.")
    matchers = [line.strip() for line in given["matchers"].splitlines() if line.strip()]
    try:
        await request.app[MANAGER].add_window(matchers, starts, ends, request[ACTOR], given["comment"])
    except ConfigError as error:
        return await draw_windows(request, given, error.message, error.hint)
    return await back(request, "window_added", "/maintenance")


@routes.post("/maintenance/{id}/end")
@page(Scope.WRITE)
async def end_window(request: web.Request) -> web.StreamResponse:
    await request.app[MANAGER].end_window(request.match_info["id"], request[ACTOR])
    return await back(request, "window_ended", "/maintenance")


@routes.get("/destinations")
@page()
async def destinations(request: web.Request) -> web.StreamResponse:
    return await draw_destinations(request)


async def draw_destinations(request: web.Request, problem: tuple[str, str, str] | None = None) -> web.StreamResponse:
    """The page; `problem` is a destination's name, what was wrong when it was tried, and what to do."""
    manager = request.app[MANAGER]
    return await respond(
        request,
        "destinations.html",
        part="_destinations.html",
        status=502 if problem else 200,
        destinations=await manager.destinations(),
        waiting=await manager.engine.read(lambda tx: outbox.counts(tx, now(request))),
        problem=problem,
    )


@routes.post("/destinations/{name}/test")
@page(Scope.WRITE)
async def test(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    try:
        await request.app[MANAGER].test(name, request[ACTOR])
    except DeliveryError as error:
        return await draw_destinations(request, (name, error.message, error.hint))
    return await back(request, "tested", "/destinations")


@routes.post("/destinations/{name}/enable")
@page(Scope.WRITE)
async def enable(request: web.Request) -> web.StreamResponse:
    await request.app[MANAGER].enable_destination(request.match_info["name"])
    return await back(request, "enabled", "/destinations")
