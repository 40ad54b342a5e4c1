"""Maintenance windows over HTTP: for a time, matching alerts are kept but not told."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from fraiseql_observe.errors import NotFoundError
from fraiseql_observe.web.errors import RequestError
from fraiseql_observe.web.principal import Scope
from fraiseql_observe.web.rest import views
from fraiseql_observe.web.rest.fields import COMMENT, MOMENT, TRUTH, Field, text
from fraiseql_observe.web.rest.operation import BASE, Operation, reply

if TYPE_CHECKING:
    from aiohttp import web

    from fraiseql_observe.web.rest.operation import Call

LONGEST = timedelta(days=366)
ENDED = Field("ended", "Also those that are over.", TRUTH, default=False)
NEW = (
    Field(
        "matchers", 'Which alerts, in Alertmanager\'s syntax, as `team="database"`; all must match.',
        text(4096, shortest=1), required=True, many=True,
    ),
    Field("starts_at", "When it begins; now when it is left out.", MOMENT),
    Field("ends_at", "When it ends, at most a year later.", MOMENT, required=True),
    COMMENT,
)  # fmt: skip


async def list_windows(call: Call) -> web.Response:
    found = await call.manager.windows(ended=call.query["ended"])
    return reply({"windows": [views.window(one) for one in found]})


async def get_window(call: Call) -> web.Response:
    for one in await call.manager.windows(ended=True):
        if one.id == call.id:
            return reply(views.window(one))
    raise NotFoundError(f"There is no maintenance window {call.id!r}.")


async def create_window(call: Call) -> web.Response:
    body = call.body
    starts = body["starts_at"] or call.manager.clock()
    if not starts < body["ends_at"] <= starts + LONGEST:
        raise RequestError(["ends_at: is not after the start, or more than a year after it"])
    made = await call.manager.add_window(body["matchers"], starts, body["ends_at"], call.actor, body["comment"])
    return reply(views.window(made), status=201, headers={"Location": f"{BASE}/maintenance-windows/{made.id}"})


async def end_window(call: Call) -> web.Response:
    return reply(views.window(await call.manager.end_window(call.id, call.actor)))


OPERATIONS = (
    Operation(
        "GET", "/maintenance-windows", Scope.READ, list_windows, "Windows that are active or to come.", "Windows",
        query=(ENDED,),
    ),
    Operation(
        "POST", "/maintenance-windows", Scope.WRITE, create_window, "Hold messages back for a time.", "Window",
        status=201, body=NEW,
    ),
    Operation("GET", "/maintenance-windows/{id}", Scope.READ, get_window, "One window.", "Window", refusals=(404,)),
    Operation(
        "DELETE", "/maintenance-windows/{id}", Scope.WRITE, end_window, "End it now; what still fires is told.",
        "Window", refusals=(404,),
    ),
)  # fmt: skip
