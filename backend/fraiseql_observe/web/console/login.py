"""Logging in with a token, and out again."""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING

from aiohttp import web

from fraiseql_observe.errors import AuthError
from fraiseql_observe.web import auth
from fraiseql_observe.web.console import session
from fraiseql_observe.web.console.forms import field
from fraiseql_observe.web.console.gate import (
    check_origin,
    cookie_name,
    current,
    friendly,
    is_secure,
    local_path,
    page,
)
from fraiseql_observe.web.console.state import CONSOLE
from fraiseql_observe.web.console.view import go, now, respond
from fraiseql_observe.web.keys import MANAGER
from fraiseql_observe.web.principal import Scope

if TYPE_CHECKING:
    from fraiseql_observe.web.principal import Principal

log = logging.getLogger(__name__)

routes = web.RouteTableDef()


@routes.get("/login")
@friendly
async def form(request: web.Request) -> web.StreamResponse:
    wanted = local_path(request.query.get("next", "/"))
    if await current(request):
        return go(request, wanted)
    return await respond(request, "login.html", wanted=wanted, problem="", hint="")


@routes.post("/login")
@friendly
async def log_in(request: web.Request) -> web.StreamResponse:
    check_origin(request)
    console, address = request.app[CONSOLE], auth.client_address(request)
    wanted = local_path(await field(request, "next"))
    wait = console.throttle.wait(address, now(request))
    if wait:
        return await refuse(
            request, 429, wanted, "Too many tries from here.", f"Try again in {wait} seconds.", wait=wait
        )
    try:
        principal = await who_may_look(request, await field(request, "token", longest=512))
    except AuthError as error:
        console.throttle.failed(address, now(request))
        log.warning("A login to the console failed", extra={"address": address})
        return await refuse(request, 401, wanted, error.message, "fraiseql-observe token create makes a token.")
    return await welcome(request, session.open_session(principal, now(request), secrets.token_urlsafe(12)), wanted)


async def who_may_look(request: web.Request, token: str) -> Principal:
    """Whose token it is.

    Raises:
        AuthError: nobody's, or it may not even look.
    """
    principal = await auth.authenticate(request.app, token)
    if not principal.may(Scope.READ):
        raise AuthError(f"The token {principal.name} may not look at alerts: it lacks the scope {Scope.READ}.")
    return principal


async def welcome(request: web.Request, who: session.Session, wanted: str) -> web.StreamResponse:
    key = await request.app[CONSOLE].key(request.app[MANAGER].engine)
    answer = go(request, wanted)
    answer.set_cookie(
        cookie_name(request.app),
        session.seal(who, key),
        max_age=int(session.LIFETIME.total_seconds()),
        path="/",
        httponly=True,
        secure=is_secure(request.app),
        samesite="Lax",  # not Strict: a link in a message must find its reader logged in
    )
    return answer


async def refuse(
    request: web.Request, status: int, wanted: str, problem: str, hint: str, *, wait: int = 0
) -> web.StreamResponse:
    answer = await respond(request, "login.html", status=status, wanted=wanted, problem=problem, hint=hint)
    if wait:
        answer.headers["Retry-After"] = str(wait)
    return answer


@routes.post("/logout")
@page()
async def log_out(request: web.Request) -> web.StreamResponse:
    answer = go(request, "/login")
    answer.del_cookie(cookie_name(request.app), path="/", secure=is_secure(request.app), httponly=True, samesite="Lax")
    return answer
