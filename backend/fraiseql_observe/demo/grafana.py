"""Grafana where this machine can run one: a program on PATH, else a container engine that answers."""

from __future__ import annotations

import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from fraiseql_observe.demo.servers.process import Command
from fraiseql_observe.demo.servers.server import HOST, Server, answers

if TYPE_CHECKING:
    from collections.abc import Mapping

IMAGE = "grafana/grafana:12.2.0"
ENGINES = ("docker", "podman")
HOMES = (Path("/usr/share/grafana"), Path("/usr/local/share/grafana"))


@dataclass(frozen=True)
class Runner:
    """How Grafana can be run here: a program with its home folder, or a container engine."""

    program: Path
    home: Path | None = None

    @property
    def is_container(self) -> bool:
        return self.home is None


def find_runner() -> Runner | None:
    """Return how Grafana can be run here, None when it cannot."""
    if program := shutil.which("grafana") or shutil.which("grafana-server"):
        home = next((home for home in HOMES if (home / "conf").is_dir()), Path(program).resolve().parent.parent)
        return Runner(Path(program), home)
    for engine in ENGINES:
        if (path := shutil.which(engine)) and _answers(path):
            return Runner(Path(path))
    return None


def settings(port: int, password: str, provisioning: Path, data: Path) -> dict[str, str]:
    """Return Grafana's settings as its environment variables."""
    return {
        "GF_SERVER_HTTP_ADDR": HOST,
        "GF_SERVER_HTTP_PORT": str(port),
        "GF_SECURITY_ADMIN_PASSWORD": password,
        "GF_AUTH_ANONYMOUS_ENABLED": "true",
        "GF_AUTH_ANONYMOUS_ORG_ROLE": "Viewer",
        "GF_PATHS_PROVISIONING": str(provisioning),
        "GF_PATHS_DATA": str(data),
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
        "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
        "GF_LOG_LEVEL": "warn",
    }


class GrafanaServer(Server):
    """Grafana with `provisioning/` dropped in as it is; anybody on this machine may look.

    Args:
        provisioning: the rendered folder with datasources, dashboards and alerting.
        environment: what the provisioned files read: addresses and credentials of the data sources.
    """

    name: ClassVar[str] = "grafana"

    def __init__(
        self,
        runner: Runner,
        provisioning: Path,
        environment: Mapping[str, str],
        *,
        port: int | None = None,
        folder: Path | None = None,
    ) -> None:
        super().__init__(port=port, folder=folder)
        self.password = secrets.token_urlsafe(18)
        self._runner = runner
        self._provisioning = provisioning
        self._environment = dict(environment)

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.password, *self._environment.values())

    def command(self) -> Command:
        data = self.folder / "data"
        environment = settings(self.port, self.password, self._provisioning, data) | self._environment
        if self._runner.is_container:
            return Command(self._container(sorted(environment)), env=environment)
        data.mkdir(exist_ok=True)
        server = ["server"] if self._runner.program.name == "grafana" else []
        return Command([self._runner.program, *server, "--homepath", str(self._runner.home)], env=environment)

    def _container(self, variables: list[str]) -> list[str]:
        """Secrets are named, not given: the engine reads them from its own environment."""
        passed = [part for name in variables if name != "GF_PATHS_DATA" for part in ("--env", name)]
        volume = f"{self._provisioning}:{self._provisioning}:ro"
        engine = str(self._runner.program)
        return [
            engine,
            "run",
            "--rm",
            "--name",
            self._container_name,
            "--network",
            "host",
            *passed,
            "--volume",
            volume,
            IMAGE,
        ]

    @property
    def _container_name(self) -> str:
        return f"fraiseql-observe-demo-{self.port}"

    def stop(self) -> None:
        """End the client, and the container too should the client have died without it."""
        super().stop()
        if self._runner.is_container and self.pid:
            argv = [str(self._runner.program), "rm", "--force", self._container_name]
            subprocess.run(argv, capture_output=True, timeout=60, check=False)  # noqa: S603  our own arguments

    def ready(self) -> bool:
        return answers(f"{self.url}/api/health")


def _answers(engine: str) -> bool:
    try:
        result = subprocess.run([engine, "info"], capture_output=True, timeout=10, check=False)  # noqa: S603  from PATH
    except (OSError, subprocess.TimeoutExpired):
        return False
    return result.returncode == 0
