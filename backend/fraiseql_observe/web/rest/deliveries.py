"""Deliveries over HTTP: what was told to whom, what could not be, and sending it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fraiseql_observe.incident.model import DeliveryState
from fraiseql_observe.store import deliveries
from fraiseql_observe.web.principal import Scope
from fraiseql_observe.web.rest import views
from fraiseql_observe.web.rest.alerts import PAGE
from fraiseql_observe.web.rest.fields import Field, choice, text
from fraiseql_observe.web.rest.operation import Operation, reply

if TYPE_CHECKING:
    from aiohttp import web

    from fraiseql_observe.store.engine import Transaction
    from fraiseql_observe.web.rest.operation import Call

FILTERS = (
    Field("state", "Only those in this state.", choice(DeliveryState)),
    Field("destination", "Only those to this destination.", text(64, shortest=1), default=""),
)


async def list_deliveries(call: Call) -> web.Response:
    query = call.query

    def read(tx: Transaction) -> dict[str, object]:
        page = deliveries.search(
            tx, query["state"], destination=query["destination"], cursor=query["cursor"], limit=query["limit"]
        )
        tries = deliveries.attempts_of(tx, [one.id for one in page.deliveries])
        shown = [
            {**views.delivery(one), "attempts": [views.attempt(each) for each in tries.get(one.id, ())]}
            for one in page.deliveries
        ]
        return {"deliveries": shown, "next": page.next}

    return reply(await call.manager.engine.read(read))


async def replay_delivery(call: Call) -> web.Response:
    return reply(views.delivery(await call.manager.replay(call.id, call.actor)), status=202)


OPERATIONS = (
    Operation(
        "GET", "/deliveries", Scope.READ, list_deliveries, "Find deliveries, the newest first.", "Deliveries",
        query=(*FILTERS, *PAGE), refusals=(409,),
    ),
    Operation(
        "POST", "/deliveries/{id}/replay", Scope.WRITE, replay_delivery,
        "Send a delivery again that is dead or whose outcome nobody knows.", "Delivery",
        status=202, body=(), refusals=(404, 409),
    ),
)  # fmt: skip
