"""What every request passes but the intake of alerts, which is kept bare: request id, time-out, errors, headers."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from fraiseql_observe.errors import ObserveError
from fraiseql_observe.web import console, errors, intake
from fraiseql_observe.web.keys import BUSY, MANAGER, REQUEST_ID

if TYPE_CHECKING:
    from fraiseql_observe.web.auth import Handler

log = logging.getLogger(__name__)

ID_HEADER = "X-Request-ID"
GIVEN_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
ENDLESS = "/live"  # server-sent events stay open
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# For what is no page; the console's pages bring a policy of their own.
NOTHING = "default-src 'none'; frame-ancestors 'none'"


@web.middleware
async def edge(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let the intake through as it is, and lead everything else through the rest of this module."""
    busy = request.app[BUSY]
    busy.add(request.protocol)
    try:
        if request.path in intake.PATHS and request.method == "POST":
            return await handler(request)
        return await _led(request, handler)
    finally:
        busy.discard(request.protocol)


async def _led(request: web.Request, handler: Handler) -> web.StreamResponse:
    request[REQUEST_ID] = _request_id(request)
    began = time.perf_counter()
    response = await _answered(request, handler)
    _count(request, response.status, time.perf_counter() - began)
    return response


async def protect(request: web.Request, response: web.StreamResponse) -> None:
    """Give an answer its request id and the headers that bind browsers, before its head goes out.

    What a handler set stays; the intake's answers stay bare. None names the library that answers, nor its version.
    """
    response.headers.popall("Server", None)
    if REQUEST_ID not in request:
        return
    response.headers[ID_HEADER] = request[REQUEST_ID]
    for name, value in SECURITY.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", NOTHING)
    response.headers.setdefault("Cache-Control", "no-store")


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    limit = request.app[MANAGER].settings.server.request_timeout.total_seconds()
    try:
        async with asyncio.timeout(None if request.path == ENDLESS else limit):
            return await handler(request)
    except TimeoutError:
        return errors.refusal(503, f"No answer within {limit:g} s.", headers={"Retry-After": errors.RETRY_AFTER})
    except ObserveError as error:
        return errors.answer(error)
    except web.HTTPException as error:
        if error.status == HTTPStatus.NOT_FOUND and _from_a_browser(request):
            return await console.missing(request)
        return _http(error)
    except (ConnectionError, asyncio.CancelledError):
        raise
    except Exception:
        log.exception("A fault of this program", extra={"request_id": request[REQUEST_ID]})
        return errors.refusal(500, f"A fault of this program; its log says more at {request[REQUEST_ID]}.")


def _http(error: web.HTTPException) -> web.StreamResponse:
    """What aiohttp raises, in our shape; a redirect that a handler wants stays one."""
    if error.status < 400:  # noqa: PLR2004
        response = web.Response(status=error.status, headers=error.headers, body=error.body)
        response.cookies.update(error.cookies)
        return response
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        return errors.refusal(405, f"{error.method} is not for this address; {allowed} is.", headers={"Allow": allowed})
    if isinstance(error, web.HTTPNotFound):
        return errors.refusal(
            404, "There is nothing at this address; /api/observability/openapi.json lists what there is."
        )
    return errors.refusal(error.status, error.reason)


def _from_a_browser(request: web.Request) -> bool:
    """Whether somebody opened an address, and no program asked for it."""
    return request.method in {"GET", "HEAD"} and "text/html" in request.headers.get("Accept", "")


def _request_id(request: web.Request) -> str:
    given = request.headers.get(ID_HEADER, "")
    return given if GIVEN_ID.fullmatch(given) else secrets.token_hex(8)


def _count(request: web.Request, status: int, seconds: float) -> None:
    resource = request.match_info.route.resource
    route = resource.canonical if resource is not None else "(none)"
    method = request.method if request.method in METHODS else "(other)"
    telemetry = request.app[MANAGER].telemetry
    telemetry.http_requests.labels(route, method, str(status)).inc()
    telemetry.http_duration.labels(route).observe(seconds)
