"""redis_exporter: the cache server's own numbers."""

from __future__ import annotations

from typing import ClassVar

from fraiseql_observe.demo.servers import programs
from fraiseql_observe.demo.servers.exporter import TargetExporter
from fraiseql_observe.demo.servers.process import Command
from fraiseql_observe.demo.servers.server import HOST


class RedisExporter(TargetExporter):
    name: ClassVar[str] = "redis_exporter"

    def command(self) -> Command:
        return Command(
            [programs.REDIS_EXPORTER.find(), "-web.listen-address", f"{HOST}:{self.port}"],
            env={
                "REDIS_ADDR": f"redis://{self.target.hostname}:{self.target.port or 6379}",
                "REDIS_PASSWORD": self.password,
            },
        )
