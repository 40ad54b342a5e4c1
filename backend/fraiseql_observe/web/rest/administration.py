"""Tokens, destinations and refused webhooks over HTTP: for whoever runs the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from fraiseql_observe.audit.tenants import LONGEST
from fraiseql_observe.config.server import SCOPE
from fraiseql_observe.store import inbox
from fraiseql_observe.web import token_admin
from fraiseql_observe.web.keys import ACCESS
from fraiseql_observe.web.principal import Scope
from fraiseql_observe.web.rest import views
from fraiseql_observe.web.rest.fields import SPAN, Field, matching, text
from fraiseql_observe.web.rest.operation import Operation, reply

if TYPE_CHECKING:
    from fraiseql_observe.web.rest.operation import Call

SHOWN = 2000  # bytes of a refused body
NEW_TOKEN = (
    Field("name", "Who uses it.", text(64, shortest=1), required=True),
    Field("scopes", "What it may do; audit:read:NAME is for one question.", matching(SCOPE), required=True, many=True),
    Field("tenants", "Whose audit rows it may see; every tenant's when it is left out.", text(LONGEST), many=True),
    Field("expires_in", "How long it lives; for ever when it is left out.", SPAN),
)


async def list_tokens(call: Call) -> web.Response:
    return reply({"tokens": [token_admin.view(one) for one in await token_admin.every(call.manager.engine)]})


async def create_token(call: Call) -> web.Response:
    body, manager = call.body, call.manager
    made, secret = await token_admin.create(
        manager.engine,
        body["name"],
        body["scopes"],
        call.actor.name,
        manager.clock(),
        body["expires_in"],
        body["tenants"],
    )
    call.request.app[ACCESS].forget()
    return reply({**token_admin.view(made), "token": secret}, status=201)


async def revoke_token(call: Call) -> web.Response:
    await token_admin.revoke(call.manager.engine, call.id)
    call.request.app[ACCESS].forget()
    return web.Response(status=204)


async def list_destinations(call: Call) -> web.Response:
    return reply({"destinations": [_destination(one) for one in await call.manager.destinations()]})


async def enable_destination(call: Call) -> web.Response:
    await call.manager.enable_destination(call.id)
    return web.Response(status=204)


async def test_destination(call: Call) -> web.Response:
    sent = await call.manager.test(call.id, call.actor)
    return reply({"status": sent.status, "detail": sent.detail})


async def list_rejected(call: Call) -> web.Response:
    found = await call.manager.engine.read(inbox.rejected)
    shown = [
        {
            "source": one.source,
            "received_at": views.moment(one.received_at),
            "why": one.why,
            "bytes": len(one.body),
            "body": one.body[:SHOWN].decode("utf-8", "replace"),
        }
        for one in found
    ]
    return reply({"rejected": shown})


def _destination(one: Any) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": one.kind,
        "channel": one.channel,
        "breaker_open": one.breaker_open,
        "paused_until": views.moment(one.paused_until),
        "waiting": one.waiting,
        "dead": one.dead,
        "last_sent_at": views.moment(one.last_sent_at),
        "last_error": one.last_error,
    }


OPERATIONS = (
    Operation("GET", "/tokens", Scope.ADMIN, list_tokens, "The tokens of the store.", "Tokens"),
    Operation(
        "POST", "/tokens", Scope.ADMIN, create_token, "Make a token; its secret is shown only in this answer.",
        "NewToken", status=201, body=NEW_TOKEN, refusals=(409,),
    ),
    Operation(
        "DELETE", "/tokens/{id}", Scope.ADMIN, revoke_token, "Take a token away.", "", status=204, refusals=(404,)
    ),
    Operation("GET", "/destinations", Scope.READ, list_destinations, "How each destination is.", "Destinations"),
    Operation(
        "POST", "/destinations/{id}/enable", Scope.WRITE, enable_destination,
        "Send to a destination again that said it is gone (410).", "", status=204, body=(), refusals=(404,),
    ),
    Operation(
        "POST", "/destinations/{id}/test", Scope.WRITE, test_destination, "Send one message marked as a test.",
        "TestSent", body=(), refusals=(404, 502),
    ),
    Operation(
        "GET", "/rejected-webhooks", Scope.ADMIN, list_rejected, "The newest webhooks that were refused, and why.",
        "Rejected",
    ),
)  # fmt: skip
