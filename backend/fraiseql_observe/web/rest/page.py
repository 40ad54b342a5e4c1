"""The reference page of the REST interface, made from the declared operations.

`python -m fraiseql_observe.web.rest.page docs/reference` writes it; a test fails when it is stale.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fraiseql_observe.web.rest import OPERATIONS
from fraiseql_observe.web.rest.fields import SPAN
from fraiseql_observe.web.rest.operation import BASE
from fraiseql_observe.web.rest.schemas import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fraiseql_observe.web.rest.fields import Field
    from fraiseql_observe.web.rest.operation import Operation

FILE = "rest.md"
HEAD = f"""\
# REST interface

Everything under `{BASE}`; `{BASE}/openapi.json` is the same in OpenAPI 3.1, and [openapi.json](openapi.json) is a
copy. Made from the declared operations. [Tokens](../how-to/tokens.md) says how to get in.

    curl -H "Authorization: Bearer $TOKEN" 'http://127.0.0.1:9095{BASE}/alerts?state=firing'

- **Alerts.** What is called an alert here is one group of alerts as Alertmanager makes it (its `group_by`), with the
  members that fire or fired, a timeline and the messages about it: what the console calls an incident. Its members are
  in `alerts` of `GET /alerts/{{id}}`.
- **Scopes.** `alerts:read`; `alerts:write`, which may also read; `intake:write`, for
  `POST /webhooks/alertmanager` only; `admin`, which may everything. No token 401, not the scope 403.
- **Parameters** are strict: an unknown, repeated or malformed one is a 400 that names all of them. Times are RFC 3339
  with a zone, or milliseconds since the epoch. Bodies are JSON in UTF-8 of at most 64 KiB.
- **Errors** all look alike: `{{"ok": false, "error": "<sentence>", "errors": ["…"], "status": 400}}`.
  `X-Request-ID` is given back, or made; the log knows it.
- **Pages.** A list has `next`; give it as `cursor` until it is empty. The order is the newest first. Alerts that open
  meanwhile are on none of the further pages.
- **Caching.** `GET /alerts` and `GET /alerts/{{id}}` have an `ETag` and answer 304 to `If-None-Match`.
- **Changing.** Actions may be repeated: the second acknowledgement answers `"changed": false` and who was first. With
  `If-Match` and the ETag that was seen they answer 412 when the alert has changed since.
- `match=` takes labels that must be equal, `team="database"`; several must all hold. For more there is `text=`.
"""
OUTSIDE = """\
## Outside of it

| address | what | token |
|---|---|---|
| `POST /webhooks/alertmanager` | the webhook of Alertmanager (version 4) or Grafana (version 1) | intake |
| `POST /webhooks/slack/actions` | clicks in Slack, signed by Slack | none |
| `GET /healthz` | 200 while the process answers | none |
| `GET /readyz` | 200 when alerts can be taken, else 503 with the reasons in `failing` | none |
| `GET /metrics` | the backend's own metrics, for Prometheus | none |
| `GET /` | the console | its login |

The webhook answers 200 only when the alert is committed; 503 with Retry-After when it cannot be now, and then
Alertmanager comes again within seconds; 400 for a body that no repetition mends (a copy is kept,
`GET /rejected-webhooks`); 401 and 403 without the right token. It never answers 408, 413, 429 or a redirect:
Alertmanager takes the first three for final until its next group interval, and follows a redirect with a GET whose 200
it takes for a delivery.
"""


def page() -> str:
    """docs/reference/rest.md."""
    return "\n".join([HEAD, *(_operation(one) for one in OPERATIONS), OUTSIDE])


def _operation(one: Operation) -> str:
    return "\n".join([f"## `{one.method} {one.path}`\n", f"{one.summary} Scope `{one.scope}`.\n", *_facts(one)])


def _facts(one: Operation) -> Iterator[str]:
    yield from _table("parameter", one.query)
    yield from _table("key of the body", one.body or ())
    answer = f"`{one.status}`" + (f" {_shape(SCHEMAS[one.answer])}" if one.answer else " without a body")
    refusals = ", ".join(f"`{status}`" for status in one.refusals)
    yield f"Answers {answer}" + (f"; also {refusals}" if refusals else "") + ".\n"


def _table(title: str, fields: Iterable[Field]) -> Iterator[str]:
    rows = [
        f"| `{one.name}` | {_kind(one)} | {one.about}{' Must be given.' if one.required else ''} |" for one in fields
    ]
    if rows:
        yield "\n".join([f"| {title} | | |", "|---|---|---|", *rows]) + "\n"


def _kind(field: Field) -> str:
    schema = field.kind.schema
    if "enum" in schema:
        words = ", ".join(f"`{one}`" for one in schema["enum"])
    elif schema.get("format") == "date-time":
        words = "time"
    elif schema["type"] == "integer":
        words = f"{schema['minimum']} to {schema['maximum']}"
    elif field.kind is SPAN:
        words = "duration such as `2h`"
    else:
        words = {"string": "text", "boolean": "`true`, `false`", "object": "names to texts"}[schema["type"]]
    return f"{words}; several" if field.many else words


def _shape(schema: dict[str, Any]) -> str:
    if schema.get("type") == "array":
        return f"a list of {_shape(schema['items'])}"
    return f"`{{{', '.join(schema['properties'])}}}`"


if __name__ == "__main__":
    (Path(sys.argv[1]) / FILE).write_text(page(), encoding="utf-8")
