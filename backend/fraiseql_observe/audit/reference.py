"""`docs/reference/audit-questions.md`, written from the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fraiseql_observe.audit.catalogue import Catalogue
    from fraiseql_observe.audit.question import Question

_HEAD = """\
# Audit questions

What may be asked of the audit log. This page is written from the files in `backend/fraiseql_observe/audit/queries`.

`from` and `to` are the dashboard's time range, `bucket` its interval, `tenants` the selected tenants. A row without a
tenant belongs to `(none)`. A list is cut at `limit`.

A range of more than 6 hours is read from sums in whole hours, one of more than 7 days in whole days: `from` is moved
back and `to` forward to the edge. Lists of the newest rows keep to the range. What counts users, and what tells
percentiles, has a value an hour, beyond 7 days a value a day; percentiles from sums may be off by 5 per cent.
"""


def markdown(catalogue: Catalogue) -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(line for name in catalogue for line in _section(catalogue[name]))])


def _section(question: Question) -> Iterator[str]:
    kind = "time series" if question.format == "time_series" else "table"
    given = ", ".join(f"`{name}` ({parameter.type})" for name, parameter in question.parameters.items()) or "none"
    yield f"## {question.name}\n"
    yield f"**{question.title}** ({kind}). {question.description}\n"
    yield f"Parameters: {given}.\n"
    yield "| column | title | type | unit |"
    yield "|---|---|---|---|"
    for column in question.columns:
        yield f"| `{column.name}` | {column.title} | {column.type} | {column.unit} |"
    yield ""
