"""Prometheus with a configuration, rules and storage of its own."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, ClassVar

from fraiseql_observe.demo.servers import programs
from fraiseql_observe.demo.servers.configured import ConfiguredServer
from fraiseql_observe.demo.servers.process import Command
from fraiseql_observe.demo.servers.server import HOST

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG = "prometheus.yml"


class PrometheusServer(ConfiguredServer):
    """A Prometheus server; among its files `prometheus.yml` is the configuration."""

    name: ClassVar[str] = "prometheus"

    def command(self) -> Command:
        return Command(
            [
                programs.PROMETHEUS.find(),
                f"--config.file={self.folder / CONFIG}",
                f"--storage.tsdb.path={self.folder / 'data'}",
                "--storage.tsdb.retention.time=1d",
                # What fires before it has found Alertmanager is sent again in seconds, not in a minute.
                "--rules.alert.resend-delay=5s",
                f"--web.listen-address={HOST}:{self.port}",
                f"--web.external-url={self.url}",
            ],
            cwd=self.folder,
        )

    def reload(self, files: Mapping[str, str | bytes]) -> None:
        """Write changed files and have the running server read them."""
        self.files |= files
        self.prepare()
        if self._process:
            self._process.send(signal.SIGHUP)
