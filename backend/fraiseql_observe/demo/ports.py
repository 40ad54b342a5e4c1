"""Which port is whose: consecutive ones from a base, so that a user frees or moves them together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fraiseql_observe.demo.servers.server import port_is_free
from fraiseql_observe.errors import DemoError

if TYPE_CHECKING:
    from collections.abc import Callable

BASE = 18000
NAMES = (
    "blog",
    "prometheus",
    "alertmanager",
    "grafana",
    "postgresql",
    "postgres_exporter",
    "node_exporter",
    "redis",
    "redis_exporter",
    "backend",
    "sinks",
    "mail",
)
LARGEST = 65535 - len(NAMES) + 1


@dataclass(frozen=True)
class Ports:
    base: int = BASE

    def of(self, name: str) -> int:
        return self.base + NAMES.index(name)

    def require_free(self, is_free: Callable[[int], bool] = port_is_free) -> None:
        """Raise `DemoError` naming every port that is taken."""
        taken = [(name, self.of(name)) for name in NAMES if not is_free(self.of(name))]
        if not taken:
            return
        those = ", ".join(f"{port} ({name})" for name, port in taken)
        raise DemoError(
            f"The demo needs the ports {self.base} to {self.of(NAMES[-1])}, and another program has {those}.",
            hint=f"fraiseql-observe demo --base-port {self.base + 100}  (who it is: ss -ltnp 'sport = :{taken[0][1]}')",
        )
