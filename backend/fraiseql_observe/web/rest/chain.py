"""The hash chains of the audit database over HTTP: how far verifying has come, what is broken, who looked into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fraiseql_observe.store import audit_chain
from fraiseql_observe.web import chain_views
from fraiseql_observe.web.principal import Scope
from fraiseql_observe.web.rest.fields import Field, text
from fraiseql_observe.web.rest.operation import Operation, reply

if TYPE_CHECKING:
    from aiohttp import web

    from fraiseql_observe.web.rest.operation import Call


async def show_audit_chain(call: Call) -> web.Response:
    engine = call.manager.engine
    sources = await engine.read(audit_chain.states)
    breaks = await engine.read(audit_chain.breaks)
    return reply(
        {
            "sources": [chain_views.state(one) for one in sources],
            "breaks": [chain_views.kept(one) for one in breaks],
        }
    )


async def accept_audit_break(call: Call) -> web.Response:
    by, comment, at = call.actor.name, call.body["comment"], call.manager.clock()
    accepted = await call.manager.engine.write(
        lambda tx: audit_chain.accept(tx, call.id, by=by, comment=comment, at=at)
    )
    return reply(chain_views.kept(accepted))


FOUND_OUT = Field("comment", "What was found out; it is kept.", text(audit_chain.LONGEST, shortest=1), required=True)

OPERATIONS = (
    Operation(
        "GET", "/audit/chain", Scope.ADMIN, show_audit_chain,
        "How far verifying FraiseQL's hash chains has come, and what it found.", "AuditChain",
    ),
    Operation(
        "POST", "/audit/chain/breaks/{id}/accept", Scope.ADMIN, accept_audit_break,
        "Say that somebody has looked into a break: it is alerted on no longer.", "AuditBreak",
        body=(FOUND_OUT,), refusals=(404,),
    ),
)  # fmt: skip
