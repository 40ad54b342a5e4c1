"""Connect to the audit database, and turn what PostgreSQL says into a sentence and its mend, without a secret."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from fraiseql_observe.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECT_TIMEOUT = 10  # seconds
_PORTS = re.compile(r"[0-9,]*")


def described(url: str) -> str:
    """Which database this is, for messages: host, port and name, never the password.

    Raises:
        AuditError: when `url` is no connection URL.
    """
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        parts = {"port": "malformed"}
    host, port, name = (str(parts.get(key) or "") for key in ("host", "port", "dbname"))
    if not _PORTS.fullmatch(port) or "@" in host + name:
        # A character of the password that is not encoded moves the rest of it into host, port or name: repeat nothing.
        raise AuditError(
            "The database URL is malformed.",
            hint="write postgresql://user@host:5432/database and percent-encode special characters",
        )
    return f"{host or 'localhost'}:{port or 5432}/{name}"


@contextmanager
def connected(url: str) -> Iterator[psycopg.Connection[Any]]:
    """An autocommit connection; every database error inside becomes an `AuditError`."""
    where = described(url)
    try:
        connection = psycopg.connect(
            url, autocommit=True, connect_timeout=CONNECT_TIMEOUT, application_name="fraiseql-observe setup"
        )
    except psycopg.OperationalError as error:
        raise unreachable(where, error) from None
    with connection:
        try:
            yield connection
        except psycopg.Error as error:
            raise refused(where, error) from error


def unreachable(where: str, error: psycopg.OperationalError) -> AuditError:
    """Why there is no connection, as an error of ours."""
    text = str(error).lower()
    if "password" in text or "authentication" in text or "no pg_hba.conf entry" in text:
        hint = "check the user and its password; PGPASSWORD or ~/.pgpass keep it out of the command line"
        return AuditError(f"PostgreSQL at {where} refused the login.", hint=hint)
    if "does not exist" in text:
        return AuditError(f"PostgreSQL has no such database or user: {where}.", hint="check the URL, or createdb")
    hint = "is the server running there, and do firewall and listen_addresses let you in?"
    return AuditError(f"PostgreSQL at {where} does not answer.", hint=hint)


def refused(where: str, error: psycopg.Error) -> AuditError:
    """What PostgreSQL would not do, as an error of ours."""
    said = (error.diag.message_primary or str(error).split("\n", 1)[0]).rstrip(".")
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        hint = "run it as the owner of the database and of FraiseQL's tables, with CREATEROLE; --print shows the SQL"
        return AuditError(f"The user has too few rights in {where}: {said}.", hint=hint)
    if isinstance(error, psycopg.errors.LockNotAvailable | psycopg.errors.QueryCanceled):
        hint = "a long transaction holds a lock; try again when it is over (nothing was changed)"
        return AuditError(f"PostgreSQL at {where} gave up waiting: {said}.", hint=hint)
    if isinstance(error, psycopg.errors.UndefinedObject) and said.startswith("role "):
        return AuditError(f"PostgreSQL at {where}: {said}.", hint="check --app-role, or createuser first")
    return AuditError(f"PostgreSQL at {where} refused a statement: {said}.", hint="--print shows the SQL that was run")
