"""The alert store: can it be reached and written, and is its schema this program's? Nothing is migrated."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg

from fraiseql_observe.doctor import clocks
from fraiseql_observe.doctor.finding import Finding, note, ok, wrong
from fraiseql_observe.store import migrations
from fraiseql_observe.store.postgres_session import SCHEMA, Server
from fraiseql_observe.store.sqlite_file import path_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fraiseql_observe.config.settings import Settings
    from fraiseql_observe.doctor.asked import Asked

SUBJECT = "store"
LEAST_ROOM = 256 * 1024 * 1024  # bytes
_VERSION = "select coalesce(max(version), 0) from schema_version"
_POSTGRES = """
select pg_is_in_recovery() or current_setting('transaction_read_only') = 'on',
       to_regclass(%(table)s) is not null,
       clock_timestamp(),
       has_database_privilege(current_database(), 'create')
"""


def look(asked: Asked, settings: Settings) -> Iterator[Finding]:
    """Look at the store that the settings name."""
    url = settings.store.url.reveal()
    if url.startswith("sqlite:"):
        yield from _sqlite(path_of(url))
    else:
        yield from _postgres(url, asked)


def _sqlite(file: Path) -> Iterator[Finding]:
    folder = file.absolute().parent
    if not folder.is_dir():
        yield wrong(SUBJECT, f"the folder {folder} does not exist", f"mkdir -p {folder}, or name another in store.url")
        return
    if not os.access(folder, os.W_OK | os.X_OK) or (file.exists() and not os.access(file, os.W_OK)):
        yield wrong(
            SUBJECT, f"this user may not write {file}", "run doctor as the user of `serve`, or chown the folder"
        )
        return
    room = shutil.disk_usage(folder).free
    if room < LEAST_ROOM:
        yield wrong(SUBJECT, f"{folder} has {room // 1024**2} MiB left", "make room, or name another disk in store.url")
    if not file.exists():
        yield note(SUBJECT, f"{file} does not exist yet", "`fraiseql-observe serve` makes it at its first start")
        return
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=2)) as connection:
            version = connection.execute(_VERSION).fetchone()[0]
    except sqlite3.Error as error:
        yield wrong(
            SUBJECT, f"{file} cannot be read: {error}", "restore it from a backup, or name another in store.url"
        )
        return
    yield _judged(str(file), int(version))


def _postgres(url: str, asked: Asked) -> Iterator[Finding]:
    name = Server(url).name
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=max(2, round(asked.seconds))) as connection:
            before = asked.clock()
            row = connection.execute(_POSTGRES, {"table": f"{SCHEMA}.schema_version"}).fetchone()
            standby, there, theirs, creates = row or (False, False, before, False)
            yield clocks.judge("the store's server", theirs, before, asked.clock())
            if standby:
                yield wrong(
                    SUBJECT, f"{name} takes no writes: it is a standby or read-only", "name the primary in store.url"
                )
            elif there:
                connection.execute(f"set search_path = {SCHEMA}")
                yield _judged(name, int((connection.execute(_VERSION).fetchone() or (0,))[0]))
            elif creates:
                yield note(
                    SUBJECT,
                    f"{name} has no schema {SCHEMA} yet",
                    "`fraiseql-observe serve` makes it at its first start",
                )
            else:
                advice = f"create schema {SCHEMA} authorization USER, as the owner of the database"
                yield wrong(SUBJECT, f"{name} has no schema {SCHEMA}, and this user may not make it", advice)
    except psycopg.OperationalError:
        yield wrong(
            SUBJECT,
            f"{name} cannot be reached, or refuses the login",
            "check store.url, the server and its pg_hba.conf",
        )
    except psycopg.Error as error:
        yield wrong(
            SUBJECT, f"{name} refused to say ({type(error).__name__})", "let this user read the schema " + SCHEMA
        )


def _judged(name: str, version: int) -> Finding:
    ours = migrations.shipped()[-1].version
    if version > ours:
        said = f"{name} has schema version {version}, this program knows {ours}"
        return wrong(SUBJECT, said, "run the version of fraiseql-observe that wrote it, or a newer one")
    if version < ours:
        said = f"{name} has schema version {version}, this program's is {ours}"
        return note(SUBJECT, said, "`fraiseql-observe serve` brings it up to date at its next start")
    return ok(SUBJECT, f"{name} can be reached, schema version {version}")
