"""Alerts over HTTP. What is called an alert here is an incident: one group of alerts, its members and timeline."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fraiseql_observe.errors import ConflictError
from fraiseql_observe.incident import matchers
from fraiseql_observe.incident.model import Severity, State
from fraiseql_observe.incident.payload import new_alert
from fraiseql_observe.store.incidents import Query
from fraiseql_observe.web.errors import RequestError
from fraiseql_observe.web.principal import Scope
from fraiseql_observe.web.rest import views
from fraiseql_observe.web.rest.fields import COMMENT, LABELS, MOMENT, SPAN, Field, choice, text, whole
from fraiseql_observe.web.rest.operation import BASE, Operation, reply, tagged

if TYPE_CHECKING:
    from aiohttp import web

    from fraiseql_observe.alerts.manager import Changed
    from fraiseql_observe.web.rest.operation import Call

VERSION = re.compile(r'(?:W/)?"([0-9]{1,9})(?:-[0-9a-f]{1,64})?"')
PAGE = (
    Field("limit", "How many at most.", whole(1, 500), default=50),
    Field("cursor", "The `next` of the page before.", text(128, shortest=1), default=""),
)
FILTERS = (
    Field("state", "Only those in this state.", choice(State), many=True),
    Field("severity", "Only those of this severity.", choice(Severity), many=True),
    Field("match", 'A label they all have, as `team="database"`.', text(4096, shortest=3), many=True),
    Field("text", "Words in the title or the labels, in any case.", text(200, shortest=1), default=""),
    Field("since", "Opened then or later.", MOMENT),
    Field("until", "Opened before.", MOMENT),
)
NEW = (
    Field("name", "Becomes the label `alertname`.", text(200, shortest=1), required=True),
    Field("severity", "How bad it is.", choice(Severity), default=Severity.WARNING),
    Field("labels", "More labels; the same labels are the same alert.", LABELS, default={}),
    Field("annotations", "What people shall read, such as `summary`.", LABELS, default={}),
    Field("destinations", "Who is told, instead of what the routes say.", text(64, shortest=1), many=True),
    Field("starts_at", "When it began; now when it is left out.", MOMENT),
    Field("ended_at", "When it ended: the alert is resolved then.", MOMENT),
)
SNOOZE = (
    Field("until", "When escalation goes on; or `for`.", MOMENT),
    Field("for", "For how long; or `until`.", SPAN),
    COMMENT,
)


async def list_alerts(call: Call) -> web.Response:
    query = call.query
    page = await call.manager.search(
        Query(
            states=query["state"],
            severities=query["severity"],
            labels=_labels(query["match"]),
            text=query["text"],
            since=query["since"],
            until=query["until"],
            cursor=query["cursor"],
            limit=query["limit"],
        )
    )
    return tagged(call.request, {"alerts": [views.incident(one) for one in page.incidents], "next": page.next})


def _labels(texts: tuple[str, ...]) -> dict[str, str]:
    """Labels that must be equal; the store looks for no other kind.

    Raises:
        RequestError: a matcher is of another kind.
        ConfigError: a matcher is malformed.
    """
    found = [matchers.parse(one) for one in texts]
    if others := [one for one, read in zip(texts, found, strict=True) if read.how != "="]:
        raise RequestError([f'match: {one[:80]} is not of the form name="value"' for one in others])
    return {one.name: one.value for one in found}


async def get_alert(call: Call) -> web.Response:
    found = await call.manager.incident(call.id)
    return tagged(call.request, views.detail(found), version=found.incident.version)


async def create_alert(call: Call) -> web.Response:
    body = call.body
    alert = new_alert(
        body["name"],
        severity=body["severity"],
        labels=body["labels"],
        annotations=body["annotations"],
        starts_at=body["starts_at"],
        ended_at=body["ended_at"],
    )
    made = await call.manager.send_alert(alert, body["destinations"] or None, actor=call.actor)
    return reply({"id": made}, status=201, headers={"Location": f"{BASE}/alerts/{made}"})


async def acknowledge_alert(call: Call) -> web.Response:
    return await _act(call, call.manager.acknowledge_alert, call.id, call.actor, call.body["comment"])


async def unacknowledge_alert(call: Call) -> web.Response:
    return await _act(call, call.manager.unacknowledge, call.id, call.actor, call.body["comment"])


async def resolve_alert(call: Call) -> web.Response:
    return await _act(call, call.manager.resolve_alert, call.id, call.actor, call.body["comment"])


async def snooze_alert(call: Call) -> web.Response:
    until, span, now = call.body["until"], call.body["for"], call.manager.clock()
    if (until is None) == (span is None):
        raise RequestError(["until, for: exactly one of them must be given"])
    until = until or now + span
    if until <= now:
        raise RequestError(["until: is in the past"])
    return await _act(call, call.manager.snooze, call.id, until, call.actor, call.body["comment"])


async def comment_alert(call: Call) -> web.Response:
    if not call.body["comment"].strip():
        raise RequestError(["comment: is missing"])
    return reply(views.event(await call.manager.comment(call.id, call.actor, call.body["comment"])), status=201)


async def _act(call: Call, action: Any, *arguments: Any) -> web.Response:
    """Do what a person asks; with If-Match only to the version they saw."""
    seen = _seen(call.request.headers.get("If-Match", ""))
    try:
        changed: Changed = await action(*arguments, if_version=seen)
    except ConflictError as error:
        if seen is None or (await call.manager.incident(call.id)).incident.version == seen:
            raise
        raise RequestError([error.message], status=412) from None
    tag = {"ETag": f'"{changed.incident.version}"'}
    return reply({"changed": changed.changed, "alert": views.incident(changed.incident)}, headers=tag)


def _seen(header: str) -> int | None:
    """The version in If-Match; None when any will do.

    Raises:
        RequestError: it is no tag of ours (412, for nothing can match it).
    """
    if header.strip() in ("", "*"):
        return None
    found = VERSION.fullmatch(header.strip())
    if found is None:
        raise RequestError(["If-Match: is no ETag of an alert"], status=412)
    return int(found[1])


def _action(path: str, handler: Any, summary: str, body: tuple[Field, ...] = (COMMENT,)) -> Operation:
    return Operation(
        "POST", f"/alerts/{{id}}/{path}", Scope.WRITE, handler, summary, "Changed", body=body, conditional=True,
        refusals=(404, 409, 412),
    )  # fmt: skip


OPERATIONS = (
    Operation(
        "GET", "/alerts", Scope.READ, list_alerts, "Find alerts, the latest opened first.", "Alerts",
        query=(*FILTERS, *PAGE), tagged=True, refusals=(409,),
    ),
    Operation(
        "POST", "/alerts", Scope.WRITE, create_alert, "Take one alert in, as if Alertmanager had told it.", "Created",
        status=201, body=NEW, refusals=(404,),
    ),
    Operation(
        "GET", "/alerts/{id}", Scope.READ, get_alert, "One alert with its members, timeline and deliveries.", "Detail",
        tagged=True, refusals=(404,),
    ),
    _action("acknowledge", acknowledge_alert, "Say that somebody cares: escalation stops."),
    _action("unacknowledge", unacknowledge_alert, "Take an acknowledgement back: escalation begins again."),
    _action("resolve", resolve_alert, "Say that it is over."),
    _action("snooze", snooze_alert, "Let escalation rest until a time.", SNOOZE),
    Operation(
        "POST", "/alerts/{id}/comments", Scope.WRITE, comment_alert, "Add a comment to the timeline.", "Event",
        status=201, body=(COMMENT,), refusals=(404,),
    ),
)  # fmt: skip
