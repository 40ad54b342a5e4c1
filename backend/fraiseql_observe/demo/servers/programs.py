"""Where the programs are: what is on PATH first, then where the distribution hides it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from fraiseql_observe.errors import MissingProgramError

POSTGRES_FOLDERS = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Program:
    """A program by the names it goes by, and the Debian package that brings it."""

    names: tuple[str, ...]
    package: str

    def find(self) -> Path:
        """Return its path.

        Raises:
            MissingProgramError: it is not installed; the hint is the command that installs it.
        """
        for name in self.names:
            if path := shutil.which(name):
                return Path(path)
        raise MissingProgramError(f"The program {self.names[0]} is not installed.", hint=install_command(self.package))


def install_command(*packages: str) -> str:
    return f"sudo apt-get install --no-install-recommends {' '.join(packages)}"


PROMETHEUS = Program(("prometheus",), "prometheus")
ALERTMANAGER = Program(("prometheus-alertmanager", "alertmanager"), "prometheus-alertmanager")
POSTGRES_EXPORTER = Program(("prometheus-postgres-exporter", "postgres_exporter"), "prometheus-postgres-exporter")
NODE_EXPORTER = Program(("prometheus-node-exporter", "node_exporter"), "prometheus-node-exporter")
REDIS_EXPORTER = Program(("prometheus-redis-exporter", "redis_exporter"), "prometheus-redis-exporter")
REDIS = Program(("redis-server",), "redis-server")


def postgres_folder(installed: Path = POSTGRES_FOLDERS) -> Path:
    """Return the folder that holds both `initdb` and `postgres`, the newest where the distribution has several.

    Raises:
        MissingProgramError: there is no PostgreSQL server on this machine.
    """
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += [folder / "bin" for folder in sorted(installed.glob("*"), key=_version, reverse=True)]
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise MissingProgramError(
        "The programs of a PostgreSQL server are not installed.", hint=install_command("postgresql")
    )


def _version(folder: Path) -> float:
    try:
        return float(folder.name)
    except ValueError:
        return 0.0
