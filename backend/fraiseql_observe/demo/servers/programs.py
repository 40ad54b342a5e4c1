"""Where the programs are: what is on PATH first, then where the distribution hides it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from fraiseql_observe.errors import MissingProgramError


@dataclass(frozen=True)
class Program:
    """A program by the names it goes by, and the Debian package that brings it."""

    names: tuple[str, ...]
    package: str

    def look(self) -> Path | None:
        """Return its path, None when it is not installed."""
        found = (shutil.which(name) for name in self.names)
        return next((Path(path) for path in found if path), None)

    def find(self) -> Path:
        """Return its path.

        Raises:
            MissingProgramError: it is not installed; the hint is the command that installs it.
        """
        path = self.look()
        if path is None:
            raise missing([self])
        return path


@dataclass(frozen=True)
class PostgresPrograms(Program):
    """The programs of a PostgreSQL server; their path is the folder that holds them."""

    installed: Path = Path("/usr/lib/postgresql")

    def look(self) -> Path | None:
        """Return the folder with `initdb` and `postgres`, the newest where the distribution has several."""
        on_path = shutil.which("initdb")
        folders = [Path(on_path).resolve().parent] if on_path else []
        folders += [folder / "bin" for folder in sorted(self.installed.glob("*"), key=_version, reverse=True)]
        return next((folder for folder in folders if all((folder / name).exists() for name in self.names)), None)


def missing(programs: list[Program]) -> MissingProgramError:
    """Return the error that names the programs and the one command that installs them."""
    names = ", ".join(program.names[0] for program in programs)
    packages = " ".join(program.package for program in programs)
    verb = "is" if len(programs) == 1 else "are"
    return MissingProgramError(
        f"On this machine {verb} not installed: {names}.",
        hint=f"sudo apt-get install --no-install-recommends {packages}",
    )


def _version(folder: Path) -> float:
    try:
        return float(folder.name)
    except ValueError:
        return 0.0


POSTGRES = PostgresPrograms(("postgres", "initdb"), "postgresql")
PROMETHEUS = Program(("prometheus",), "prometheus")
ALERTMANAGER = Program(("prometheus-alertmanager", "alertmanager"), "prometheus-alertmanager")
POSTGRES_EXPORTER = Program(("prometheus-postgres-exporter", "postgres_exporter"), "prometheus-postgres-exporter")
NODE_EXPORTER = Program(("prometheus-node-exporter", "node_exporter"), "prometheus-node-exporter")
REDIS = Program(("redis-server",), "redis-server")
REDIS_EXPORTER = Program(("prometheus-redis-exporter", "redis_exporter"), "prometheus-redis-exporter")

REQUIRED = (POSTGRES, PROMETHEUS, ALERTMANAGER, POSTGRES_EXPORTER, NODE_EXPORTER, REDIS, REDIS_EXPORTER)
