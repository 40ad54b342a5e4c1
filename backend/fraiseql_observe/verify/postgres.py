"""Ask a PostgreSQL what a SQL panel asks it: one statement, read-only, for a limited time and number of rows."""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from fraiseql_observe.errors import VerifyError
from fraiseql_observe.verify.judge import Rows
from fraiseql_observe.verify.options import Option

ROW_CAP = 10_000
CONNECT_SECONDS = 5
NUMERIC_TYPES = frozenset({20, 21, 23, 700, 701, 790, 1700})
HINTS = {
    "42P01": "run `fraiseql-observe setup audit`",
    "3F000": "run `fraiseql-observe setup audit`",
    "42883": "run `fraiseql-observe setup audit`, or create the extension that has the function",
    "42501": "grant the role fraiseql_observe_reader to this user",
    "57014": "the query took too long: raise --timeout, or ask a shorter --range",
    "25006": "the query wants to write; a panel must only read",
    "42601": "a panel may send one statement, and it must be valid SQL",
}
PASSWORD = "28P01"  # noqa: S105  the SQLSTATE of a wrong password


class Postgres:
    """A PostgreSQL server and database.

    Args:
        url: a connection URL or keyword string; a password belongs into PGPASSWORD, a service file or .pgpass.
        timeout: seconds that one query may take.
        row_cap: how many rows are fetched at most.
    """

    def __init__(self, url: str, *, timeout: float = 10, row_cap: int = ROW_CAP) -> None:
        try:
            given = conninfo_to_dict(url)
        except psycopg.ProgrammingError:
            # The library's message repeats the text, and the text may hold a password.
            raise VerifyError(
                "The PostgreSQL URL is malformed.", hint="write postgresql://user@host:5432/database in --postgres"
            ) from None
        self.shown = f"{given.get('host', 'localhost')}:{given.get('port', 5432)}/{given.get('dbname', '')}".rstrip("/")
        bounded: dict[str, Any] = {
            "connect_timeout": CONNECT_SECONDS,
            "tcp_user_timeout": round(timeout * 2000),
            "application_name": "fraiseql-observe verify",
        }
        self._conninfo = make_conninfo("", **{**bounded, **given})
        self._milliseconds = round(timeout * 1000)
        self._row_cap = row_cap

    def probe(self) -> None:
        """Make sure that the database answers.

        Raises:
            VerifyError: it does not; says why and what to do.
        """
        self.ask("select 1")

    def ask(self, sql: str) -> Rows:
        """The rows of one statement.

        Raises:
            VerifyError: the server cannot be reached or refuses the statement.
        """
        with closing(self._connect()) as connection:
            try:
                return self._rows(connection, sql)
            except psycopg.Error as error:
                raise _refusal(error) from None

    def options(self, sql: str) -> tuple[Option, ...]:
        """What a variable query gives: `__text` and `__value` columns, else the values of all columns."""
        answer = self.ask(sql)
        if {"__text", "__value"} <= set(answer.columns):
            text, value = answer.columns.index("__text"), answer.columns.index("__value")
            found = [Option(str(row[value]), str(row[text])) for row in answer.rows]
        else:
            cells = (row[place] for place in range(len(answer.columns)) for row in answer.rows)
            found = [Option(str(cell), str(cell)) for cell in cells if cell is not None]
        return tuple({option.text: option for option in reversed(found)}.values())[::-1]

    def _connect(self) -> psycopg.Connection[Any]:
        try:
            connection = psycopg.connect(self._conninfo)
        except psycopg.Error as error:
            raise self._unreachable(error) from None
        connection.read_only = True
        return connection

    def _rows(self, connection: psycopg.Connection[Any], sql: str) -> Rows:
        cursor = connection.cursor()
        # Not a start-up option: connection poolers refuse those.
        cursor.execute("select set_config('statement_timeout', %s, true)", (str(self._milliseconds),))
        # Streaming speaks the extended protocol, which takes one statement: none can leave the transaction and write.
        rows = tuple(islice(cursor.stream(sql.encode()), self._row_cap + 1))
        description = cursor.description or []
        return Rows(
            columns=tuple(column.name for column in description),
            numeric=frozenset(column.name for column in description if column.type_code in NUMERIC_TYPES),
            rows=rows[: self._row_cap],
            truncated=len(rows) > self._row_cap,
        )

    def _unreachable(self, error: psycopg.Error) -> VerifyError:
        """A sentence from the kind of failure; the library's own words may repeat the password."""
        text = str(error).lower()
        if error.sqlstate == PASSWORD or "password" in text:
            return VerifyError(
                f"PostgreSQL at {self.shown} refuses the password.", hint="set PGPASSWORD, or use ~/.pgpass"
            )
        for words, what, hint in _UNREACHABLE:
            if words in text:
                return VerifyError(f"PostgreSQL at {self.shown} {what}.", hint=hint)
        return VerifyError(f"PostgreSQL at {self.shown} cannot be reached.", hint=_MEND_URL)


_MEND_URL = "start it, or mend --postgres (FRAISEQL_OBSERVE_POSTGRES_URL)"
_UNREACHABLE = (
    ("timeout expired", "did not answer in time", _MEND_URL),
    ("does not exist", "has no such database or user", "mend the user and database in --postgres"),
    ("certificate", "has a certificate that this machine does not trust", "set sslrootcert in the URL"),
    ("ssl", "cannot agree with us on TLS", "set sslmode in the URL"),
    ("pg_hba.conf", "does not let this user in from here", "add a line to its pg_hba.conf"),
    ("too many", "has no connection left", "lower --concurrency, or wait"),
)


def _refusal(error: psycopg.Error) -> VerifyError:
    first = (error.diag.message_primary or str(error)).splitlines()[0][:300]
    return VerifyError(f"SQL error {error.sqlstate or '?'}: {first}", hint=HINTS.get(error.sqlstate or "", ""))
