"""The alert backend with settings and a store of its own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar

import yaml

from fraiseql_observe.demo.servers.process import Command
from fraiseql_observe.demo.servers.server import HOST, Server, answers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SETTINGS = "fraiseql-observe.yaml"


class BackendServer(Server):
    """`fraiseql-observe serve` on loopback.

    Args:
        settings: what its YAML file says; address, port and a SQLite store in its folder are added where they
            are missing.
        prefix: words before the command, such as `taskset -c 0`.
    """

    name: ClassVar[str] = "backend"

    def __init__(
        self,
        settings: Mapping[str, Any],
        *,
        port: int | None = None,
        folder: Path | None = None,
        prefix: Sequence[str] = (),
    ) -> None:
        super().__init__(port=port, folder=folder)
        self.settings = settings
        self._prefix = prefix

    @property
    def settings_file(self) -> Path:
        return self.folder / SETTINGS

    def prepare(self) -> None:
        server = {"host": HOST, "port": self.port, **self.settings.get("server", {})}
        store = self.settings.get("store", {"url": f"sqlite:///{self.folder / 'alerts.db'}"})
        path = self.settings_file
        path.touch(mode=0o600)
        path.write_text(yaml.safe_dump({**self.settings, "server": server, "store": store}, sort_keys=False))

    def command(self) -> Command:
        argv = [sys.executable, "-m", "fraiseql_observe", "serve", "--config", str(self.settings_file)]
        return Command([*self._prefix, *argv], cwd=self.folder)

    def ready(self) -> bool:
        return answers(f"{self.url}/readyz")
