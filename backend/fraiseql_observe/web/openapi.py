"""The OpenAPI 3.1 document, made from the declared operations; served, and committed as docs/reference/openapi.json.

`python -m fraiseql_observe.web.openapi docs/reference` writes it; a test fails when it is stale.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from fraiseql_observe._version import __version__
from fraiseql_observe.web.rest import OPERATIONS
from fraiseql_observe.web.rest.operation import BASE, LONGEST_ID, Operation
from fraiseql_observe.web.rest.schemas import SCHEMAS, ref

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fraiseql_observe.web.rest.fields import Field

PATH = f"{BASE}/openapi.json"
FILE = "openapi.json"
PLACES = re.compile(r"{(\w+)}")
ALWAYS = (400, 401, 403, 503)
# Not those of `http.HTTPStatus`, which change with Python.
WORDS = {
    200: "As asked",
    201: "Made",
    202: "Begun",
    204: "Done",
    304: "The client has it already",
    400: "Parameters or body are wrong: all problems at once",
    401: "No token, or one that is unknown, expired or revoked",
    403: "The token lacks the scope",
    404: "It does not exist",
    409: "Its state does not allow that",
    412: "It has changed since it was seen",
    413: "The body is too large, or the range of time too long",
    415: "The body is no JSON in UTF-8",
    429: "Too many questions at once; ask again soon",
    500: "The database refused the question, or answers not as its file declares",
    502: "A server that had to be asked did not answer well",
    503: "Not now; try again",
    504: "The question takes too long",
}
ABOUT = """\
Alerts, deliveries, maintenance windows, tokens and audit questions of the fraiseql-observe backend.

An alert here is one group of alerts as Alertmanager makes it, with its members and its timeline: what the console calls
an incident. Every request needs a bearer token whose scope its operation names; `admin` may everything, `alerts:write`
may also read. Unknown and malformed parameters are refused, all problems at once. Times are RFC 3339 with a zone, in
parameters also milliseconds since the epoch.
"""


def document() -> dict[str, Any]:
    """Return the document."""
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        paths.setdefault(BASE + operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "fraiseql-observe", "version": __version__, "description": ABOUT},
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "fqo_…"}},
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "description": f"Needs the scope `{operation.scope}`.",
        "security": [{"token": [str(operation.scope)]}],
        "responses": dict(_responses(operation)),
    }
    if parameters := list(_parameters(operation)):
        described["parameters"] = parameters
    if operation.body:
        schema = body_schema(operation.body)
        described["requestBody"] = {
            "required": bool(schema.get("required")),
            "content": {"application/json": {"schema": schema}},
        }
    return described


def _parameters(operation: Operation) -> Iterable[dict[str, Any]]:
    for name in PLACES.findall(operation.path):
        schema = {"type": "string", "maxLength": LONGEST_ID}
        yield {"name": name, "in": "path", "required": True, "schema": schema}
    if operation.open_query:
        yield {
            "name": "parameters",
            "in": "query",
            "description": "The question's own parameters, as the catalogue lists them; `text[]` is a JSON list.",
            "style": "form",
            "explode": True,
            "schema": {"type": "object", "additionalProperties": {"type": "string"}},
        }
    for field in operation.query:
        yield {"name": field.name, "in": "query", "description": field.about, "schema": _with_default(field)}
    if operation.conditional:
        yield _header("If-Match", "The ETag that was seen; 412 when the alert has changed since.")
    if operation.tagged:
        yield _header("If-None-Match", "ETags that the client has; 304 when one of them still holds.")


def _header(name: str, about: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "description": about, "schema": {"type": "string"}}


def body_schema(fields: Iterable[Field]) -> dict[str, Any]:
    """Return the schema of a JSON body."""
    required = [field.name for field in fields if field.required]
    properties = {field.name: {**_with_default(field), "description": field.about} for field in fields}
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": required} if required else schema


def _with_default(field: Field) -> dict[str, Any]:
    return field.schema if field.default in (None, "", {}) else {**field.schema, "default": field.default}


def _responses(operation: Operation) -> Iterable[tuple[str, dict[str, Any]]]:
    good: dict[str, Any] = {"description": WORDS[operation.status]}
    if operation.answer:
        good["content"] = _json(operation.answer)
        if operation.csv:
            good["content"]["text/csv"] = {"schema": {"type": "string"}}
    if operation.tagged or operation.conditional:
        good["headers"] = {"ETag": {"schema": {"type": "string"}}}
    yield str(operation.status), good
    if operation.tagged:
        yield "304", {"description": WORDS[304]}
    sized = (413, 415) if operation.body else ()
    for status in sorted({*ALWAYS, *operation.refusals, *sized}):
        yield str(status), {"description": WORDS[status], "content": _json("Error")}


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": ref(name)}}


def text() -> str:
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


async def serve(request: web.Request) -> web.Response:
    """The document itself; it holds nothing of this installation, so that it needs no token."""
    del request
    return web.Response(text=text(), content_type="application/json")


def add_routes(app: web.Application) -> None:
    app.router.add_get(PATH, serve)


if __name__ == "__main__":
    (Path(sys.argv[1]) / FILE).write_text(text(), encoding="utf-8")
