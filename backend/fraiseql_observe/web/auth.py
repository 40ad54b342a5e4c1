"""Tokens of requests: who sends one, and may they.

A route says what it needs: `@require(Scope.READ)`. The handler then finds `request[PRINCIPAL]` and `request[ACTOR]`.
Whoever knows the principal by other means (the console, from its cookie) sets `request[PRINCIPAL]` before.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

from fraiseql_observe.errors import AuthError
from fraiseql_observe.incident.model import Actor
from fraiseql_observe.web.keys import ACTOR, PRINCIPAL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import web

    from fraiseql_observe.web.principal import Principal, Scope

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def authenticate(app: web.Application, token: str) -> Principal:
    """Whose token it is.

    Raises:
        AuthError: nobody's (401), or one that has expired or was revoked.
    """
    raise NotImplementedError


def require(scope: Scope, *, source: str = "api") -> Callable[[Handler], Handler]:
    """Let only those in whose token has the scope; `source` is what the timeline says of the way they came.

    Raises:
        AuthError: from the handler, 401 without a token and 403 without the scope.
    """

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            principal = request.get(PRINCIPAL) or await authenticate(request.app, _bearer(request))
            if not principal.may(scope):
                raise AuthError(f"The token {principal.name} lacks the scope {scope}.", status=403)
            request[PRINCIPAL] = principal
            request[ACTOR] = Actor(principal.name, source, request.remote or "")
            return await handler(request)

        guarded.scope = scope  # type: ignore[attr-defined]  # the OpenAPI document asks it
        return guarded

    return decorate


def _bearer(request: web.Request) -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise AuthError("The request has no bearer token.", hint="send Authorization: Bearer fqo_…")
    return token.strip()
