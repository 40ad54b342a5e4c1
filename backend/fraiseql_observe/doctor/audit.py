"""The audit database: what `setup audit --check` says of its set-up, and the walls that its reader meets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fraiseql_observe.audit import check
from fraiseql_observe.audit.connect import connected, described
from fraiseql_observe.audit.verifier import VERIFIER
from fraiseql_observe.doctor import clocks
from fraiseql_observe.doctor.finding import Finding, ok, wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fraiseql_observe.doctor.asked import Asked

SUBJECT = "audit"
_MAY_VERIFY = """
select exists (select from pg_catalog.pg_roles
                where rolname = %(role)s and pg_has_role(session_user, oid, 'member'))
    or exists (select from pg_catalog.pg_namespace
                where nspname = 'fraiseql_observe' and pg_has_role(session_user, nspowner, 'member'))
"""


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


def maintainer(url: str) -> Iterator[Finding]:
    """Look whether the service's user for maintenance may maintain, and how the log is kept.

    Raises:
        AuditError: the database does not answer.
    """
    yield from _told(check.maintenance, url)


def verifier(url: str) -> Iterator[Finding]:
    """Look whether the service's user for hash chains may read what they are verified from.

    Raises:
        AuditError: the database does not answer.
    """
    with connected(url) as connection:
        row = connection.execute(_MAY_VERIFY, {"role": VERIFIER}).fetchone()
    subject = f"{SUBJECT}: user of audit.chain_url"
    if row and row[0]:
        yield ok(subject, "may verify hash chains")
    else:
        yield wrong(subject, "may not verify hash chains", f"grant {VERIFIER} to this user")


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
