"""One incident, and what a person does with it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from aiohttp import web

from fraiseql_observe.alerts.links import DASHBOARD, RUNBOOK, first_url
from fraiseql_observe.errors import ConflictError
from fraiseql_observe.incident.message import Enrichment
from fraiseql_observe.notify import escape, runbooks
from fraiseql_observe.store import incidents
from fraiseql_observe.web.console import trend, words
from fraiseql_observe.web.console.forms import field
from fraiseql_observe.web.console.gate import local_path, page
from fraiseql_observe.web.console.notices import leave_notice
from fraiseql_observe.web.console.view import go, now, respond
from fraiseql_observe.web.keys import ACTOR, MANAGER
from fraiseql_observe.web.principal import Scope

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from fraiseql_observe.alerts.manager import Changed, Detail
    from fraiseql_observe.incident.model import Alert

routes = web.RouteTableDef()

SNOOZES: Mapping[str, timedelta] = {"30m": timedelta(minutes=30), "2h": timedelta(hours=2)}
ALERTS = 200  # drawn of one incident
EARLIER = 3  # incidents of the same group
LINKS = {"Runbook": RUNBOOK, "Dashboard": DASHBOARD}


def links_of(detail: Detail) -> list[tuple[str, str]]:
    """Where the alerts say to look: one link of each kind, the incident's own words first."""
    sources = [detail.incident.common_annotations, *(alert.annotations for alert in detail.alerts)]
    found = [(title, first_url(sources, names)) for title, names in LINKS.items()]
    found += [
        ("Expression", next((url for alert in detail.alerts if (url := escape.url(alert.generator_url))), "")),
        ("Alertmanager", escape.url(detail.incident.external_url)),
    ]
    return [(title, url) for title, url in found if url]


def advice(detail: Detail) -> tuple[str, ...]:
    """What to do, from the runbook of the first alert that has some."""
    return next(filter(None, map(runbooks.actions, detail.alerts)), ())


def own_labels(alert: Alert, common: Mapping[str, str]) -> list[tuple[str, str]]:
    """What tells this alert apart from the others of its incident."""
    return sorted(pair for pair in alert.labels.items() if pair not in common.items())


@routes.get("/incidents/{id}")
@page()
async def show(request: web.Request) -> web.StreamResponse:
    manager = request.app[MANAGER]
    detail = await manager.incident(request.match_info["id"])
    key, opened = detail.incident.key, detail.incident.opened_at
    known = manager.enrichment(detail.incident.id) or Enrichment()
    earlier = await manager.engine.read(lambda tx: incidents.previous(tx, key, opened, EARLIER))
    return await respond(
        request,
        "incident.html",
        part="_incident.html",
        detail=detail,
        incident=detail.incident,
        alerts=sorted(detail.alerts, key=lambda alert: (alert.status, sorted(alert.labels.items())))[:ALERTS],
        omitted=max(0, len(detail.alerts) - ALERTS),
        links=links_of(detail),
        own_labels=own_labels,
        advice=advice(detail),
        known=known,
        line=trend.line(known.trend),
        earlier=earlier,
        tomorrow=words.tomorrow(now(request), None),
    )


async def act(
    request: web.Request, done: str, already: str, change: Callable[[str, str], Awaitable[Changed]]
) -> web.StreamResponse:
    """Do it, say what became of it, and go back to where the button was."""
    incident_id, comment = request.match_info["id"], await field(request, "comment")
    try:
        changed = await change(incident_id, comment)
        word = done if changed.changed else already
    except ConflictError:
        word = "conflict"
    return await back(request, word, f"/incidents/{incident_id}")


async def back(request: web.Request, word: str, otherwise: str) -> web.StreamResponse:
    """To the page the form names, else to this one, with a notice."""
    answer = go(request, local_path(await field(request, "next", longest=2048) or otherwise))
    leave_notice(answer, word)
    return answer


@routes.post("/incidents/{id}/acknowledge")
@page(Scope.WRITE)
async def acknowledge(request: web.Request) -> web.StreamResponse:
    manager, actor = request.app[MANAGER], request[ACTOR]
    return await act(
        request,
        "acknowledged",
        "already_acknowledged",
        lambda incident_id, comment: manager.acknowledge_alert(incident_id, actor, comment),
    )


@routes.post("/incidents/{id}/unacknowledge")
@page(Scope.WRITE)
async def unacknowledge(request: web.Request) -> web.StreamResponse:
    manager, actor = request.app[MANAGER], request[ACTOR]
    return await act(
        request,
        "unacknowledged",
        "unchanged",
        lambda incident_id, comment: manager.unacknowledge(incident_id, actor, comment),
    )


@routes.post("/incidents/{id}/resolve")
@page(Scope.WRITE)
async def resolve(request: web.Request) -> web.StreamResponse:
    manager, actor = request.app[MANAGER], request[ACTOR]
    return await act(
        request,
        "resolved",
        "already_resolved",
        lambda incident_id, comment: manager.resolve_alert(incident_id, actor, comment),
    )


@routes.post("/incidents/{id}/snooze/{how_long:30m|2h|tomorrow}")
@page(Scope.WRITE)
async def snooze(request: web.Request) -> web.StreamResponse:
    manager, actor = request.app[MANAGER], request[ACTOR]
    until = snoozed_until(request.match_info["how_long"], now(request), await field(request, "zone", longest=64))
    return await act(
        request,
        "snoozed",
        "unchanged",
        lambda incident_id, comment: manager.snooze(incident_id, until, actor, comment),
    )


def snoozed_until(how_long: str, present: datetime, zone: str) -> datetime:
    if how_long in SNOOZES:
        return present + SNOOZES[how_long]
    return words.tomorrow(present, words.zone(zone))


@routes.post("/incidents/{id}/comment")
@page(Scope.WRITE)
async def comment(request: web.Request) -> web.StreamResponse:
    here, text = f"/incidents/{request.match_info['id']}", await field(request, "comment")
    if not text:
        return await back(request, "comment_empty", here)
    await request.app[MANAGER].comment(request.match_info["id"], request[ACTOR], text)
    return await back(request, "commented", here)


@routes.post("/deliveries/{id}/replay")
@page(Scope.WRITE)
async def replay(request: web.Request) -> web.StreamResponse:
    try:
        delivery = await request.app[MANAGER].replay(request.match_info["id"], request[ACTOR])
    except ConflictError:
        return await back(request, "not_replayed", "/dead-letters")
    return await back(request, "replayed", f"/incidents/{delivery.incident_id}")
