"""The traffic, as a child process of the same interpreter."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from fraiseql_observe.demo.servers.process import Command
from fraiseql_observe.demo.servers.server import Server
from fraiseql_observe.demo.traffic import STARTED

if TYPE_CHECKING:
    from pathlib import Path

    from fraiseql_observe.demo.servers.blog import BlogServer


@dataclass(frozen=True, slots=True)
class Auditor:
    """The backend whose audit log somebody looks at, and with which token."""

    url: str
    token: str


class TrafficGenerator(Server):
    """Sends `rate` operations a second to a blog, and resolves the errors that have stopped. It listens to nothing.

    With `audit` somebody also asks the backend's questions about the audit log.
    """

    name: ClassVar[str] = "traffic"

    def __init__(
        self,
        blog: BlogServer,
        database_url: str,
        *,
        rate: float,
        audit: Auditor | None = None,
        folder: Path | None = None,
    ) -> None:
        super().__init__(folder=folder)
        self._blog = blog
        self._database_url = database_url
        self._rate = rate
        self._audit = audit

    @property
    def secrets(self) -> tuple[str, ...]:
        own = (self._audit.token,) if self._audit else ()
        return (self._blog.token_secret, self._database_url, *own)

    def command(self) -> Command:
        return Command(
            [sys.executable, "-m", "fraiseql_observe.demo.traffic"],
            env={
                "TRAFFIC_URL": self._blog.url,
                "TRAFFIC_DATABASE_URL": self._database_url,
                "TRAFFIC_TOKEN_SECRET": self._blog.token_secret,
                "TRAFFIC_RATE": str(self._rate),
                **(
                    {"TRAFFIC_AUDIT_URL": self._audit.url, "TRAFFIC_AUDIT_TOKEN": self._audit.token}
                    if self._audit
                    else {}
                ),
            },
            cwd=self.folder,
        )

    def ready(self) -> bool:
        """It says so once it can be stopped with a summary."""
        return self.log.exists() and STARTED in self.log.read_text()
