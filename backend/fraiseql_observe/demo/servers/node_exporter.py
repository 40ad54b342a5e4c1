"""node_exporter: this machine's processor, memory and disks."""

from __future__ import annotations

from typing import ClassVar

from fraiseql_observe.demo.servers import programs
from fraiseql_observe.demo.servers.exporter import Exporter
from fraiseql_observe.demo.servers.process import Command
from fraiseql_observe.demo.servers.server import HOST


class NodeExporter(Exporter):
    name: ClassVar[str] = "node_exporter"

    def command(self) -> Command:
        return Command([programs.NODE_EXPORTER.find(), f"--web.listen-address={HOST}:{self.port}"])
