"""The page that a link in a message opens: it asks, and only its button acts.

No login: whoever holds the token may do what it grants, as with the message itself. A scanner that follows the link
changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from fraiseql_observe.errors import ConflictError
from fraiseql_observe.incident.model import Actor, State
from fraiseql_observe.web import auth
from fraiseql_observe.web.console.forms import field
from fraiseql_observe.web.console.gate import check_origin, friendly
from fraiseql_observe.web.console.view import now, respond
from fraiseql_observe.web.keys import MANAGER

if TYPE_CHECKING:
    from fraiseql_observe.alerts.links import Grant
    from fraiseql_observe.incident.model import Incident

routes = web.RouteTableDef()


DONE = {"acknowledge": State.ACKNOWLEDGED, "resolve": State.RESOLVED}


def grant_of(request: web.Request) -> Grant:
    """What the token in the address grants.

    Raises:
        AuthError: nothing: it is forged, damaged or expired.
    """
    return request.app[MANAGER].action_tokens.read(request.match_info["token"], now(request))


def is_over(grant: Grant, incident: Incident) -> bool:
    """Whether there is nothing left for the button to do."""
    return incident.state in {State.RESOLVED, DONE[grant.action]}


async def draw(request: web.Request, grant: Grant, incident: Incident, *, acted: bool) -> web.StreamResponse:
    over = is_over(grant, incident)
    return await respond(request, "confirm.html", grant=grant, incident=incident, acted=acted, over=over)


@routes.get("/act/{token}")
@friendly
async def ask(request: web.Request) -> web.StreamResponse:
    grant = grant_of(request)
    detail = await request.app[MANAGER].incident(grant.incident_id)
    return await draw(request, grant, detail.incident, acted=False)


@routes.post("/act/{token}")
@friendly
async def act(request: web.Request) -> web.StreamResponse:
    check_origin(request)
    manager, grant = request.app[MANAGER], grant_of(request)
    name = " ".join((await field(request, "name", longest=80)).split())
    actor = Actor(name or "a link in a message", "email", auth.client_address(request))
    change = manager.acknowledge_alert if grant.action == "acknowledge" else manager.resolve_alert
    try:
        changed = await change(grant.incident_id, actor, "")
    except ConflictError:
        detail = await manager.incident(grant.incident_id)
        return await draw(request, grant, detail.incident, acted=False)
    return await draw(request, grant, changed.incident, acted=changed.changed)
