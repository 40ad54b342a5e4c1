"""postgres_exporter: PostgreSQL's own numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from urllib.parse import unquote, urlsplit

from fraiseql_observe.demo.servers import programs
from fraiseql_observe.demo.servers.process import Command
from fraiseql_observe.demo.servers.server import HOST, Server, answers

if TYPE_CHECKING:
    from pathlib import Path


class PostgresExporter(Server):
    """Exports the server behind `database_url`; the password reaches it by its environment."""

    name: ClassVar[str] = "postgres_exporter"

    def __init__(self, database_url: str, *, port: int | None = None, folder: Path | None = None) -> None:
        super().__init__(port=port, folder=folder)
        self._target = urlsplit(database_url)

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self._target.password or "",)

    def command(self) -> Command:
        target = self._target
        return Command(
            [programs.POSTGRES_EXPORTER.find(), f"--web.listen-address={HOST}:{self.port}"],
            env={
                "DATA_SOURCE_URI": f"{target.hostname}:{target.port or 5432}{target.path}?sslmode=disable",
                "DATA_SOURCE_USER": unquote(target.username or "postgres"),
                "DATA_SOURCE_PASS": unquote(target.password or ""),
            },
        )

    def ready(self) -> bool:
        return answers(f"{self.url}/metrics", timeout=5)
