"""Alertmanager with a configuration and storage of its own."""

from __future__ import annotations

from typing import ClassVar

from fraiseql_observe.demo.servers import programs
from fraiseql_observe.demo.servers.configured import ConfiguredServer
from fraiseql_observe.demo.servers.process import Command
from fraiseql_observe.demo.servers.server import HOST

CONFIG = "alertmanager.yml"


class AlertmanagerServer(ConfiguredServer):
    """A single Alertmanager; among its files `alertmanager.yml` is the configuration."""

    name: ClassVar[str] = "alertmanager"

    def command(self) -> Command:
        return Command(
            [
                programs.ALERTMANAGER.find(),
                f"--config.file={self.folder / CONFIG}",
                f"--storage.path={self.folder / 'data'}",
                f"--web.listen-address={HOST}:{self.port}",
                f"--web.external-url={self.url}",
                "--cluster.listen-address=",
            ],
            cwd=self.folder,
        )
