"""The audit database: what `setup audit --check` says of its set-up, and the walls that its reader meets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fraiseql_observe.audit import check
from fraiseql_observe.audit.connect import connected, described
from fraiseql_observe.doctor import clocks
from fraiseql_observe.doctor.finding import Finding, ok, wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fraiseql_observe.doctor.asked import Asked

SUBJECT = "audit"


def set_up(asked: Asked, url: str) -> Iterator[Finding]:
    """Look at the whole set-up, as a user who may see it.

    Raises:
        AuditError: the database does not answer.
    """
    yield _clock(asked, url)
    yield from _told(check.check, url)


def reader(asked: Asked, url: str) -> Iterator[Finding]:
    """Look at what the service's own user may do there.

    Raises:
        AuditError: the database does not answer.
    """
    yield _clock(asked, url)
    yield from _told(check.rights, url)


def _clock(asked: Asked, url: str) -> Finding:
    with connected(url) as connection:
        before = asked.clock()
        row = connection.execute("select clock_timestamp()").fetchone()
        after = asked.clock()
    return clocks.judge(f"the audit database {described(url)}", row[0] if row else before, before, after)


def _told(look: Callable[[str], list[check.Finding]], url: str) -> Iterator[Finding]:
    for one in look(url):
        subject = f"{SUBJECT}: {one.subject}"
        yield ok(subject, one.detail) if one.ok else wrong(subject, one.detail, one.hint)
