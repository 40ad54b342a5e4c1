"""A real backend, and one Chromium that goes through its console; the tests judge what it saw."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
SECONDS = 150
PICTURES = "FRAISEQL_OBSERVE_CONSOLE_PICTURES"  # a folder that keeps the pictures


@pytest.fixture(scope="session")
def address(packages: subprocess.Popen[bytes] | None) -> Iterator[tuple[str, str]]:
    """Address of a running backend, and the token of an acknowledge link."""
    if packages is not None:
        assert packages.wait(timeout=SECONDS) == 0, "npm ci failed"
    command = [sys.executable, str(HERE / "serve.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        url, link = server.stdout.readline().split()
        yield url, link
        server.stdin.close()


@pytest.fixture(scope="session")
def report(address: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the browser saw, by scenario."""
    folder = os.environ.get(PICTURES) or str(tmp_path_factory.mktemp("pictures"))
    url, link = address
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") or ""
    done = subprocess.run(
        ["node", "drive.mjs", "--url", url, "--link", link, "--out", folder],
        cwd=HERE,
        env={**os.environ, "CHROMIUM": chromium},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        timeout=SECONDS,
    )
    return {**json.loads(done.stdout), "folder": folder}


@pytest.fixture
def saw(report: dict[str, Any], request: pytest.FixtureRequest) -> dict[str, Any]:
    """What was seen in the scenario that the test is named after."""
    seen = report[request.function.__name__.removeprefix("test_")]
    if "failed" in seen:
        pytest.fail(seen["failed"])
    return seen
