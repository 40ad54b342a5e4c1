"""postgres_exporter: PostgreSQL's own numbers."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import unquote

from fraiseql_observe.demo.servers import programs
from fraiseql_observe.demo.servers.exporter import TargetExporter
from fraiseql_observe.demo.servers.process import Command
from fraiseql_observe.demo.servers.server import HOST


class PostgresExporter(TargetExporter):
    name: ClassVar[str] = "postgres_exporter"

    def command(self) -> Command:
        target = self.target
        return Command(
            [programs.POSTGRES_EXPORTER.find(), f"--web.listen-address={HOST}:{self.port}"],
            env={
                "DATA_SOURCE_URI": f"{target.hostname}:{target.port or 5432}{target.path}?sslmode=disable",
                "DATA_SOURCE_USER": unquote(target.username or "postgres"),
                "DATA_SOURCE_PASS": self.password,
            },
        )
