"""Prometheus with a configuration, rules and storage of its own."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, ClassVar

from fraiseql_observe.demo.servers import programs
from fraiseql_observe.demo.servers.process import Command
from fraiseql_observe.demo.servers.server import HOST, Server, answers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CONFIG = "prometheus.yml"


class PrometheusServer(Server):
    """A Prometheus server.

    Args:
        files: what to write into its folder, by relative path; `prometheus.yml` is the configuration, and paths inside
            it (such as `rule_files`) are relative to that folder.
    """

    name: ClassVar[str] = "prometheus"

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
                programs.PROMETHEUS.find(),
                f"--config.file={self.folder / CONFIG}",
                f"--storage.tsdb.path={self.folder / 'data'}",
                "--storage.tsdb.retention.time=1d",
                f"--web.listen-address={HOST}:{self.port}",
                f"--web.external-url={self.url}",
            ],
            cwd=self.folder,
        )

    def ready(self) -> bool:
        return answers(f"{self.url}/-/ready")

    def reload(self, files: Mapping[str, str | bytes]) -> None:
        """Write changed files and have the running server read them."""
        self.files |= files
        self.prepare()
        if self._process:
            self._process.send(signal.SIGHUP)


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # a configuration may carry credentials
        path.write_bytes(content.encode() if isinstance(content, str) else content)
