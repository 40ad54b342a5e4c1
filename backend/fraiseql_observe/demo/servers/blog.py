"""The blog under uvicorn, as a child process of the same interpreter."""

from __future__ import annotations

import secrets
import sys
from typing import TYPE_CHECKING, ClassVar

from fraiseql_observe.demo.servers.process import Command
from fraiseql_observe.demo.servers.server import HOST, Server, answers

if TYPE_CHECKING:
    from pathlib import Path


class BlogServer(Server):
    """The FraiseQL application.

    Args:
        database_url: of the prepared database.
        redis_url: where one of its caches lives; in PostgreSQL when None.
        workers: processes; more than one share their metrics through files.
    """

    name: ClassVar[str] = "blog"

    def __init__(
        self,
        database_url: str,
        *,
        redis_url: str | None = None,
        workers: int = 1,
        port: int | None = None,
        folder: Path | None = None,
    ) -> None:
        super().__init__(port=port, folder=folder)
        self.token_secret = secrets.token_urlsafe(32)
        self._database_url = database_url
        self._redis_url = redis_url
        self._workers = workers

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.token_secret, self._database_url, self._redis_url or "")

    def prepare(self) -> None:
        """Begin with empty metrics: files of workers that are gone would be counted for ever."""
        self._metrics.mkdir(exist_ok=True)
        for old in self._metrics.glob("*.db"):
            old.unlink()

    def command(self) -> Command:
        environment = {"BLOG_DATABASE_URL": self._database_url, "BLOG_TOKEN_SECRET": self.token_secret}
        if self._redis_url:
            environment["BLOG_REDIS_URL"] = self._redis_url
        if self._workers > 1:
            environment["PROMETHEUS_MULTIPROC_DIR"] = str(self._metrics)
        return Command(
            [
                *(sys.executable, "-m", "uvicorn", "--factory", "fraiseql_observe.demo.blog.asgi:app"),
                *("--host", HOST, "--port", str(self.port), "--workers", str(self._workers)),
                *("--log-level", "warning", "--no-access-log", "--timeout-graceful-shutdown", "5"),
            ],
            env=environment,
            cwd=self.folder,  # FraiseQL writes its security log into the working directory
        )

    def ready(self) -> bool:
        return answers(f"{self.url}/ready", timeout=5)

    @property
    def _metrics(self) -> Path:
        return self.folder / "metrics"
