"""Tokens of requests: who sends one, and may they.

A route says what it needs: `@require(Scope.READ)`. The handler then finds `request[PRINCIPAL]` and `request[ACTOR]`.
Whoever knows the principal by other means (the console, from its cookie) sets `request[PRINCIPAL]` before.
"""

from __future__ import annotations

from functools import wraps
from ipaddress import ip_address
from typing import TYPE_CHECKING

from fraiseql_observe.errors import AuthError
from fraiseql_observe.incident.model import Actor
from fraiseql_observe.web.keys import ACCESS, ACTOR, MANAGER, PRINCIPAL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import web

    from fraiseql_observe.web.principal import Principal, Scope

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def authenticate(app: web.Application, token: str) -> Principal:
    """Return whose token it is.

    Raises:
        AuthError: nobody's (401), or it has expired or was revoked.
    """
    return await app[ACCESS].principal(token)


async def recall(app: web.Application, token_id: str) -> Principal:
    """Return the principal of a token by its id, as it is now; what the store says is remembered for ten seconds.

    Raises:
        AuthError: it was revoked, has expired or is no longer configured.
    """
    return await app[ACCESS].recall(token_id)


def require(
    scope: Scope, *, source: str = "api", denied: Callable[[web.Request], None] | None = None
) -> Callable[[Handler], Handler]:
    """Let only those in whose token has the scope; `source` is what the timeline says of the way they came.

    `denied` is told of a request whose token lacks the scope.

    Raises:
        AuthError: from the handler, 401 without a token and 403 without the scope.
    """

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            principal = request.get(PRINCIPAL) or await authenticate(request.app, _bearer(request))
            request[PRINCIPAL] = principal
            request[ACTOR] = Actor(principal.name, source, client_address(request))
            if not principal.may(scope):
                if denied:
                    denied(request)
                raise AuthError(f"The token {principal.name} lacks the scope {scope}.", status=403)
            return await handler(request)

        return guarded

    return decorate


def client_address(request: web.Request) -> str:
    """Return the address of the client: as many places from the end of X-Forwarded-For as there are proxies of ours."""
    proxies = request.app[MANAGER].settings.server.trusted_proxies
    if not proxies:
        return request.remote or ""
    hops = ",".join(request.headers.getall("X-Forwarded-For", ())).split(",")
    try:
        return str(ip_address(hops[-proxies].strip()))
    except (IndexError, ValueError):  # fewer hops than proxies, or a header that somebody made up
        return request.remote or ""


def _bearer(request: web.Request) -> str:
    given = request.headers.getall("Authorization", ())
    kind, _, token = given[0].partition(" ") if given else ("", "", "")
    if len(given) != 1 or kind.lower() != "bearer" or not token.strip():
        raise AuthError("The request has no bearer token.", hint="send the header Authorization: Bearer fqo_…")
    return token.strip()
