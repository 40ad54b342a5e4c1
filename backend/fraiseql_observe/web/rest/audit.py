"""Audit questions over HTTP: the catalogue, answers as JSON or CSV, values for dashboard variables, who asked what."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from aiohttp import web

from fraiseql_observe.errors import NotFoundError, Outcome
from fraiseql_observe.store import audit_access
from fraiseql_observe.web.auditing import Caller, Noted, asker
from fraiseql_observe.web.errors import RequestError
from fraiseql_observe.web.keys import ACTOR, AUDIT, PRINCIPAL, REQUEST_ID
from fraiseql_observe.web.principal import Scope
from fraiseql_observe.web.rest import views
from fraiseql_observe.web.rest.fields import Field, text, whole
from fraiseql_observe.web.rest.operation import LONGEST_ID, Operation, holds, reply, tagged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fraiseql_observe.audit.answer import Answer
    from fraiseql_observe.audit.question import Question
    from fraiseql_observe.web.auditing import Auditing
    from fraiseql_observe.web.rest.operation import Call

USER_HEADER = "X-Grafana-User"
LONGEST_USER = 100
FORMATS = ("json", "csv")
COMPRESS = 1024  # bytes from which on it pays
STREAM = 1024 * 1024  # bytes from which on an answer goes out in pieces
PAGE = 100


async def list_audit_queries(call: Call) -> web.Response:
    found = [_view(one) for one in _auditing(call).proxy.catalogue.questions.values() if call.principal.may_ask(one)]
    return tagged(call.request, {"queries": found})


async def ask_audit_query(call: Call) -> web.StreamResponse:
    auditing = _auditing(call)
    given = _given(call.request)
    with auditing.noted(_caller(call.request), call.id, given) as noted:
        wanted = _format(given.pop("format", ["json"]))
        question = auditing.proxy.question(call.id)
        answer = await auditing.proxy.ask(question, given, asker(call.request, call.principal))
        noted.rows = len(answer.rows)
    return await _respond(call.request, answer, wanted)


async def list_audit_values(call: Call) -> web.Response:
    auditing = _auditing(call)
    given = _given(call.request)
    with auditing.noted(_caller(call.request), call.id, given) as noted:
        question = auditing.proxy.question(call.id)
        column = call.request.match_info["column"]
        found = await auditing.proxy.values(question, column, given, asker(call.request, call.principal))
        noted.rows = len(found)
    return tagged(call.request, found)


def denied(request: web.Request) -> None:
    """Note that the holder of a token asked who may ask nothing."""
    if AUDIT in request.app:
        question = request.match_info.get("name", "")
        request.app[AUDIT].note(_caller(request), question, _given(request), Noted(Outcome.REFUSED))


async def list_audit_access(call: Call) -> web.Response:
    limit = call.query["limit"]
    found = await call.manager.engine.read(lambda tx: audit_access.latest(tx, limit, call.query["before"]))
    entries = [
        {**{name: getattr(one, name) for name in audit_access.Access.__slots__}, "at": views.moment(one.at)}
        for one in found
    ]
    return reply({"entries": entries, "next": found[-1].id if len(found) == limit else ""})


def _auditing(call: Call) -> Auditing:
    if AUDIT not in call.request.app:
        raise NotFoundError("No audit database is configured.", hint="set audit.url")
    return call.request.app[AUDIT]


def _caller(request: web.Request) -> Caller:
    """Whom Grafana says it asks for is noted; where it knows nobody, it sends the name of its variable."""
    user = request.headers.get(USER_HEADER, "")[:LONGEST_USER]
    return Caller(
        name=request[PRINCIPAL].name,
        token_id=request[PRINCIPAL].token_id,
        on_behalf_of=user if user.isprintable() and not user.startswith("${") else "",
        address=request[ACTOR].address,
        request_id=request[REQUEST_ID],
    )


def _given(request: web.Request) -> dict[str, list[str]]:
    given: dict[str, list[str]] = {}
    for name, value in request.query.items():
        given.setdefault(name, []).append(value)
    return given


def _format(given: Sequence[str]) -> str:
    if len(given) != 1 or given[0] not in FORMATS:
        raise RequestError([f"format: is not one of {', '.join(FORMATS)}"])
    return given[0]


def _view(question: Question) -> dict[str, Any]:
    described = question.as_json()
    del described["rawSql"]
    return {"name": question.name, "scope": question.scope, **described}


async def _respond(request: web.Request, answer: Answer, wanted: str) -> web.StreamResponse:
    headers = {
        "ETag": f'W/"{answer.tag}-{wanted}"',
        "Cache-Control": "private, no-cache",
        "Vary": "Accept-Encoding, Authorization",
    }
    if holds(request, headers["ETag"]):
        return web.Response(status=304, headers=headers)
    if wanted == "csv":
        headers["Content-Type"] = "text/csv; charset=utf-8; header=present"
        headers["Content-Disposition"] = f'attachment; filename="{answer.question.name}.csv"'
        return await _send(request, answer.csv(), answer.size, headers)
    headers["Content-Type"] = "application/json; charset=utf-8"
    return await _send(request, answer.json(), answer.size, headers)


async def _send(
    request: web.Request, pieces: Iterator[bytes], size: int, headers: Mapping[str, str]
) -> web.StreamResponse:
    response: web.StreamResponse
    if size < STREAM:
        response = web.Response(body=b"".join(pieces), headers=headers)
    else:
        response = web.StreamResponse(headers=headers)
    if size >= COMPRESS and "gzip" in request.headers.get("Accept-Encoding", "").lower():
        response.enable_compression(web.ContentCoding.gzip)
    if size < STREAM:
        return response
    await response.prepare(request)
    try:
        for piece in pieces:
            await response.write(piece)
        await response.write_eof()
    except asyncio.CancelledError:
        # The head is out: only an end of the connection tells that the answer is not whole.
        if request.transport is not None:
            request.transport.abort()
        raise
    return response


BEFORE = Field("before", "The id of an entry: those older than it.", text(LONGEST_ID), default="")
LIMIT = Field("limit", "Most entries.", whole(1, 1000), default=PAGE)

OPERATIONS = (
    Operation(
        "GET", "/audit/queries", Scope.AUDIT, list_audit_queries, "The questions that may be asked of the audit log.",
        "AuditQueries", tagged=True, refusals=(404,),
    ),
    Operation(
        "GET", "/audit/queries/{name}", Scope.AUDIT, ask_audit_query,
        "Ask the audit log. With format=csv the answer is CSV.",
        "AuditAnswer", open_query=True, csv=True, tagged=True, denied=denied, refusals=(404, 413, 429, 500, 504),
    ),
    Operation(
        "GET", "/audit/queries/{name}/values/{column}", Scope.AUDIT, list_audit_values,
        "The distinct values of a column of an answer, for Grafana's variables; within 200 ms or not at all.",
        "AuditValues", open_query=True, tagged=True, denied=denied, refusals=(404, 413, 429, 500, 504),
    ),
    Operation(
        "GET", "/audit/access", Scope.ADMIN, list_audit_access, "Who asked the audit log what, newest first.",
        "AuditAccess", query=(BEFORE, LIMIT),
    ),
)  # fmt: skip
