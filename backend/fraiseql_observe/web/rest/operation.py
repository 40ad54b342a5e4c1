"""One operation of the REST interface: declared once, for the routes and for the OpenAPI document."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from fraiseql_observe.web.auth import require
from fraiseql_observe.web.keys import ACTOR, MANAGER, PRINCIPAL
from fraiseql_observe.web.rest.fields import Field, read_body, read_query

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from fraiseql_observe.alerts.manager import AlertManager
    from fraiseql_observe.incident.model import Actor
    from fraiseql_observe.web.principal import Principal, Scope

BASE = "/api/observability"
LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler is given: who calls, and what with."""

    request: web.Request
    manager: AlertManager
    principal: Principal
    actor: Actor
    query: Mapping[str, Any]
    body: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The last part of the path in braces."""
        return next(iter(self.request.match_info.values()))


@dataclass(frozen=True, slots=True)
class Operation:
    """`answer` names the schema of a good answer; `conditional` says that it takes If-Match."""

    method: str
    path: str  # below BASE
    scope: Scope
    handler: Callable[[Call], Awaitable[web.StreamResponse]]
    summary: str
    answer: str
    status: int = 200
    query: tuple[Field, ...] = ()
    body: tuple[Field, ...] | None = None
    conditional: bool = False
    open_query: bool = False  # the parameters are those of an audit question: the handler reads them
    csv: bool = False  # answers with CSV too
    tagged: bool = False  # answers with an ETag and heeds If-None-Match
    denied: Callable[[web.Request], None] | None = None  # is told of tokens without the scope
    refusals: tuple[int, ...] = field(default=())  # beside those that every operation may give

    @property
    def id(self) -> str:
        return self.handler.__name__


def bind(operation: Operation) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Return the aiohttp handler of an operation."""

    async def handle(request: web.Request) -> web.StreamResponse:
        call = Call(
            request,
            request.app[MANAGER],
            request[PRINCIPAL],
            request[ACTOR],
            {} if operation.open_query else read_query(request, operation.query),
            await read_body(request, operation.body or ()),
        )
        return await operation.handler(call)

    return require(operation.scope, denied=operation.denied)(handle)


def reply(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return an answer in JSON."""
    body = msgspec.json.encode(value)
    return web.Response(body=body, status=status, content_type="application/json", charset="utf-8", headers=headers)


def tagged(request: web.Request, value: Any, *, version: int | None = None) -> web.Response:
    """Return an answer with its ETag, or 304 when the client has it already.

    The tag of an incident begins with its version, which is what If-Match is about.
    """
    body = msgspec.json.encode(value)
    tag = sha256(body).hexdigest()[:20]
    tag = f'"{tag}"' if version is None else f'"{version}-{tag}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if holds(request, tag):
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, content_type="application/json", charset="utf-8", headers=headers)


def holds(request: web.Request, tag: str) -> bool:
    """Whether the client has what the tag is of, as If-None-Match says."""
    given = [one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")]
    return tag.removeprefix("W/") in given or given == ["*"]
