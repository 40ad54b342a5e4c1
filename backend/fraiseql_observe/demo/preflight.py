"""What must be there before anything starts; each thing that is missing is said with the command that brings it."""

from __future__ import annotations

import importlib.metadata
import sys
from typing import TYPE_CHECKING

from fraiseql_observe.demo.servers.programs import REQUIRED, missing
from fraiseql_observe.errors import DemoError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fraiseql_observe.demo.servers.programs import Program

OLDEST_PYTHON = (3, 13)
PACKAGES = ("aiosmtpd", "fraiseql", "jsonschema", "httpx", "prometheus-client", "pyjwt", "redis", "uvicorn")
INSTALL = 'pip install "fraiseql-observe[demo]"'


def require_python(version: tuple[int, ...] = sys.version_info[:2]) -> None:
    """Raise `DemoError` when the demo's application cannot run on this Python."""
    if version < OLDEST_PYTHON:
        raise DemoError(
            f"The demo's application needs Python 3.13, and this is Python {'.'.join(map(str, version))}.",
            hint=f"python3.13 -m venv .venv && .venv/bin/{INSTALL} (a checkout's scripts/demo does it for you)",
        )


def require_packages(version_of: Callable[[str], str] = importlib.metadata.version) -> str:
    """Return FraiseQL's version, or raise `DemoError` naming what the demo's application lacks."""
    absent = [name for name in PACKAGES if not _has(name, version_of)]
    if absent:
        raise DemoError(
            f"The demo's application needs Python packages that are not installed: {', '.join(absent)}.", hint=INSTALL
        )
    return version_of("fraiseql")


def _has(name: str, version_of: Callable[[str], str]) -> bool:
    try:
        version_of(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def require_programs(required: Sequence[Program] = REQUIRED) -> None:
    """Raise one `MissingProgramError` for all programs that are missing."""
    if absent := [program for program in required if program.look() is None]:
        raise missing(absent)
