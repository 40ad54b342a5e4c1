"""Where the Jsonnet sources are: inside the package when installed, beside it in a checkout."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import fraiseql_observe
from fraiseql_observe.errors import BuildError

PACKAGE = Path(fraiseql_observe.__file__).resolve().parent
CHECKOUT = PACKAGE.parents[1]


def root() -> Path:
    """The folder that holds `mixin.libsonnet`.

    Raises:
        BuildError: the installation lacks its Jsonnet sources.
    """
    for folder in (PACKAGE / "_jsonnet", CHECKOUT / "jsonnet"):
        if (folder / "mixin.libsonnet").is_file():
            return folder
    raise BuildError(
        f"the Jsonnet sources are missing from the installation in {PACKAGE}",
        hint="pip install --force-reinstall fraiseql-observe",
    )


def default_output() -> Path:
    """Where `build` writes unless told: a checkout's own folder, else the current one."""
    return CHECKOUT if root().parent == CHECKOUT else Path.cwd()


def read(path: Path) -> str:
    """The text of a source file, from memory unless the file changed on disk."""
    stat = path.stat()
    return _read(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=1024)
def _read(path: Path, _mtime_ns: int, _size: int) -> str:
    return path.read_text(encoding="utf-8")
