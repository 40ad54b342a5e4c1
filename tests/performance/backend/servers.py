"""The servers that the measurements compare, each bound to one core."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from fraiseql_observe.demo.servers import AlertmanagerServer, BackendServer

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVER_CORE = 0


def _pinned(core: int) -> list[str]:
    taskset = shutil.which("taskset")
    if taskset is None:
        raise SystemExit("taskset is needed (util-linux): it gives each server a core of its own")
    return [taskset, "-c", str(core)]


class _Alertmanager(AlertmanagerServer):
    def __init__(self, files: Mapping[str, bytes], core: int) -> None:
        super().__init__(files)
        self._core = core

    def command(self) -> Any:
        command = super().command()
        command.argv = [*_pinned(self._core), *command.argv]
        return command


def alertmanager(configuration: Mapping[str, Any], *, core: int) -> AlertmanagerServer:
    """Return an Alertmanager with this configuration (JSON is YAML)."""
    return _Alertmanager({"alertmanager.yml": json.dumps(configuration).encode()}, core)


def alertmanager_without_receivers(*, core: int) -> AlertmanagerServer:
    route = {"receiver": "nobody", "group_by": ["alertname", "service"]}
    return alertmanager({"route": route, "receivers": [{"name": "nobody"}]}, core=core)


def webhook_route(url: str, *, token: str = "", group_wait: str = "0s") -> dict[str, Any]:
    """Return a configuration in which each alert is a group of its own and goes to `url`."""
    webhook: dict[str, Any] = {"url": url}
    if token:
        webhook["http_config"] = {"authorization": {"type": "Bearer", "credentials": token}}
    return {
        "route": {"receiver": "web", "group_by": ["..."], "group_wait": group_wait, "group_interval": "5m"},
        "receivers": [{"name": "web", "webhook_configs": [webhook]}],
    }


def backend(settings: Mapping[str, Any], *, core: int) -> BackendServer:
    return BackendServer(settings, prefix=_pinned(core))
