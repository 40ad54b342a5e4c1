"""PostgreSQL with a data folder of its own."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
from textwrap import indent
from typing import TYPE_CHECKING, ClassVar

import psycopg
from psycopg import sql

from fraiseql_observe.demo.servers import programs
from fraiseql_observe.demo.servers.process import Command
from fraiseql_observe.demo.servers.server import HOST, Server
from fraiseql_observe.errors import DemoError

if TYPE_CHECKING:
    from pathlib import Path

SUPERUSER = "postgres"
INITDB_WITHIN = 60.0  # seconds


class PostgresServer(Server):
    """A PostgreSQL server, password protected, on loopback TCP only; pg_stat_statements is loaded when installed.

    Attributes:
        url: of the superuser, with its password. Do not print it.
    """

    name: ClassVar[str] = "postgresql"
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT  # "fast": does not wait for clients to leave

    def __init__(
        self, *, port: int | None = None, folder: Path | None = None, settings: dict[str, str | int] | None = None
    ) -> None:
        super().__init__(port=port, folder=folder)
        self.settings = settings or {}
        self.password = secrets.token_urlsafe(18)
        self.data = self.folder / "data"

    @property
    def url(self) -> str:
        return self.url_of("postgres")

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.password,)

    def url_of(self, database: str, *, user: str = SUPERUSER, password: str | None = None) -> str:
        return f"postgresql://{user}:{password or self.password}@{HOST}:{self.port}/{database}"

    def create_database(self, name: str) -> str:
        """Create a database and return the superuser's URL of it."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        return self.url_of(name)

    def prepare(self) -> None:
        if not (self.data / "PG_VERSION").exists():
            _give_to(self.folder, _user())
            self._initdb(programs.POSTGRES.find())

    def command(self) -> Command:
        binaries = programs.POSTGRES.find()
        options = {
            "listen_addresses": HOST,
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": "off",  # the data is scratch: a crash of the machine may eat it
            "logging_collector": "off",
            "log_min_messages": "warning",
            "log_min_error_statement": "panic",  # statements hold what users typed
        }
        if has_stat_statements(binaries):
            options["shared_preload_libraries"] = "pg_stat_statements"
        flags = [part for name, value in (options | self.settings).items() for part in ("-c", f"{name}={value}")]
        return Command(
            [binaries / "postgres", "-D", self.data, *flags], user=_user(), cwd=self.folder, death_signal=signal.SIGINT
        )

    def ready(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _initdb(self, binaries: Path) -> None:
        password = self.folder / "password"
        password.touch(mode=0o600)
        password.write_text(self.password)
        _give_to(password, _user())
        try:
            _run_initdb(binaries, self.data, password)
        finally:
            password.unlink()


def has_stat_statements(binaries: Path) -> bool:
    library = binaries.parent / "lib"
    return any((folder / "pg_stat_statements.so").exists() for folder in (library, library / "postgresql"))


def _run_initdb(binaries: Path, data: Path, password: Path) -> None:
    user = _user()
    argv: list[str | Path] = [
        binaries / "initdb", "--pgdata", data, "--username", SUPERUSER, "--pwfile", password, "--auth", "scram-sha-256",
        "--encoding", "UTF8", "--no-locale", "--no-sync",
    ]  # fmt: skip
    result = subprocess.run(  # noqa: S603  our own argument list, no shell
        argv, capture_output=True, text=True, timeout=INITDB_WITHIN, check=False, cwd=data.parent, user=user, group=user
    )
    if result.returncode:
        shutil.rmtree(data, ignore_errors=True)
        who = f" as the user {user}" if user else ""
        raise DemoError(
            f"initdb could not create PostgreSQL's data folder{who}:\n{indent(result.stderr.strip()[-500:], '  | ')}",
            hint=f"check that {data.parent} can be reached{who}, or set TMPDIR to a folder that can",
        )


def _user() -> str | None:
    """Return the user PostgreSQL must run as: it refuses root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _give_to(path: Path, user: str | None) -> None:
    if user:
        shutil.chown(path, user)
