"""The lists of incidents: what is active now, by urgency, and what is over, with how long it took."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aiohttp import web

from fraiseql_observe.errors import PayloadError
from fraiseql_observe.incident.model import Severity, State
from fraiseql_observe.store import incidents
from fraiseql_observe.web.console import filters
from fraiseql_observe.web.console.gate import page
from fraiseql_observe.web.console.view import now, respond
from fraiseql_observe.web.keys import MANAGER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fraiseql_observe.incident.model import Incident
    from fraiseql_observe.store.engine import Transaction

routes = web.RouteTableDef()

WEEK = "week"
OVER = (State.RESOLVED,)


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of a list; `place` is where the next one begins, empty on the last."""

    incidents: tuple[Incident, ...] = ()
    place: str = ""
    problem: str = ""


def collect(tx: Transaction, queries: Sequence[incidents.Query], place: str) -> Listed:
    """Walk through the strata of urgency until the page is full."""
    left = filters.resume(queries, place)
    found: list[Incident] = []
    for number, query in enumerate(left, len(queries) - len(left)):
        if len(found) == filters.PAGE:
            return Listed(tuple(found), filters.place_of(number, ""))
        stratum = incidents.search(tx, replace(query, limit=filters.PAGE - len(found)))
        found += stratum.incidents
        if stratum.next:
            return Listed(tuple(found), filters.place_of(number, stratum.next))
    return Listed(tuple(found))


def labels_of(incident: Incident) -> list[tuple[str, str]]:
    """What tells it apart from others, as one line begins: what the title says already is left out, the name last."""
    labels = incident.group_labels or incident.common_labels
    telling = [pair for pair in labels.items() if pair[0] != "severity" and pair[1] not in incident.title]
    return sorted(telling, key=lambda pair: pair[0] == "alertname")


async def look_up(request: web.Request, chosen: filters.Filters) -> Listed:
    try:
        queries = filters.strata(chosen, now(request))
    except PayloadError as error:
        return Listed(problem=str(error))
    return await request.app[MANAGER].engine.read(lambda tx: collect(tx, queries, chosen.place))


@routes.get("/")
@page()
async def active(request: web.Request) -> web.StreamResponse:
    chosen = filters.read(request.query)
    return await draw(request, chosen, await look_up(request, chosen), filters.ACTIVE)


@routes.get("/history")
@page()
async def history(request: web.Request) -> web.StreamResponse:
    chosen = replace(filters.read(request.query, states=OVER), states=OVER)
    chosen = replace(chosen, period=chosen.period or WEEK)
    since = now(request) - filters.PERIODS[chosen.period]
    times = await request.app[MANAGER].engine.read(lambda tx: incidents.statistics(tx, since))
    return await draw(request, chosen, await look_up(request, chosen), OVER, times=times)


async def draw(
    request: web.Request,
    chosen: filters.Filters,
    listed: Listed,
    states: tuple[State, ...],
    times: incidents.Statistics | None = None,
) -> web.StreamResponse:
    following = chosen.at(listed.place).query_string(states=states) if listed.place else ""
    return await respond(
        request,
        "history.html" if times else "active.html",
        part="_incidents.html",
        chosen=chosen,
        listed=listed,
        times=times,
        following=following,
        labels_of=labels_of,
        here=f"{request.path}?{query}" if (query := chosen.query_string(states=states)) else request.path,
        severities=tuple(Severity),
        states=filters.ACTIVE,
        periods=tuple(filters.PERIODS),
    )
