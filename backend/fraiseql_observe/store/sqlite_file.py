"""The SQLite file: opened for one process, and what its errors mean."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from fraiseql_observe.errors import ConfigError, ConflictError, ObserveError, StoreError

MANY = "For several processes or replicas use a store on PostgreSQL: postgresql://user@host/database."
BUSY_SECONDS = 5.0  # how long another program (a backup) may hold the file
STATEMENTS = 512  # prepared ones that are kept
_PRAGMAS = (
    "pragma journal_mode = wal",
    "pragma synchronous = full",  # a commit is on the disk, or it is none
    "pragma journal_size_limit = 67108864",
    "pragma wal_autocheckpoint = 8000",  # pages: who writes while the log goes into the file waits for two flushes more
    "pragma temp_store = memory",
)


def path_of(url: str) -> Path:
    """Give the file that `sqlite:///relative` or `sqlite:////absolute` names.

    Raises:
        ConfigError: it names none.
    """
    parts = urlsplit(url)
    path = unquote(parts.path)
    if parts.netloc or not path.startswith("/") or path in {"/", "/:memory:"} or parts.query:
        raise ConfigError(
            f"The store {url!r} does not name a file.",
            hint="Write sqlite:///observe.db (relative), or sqlite:////var/lib/fraiseql-observe/observe.db (absolute).",
        )
    return Path(path.removeprefix("/"))


class HeldError(StoreError):
    """Another process has the store open."""


class Lock:
    """Holds a file against every other process, until `release` or the end of this one."""

    def __init__(self, path: Path) -> None:
        """Take the lock beside the database file.

        Raises:
            StoreError: another process has it, or the folder cannot be written.
        """
        self._path = path.with_name(path.name + ".lock")
        try:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(
                f"The store {path} cannot be opened: {error.strerror}.",
                hint="Make its folder, and let this user write there; or name another file in `store.url`.",
            ) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._descriptor, 20, 0).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            who = f"Process {holder}" if holder.isdecimal() else "Another process"
            raise HeldError(f"{who} has the store {path} open; a SQLite file serves one process.", hint=MANY) from error
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    @classmethod
    def take(cls, path: Path, *, exclusive: bool) -> Lock | None:
        """Take the lock; a visitor, who is not exclusive, goes without while somebody else has it.

        Raises:
            StoreError: as the constructor.
        """
        try:
            return cls(path)
        except HeldError:
            if exclusive:
                raise
            return None

    def release(self) -> None:
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open a connection for whichever thread uses it, one at a time; a new file is for this user only.

    Raises:
        StoreError: it cannot be opened or is no such file.
    """
    try:
        _make(path)
        connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS
        )
        try:
            for pragma in _PRAGMAS:
                connection.execute(pragma)
            if read_only:
                connection.execute("pragma query_only = on")
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise explain(error, path) from error
    return connection


def _make(path: Path) -> None:
    """Make the file for this user only, where it is missing; SQLite's other files get its permissions.

    One that is there is never opened: to close a file drops all locks that the process has on it (POSIX), with them
    SQLite's, and then the next visitor to leave takes itself for the last and removes the log under the server.
    """
    with suppress(OSError):  # SQLite says it better
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def identity(path: Path) -> tuple[int, int] | None:
    """Which file stands at a path, by device and number; None when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def gone(path: Path) -> StoreError:
    """Say that another file stands at the path, or none."""
    return StoreError(
        f"The store {path} was deleted, moved or replaced while it was open.",
        hint="Put the file back, or start again with the one that is there; until then nothing is accepted.",
    )


def explain(error: sqlite3.Error, path: Path) -> ObserveError:
    """Say in a sentence what SQLite's error means."""
    code = getattr(error, "sqlite_errorname", "") or ""
    if code.startswith("SQLITE_CONSTRAINT") and ("UNIQUE" in code or "PRIMARYKEY" in code):
        return ConflictError("Somebody else wrote the same just before.", hint="Look again and repeat.")
    for beginning, sentence, hint in _MEANINGS:
        if code.startswith(beginning):
            return StoreError(sentence.format(path=path), hint=hint)
    return StoreError(f"The store {path} refused: {error}.", hint="This is a fault of the program; please report it.")


_MEANINGS = (
    (
        "SQLITE_FULL",
        "There is no room to write the store {path}: its disk is full.",
        "Make room; until then nothing is accepted and senders try again.",
    ),
    ("SQLITE_READONLY", "The store {path} cannot be written.", "Let this user write the file and its folder."),
    (
        "SQLITE_CORRUPT",
        "The store {path} is damaged.",
        "Stop the server and restore a backup, or recover it with `sqlite3 FILE .recover`.",
    ),
    (
        "SQLITE_NOTADB",
        "The store {path} is not a SQLite database.",
        "Name another file in `store.url`, or restore a backup.",
    ),
    ("SQLITE_BUSY", "The store {path} is locked by another program.", "Close whatever has it open."),
    ("SQLITE_LOCKED", "The store {path} is locked by another program.", "Close whatever has it open."),
    ("SQLITE_CANTOPEN", "The store {path} cannot be opened.", "Make its folder, and let this user write there."),
    ("SQLITE_IOERR", "The store {path} cannot be read or written: its disk fails.", "Look at the disk."),
    ("SQLITE_TOOBIG", "A value is larger than the store {path} takes.", "Send less at once."),
)


def names(cursor: sqlite3.Cursor) -> list[str]:
    return [column[0] for column in cursor.description or ()]
