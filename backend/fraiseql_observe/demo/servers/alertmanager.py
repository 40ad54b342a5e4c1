"""Alertmanager with a configuration and storage of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from fraiseql_observe.demo.servers import programs
from fraiseql_observe.demo.servers.process import Command
from fraiseql_observe.demo.servers.prometheus import write_files
from fraiseql_observe.demo.servers.server import HOST, Server, answers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CONFIG = "alertmanager.yml"


class AlertmanagerServer(Server):
    """A single Alertmanager; `files` as for `PrometheusServer`, with `alertmanager.yml` as the configuration."""

    name: ClassVar[str] = "alertmanager"

    def __init__(
        self, files: Mapping[str, str | bytes], *, port: int | None = None, folder: Path | None = None
    ) -> None:
        super().__init__(port=port, folder=folder)
        self.files = dict(files)

    def prepare(self) -> None:
        write_files(self.folder, self.files)

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

    def ready(self) -> bool:
        return answers(f"{self.url}/-/ready")
