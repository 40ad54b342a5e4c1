"""redis_exporter: the cache server's own numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from urllib.parse import unquote, urlsplit

from fraiseql_observe.demo.servers import programs
from fraiseql_observe.demo.servers.process import Command
from fraiseql_observe.demo.servers.server import HOST, Server, answers

if TYPE_CHECKING:
    from pathlib import Path


class RedisExporter(Server):
    """Exports the server behind `redis_url`; the password reaches it by its environment."""

    name: ClassVar[str] = "redis_exporter"

    def __init__(self, redis_url: str, *, port: int | None = None, folder: Path | None = None) -> None:
        super().__init__(port=port, folder=folder)
        self._target = urlsplit(redis_url)

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self._target.password or "",)

    def command(self) -> Command:
        target = self._target
        return Command(
            [programs.REDIS_EXPORTER.find(), "-web.listen-address", f"{HOST}:{self.port}"],
            env={
                "REDIS_ADDR": f"redis://{target.hostname}:{target.port or 6379}",
                "REDIS_PASSWORD": unquote(target.password or ""),
            },
        )

    def ready(self) -> bool:
        return answers(f"{self.url}/metrics", timeout=5)
