"""Every promtool there is: the one on PATH, and those that FRAISEQL_OBSERVE_PROMTOOLS names.

``scripts/fetch-program.sh`` gets other versions and prints the variable's value.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

VARIABLE = "FRAISEQL_OBSERVE_PROMTOOLS"


@dataclass(frozen=True)
class Promtool:
    """One promtool."""

    path: str
    version: str

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Its exit code and what it said, on one stream."""
        return subprocess.run(
            [self.path, *map(str, arguments)],
            check=False,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
        )


def find() -> list[Promtool]:
    """The promtools, one per version."""
    named = [path for path in os.environ.get(VARIABLE, "").split(":") if path]
    on_path = shutil.which("promtool")
    found = [_identified(path) for path in [*([on_path] if on_path else []), *named]]
    return list({promtool.version: promtool for promtool in found}.values())


def _identified(path: str) -> Promtool:
    said = subprocess.run([path, "--version"], check=True, text=True, capture_output=True, timeout=10).stdout
    version = re.search(r"version (\d+\.\d+\.\d+)", said)
    assert version, f"{path} does not look like promtool: {said}"
    return Promtool(path, version[1])
