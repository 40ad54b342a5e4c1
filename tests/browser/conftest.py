"""The demo running, and its dashboards drawn by Grafana's own parts in a headless browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Draw = Callable[[Path], "Pictures"]

HERE = Path(__file__).parent
GIVEN = "FRAISEQL_OBSERVE_DEMO_URLS"  # "<Prometheus> <PostgreSQL> <folder of dashboards>" of a demo that runs already
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SECONDS = 240


@dataclass(frozen=True)
class Servers:
    prometheus: str
    postgres: str
    dashboards: Path


@dataclass(frozen=True)
class Pictures:
    """What `render.mjs` left behind: a picture for each dashboard, and its report."""

    folder: Path
    exit_code: int
    said: str

    @property
    def reports(self) -> dict[str, dict[str, Any]]:
        reports = json.loads((self.folder / "report.json").read_text())
        return {report["dashboard"]: report for report in reports}


@pytest.fixture(scope="session")
def packages() -> Iterator[subprocess.Popen[bytes] | None]:
    """The fetching of the page's packages, still under way: a demo takes as long to start. None when they are here."""
    if not CHROMIUM:
        pytest.skip("no Chromium on PATH (apt-get install chromium)")
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("no Node.js with npm on PATH (apt-get install nodejs npm)")
    if (HERE / "node_modules/.package-lock.json").exists():
        yield None
        return
    with subprocess.Popen(["npm", "ci", "--ignore-scripts"], cwd=HERE, stdout=sys.stderr) as fetching:
        yield fetching
        fetching.terminate()


@pytest.fixture(scope="session")
def servers(packages: object) -> Iterator[Servers]:
    """A running demo whose panels have been fed: the one the environment names, else one of our own."""
    if GIVEN in os.environ:
        prometheus, postgres, dashboards = os.environ[GIVEN].split()
        yield Servers(prometheus, postgres, Path(dashboards))
        return
    pytest.importorskip("fraiseql", reason="the demo needs FraiseQL, and that Python 3.13")
    from fraiseql_observe.demo.ports import Ports  # noqa: PLC0415
    from fraiseql_observe.demo.progress import Progress  # noqa: PLC0415
    from fraiseql_observe.demo.run import _start  # noqa: PLC0415
    from fraiseql_observe.demo.stack import Stack  # noqa: PLC0415

    folder = Path(tempfile.mkdtemp(prefix="browser-"))
    folder.chmod(0o711)  # PostgreSQL, which may run as another user, must pass through
    try:
        with Stack(free(Ports), folder, rate=15) as stack:
            _start(stack, Progress())
            yield Servers(stack.prometheus.url, stack.reader_url, folder / "provisioning/grafana/dashboards")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free(ports: Any) -> Any:
    """The first block of ports that nobody uses."""
    from fraiseql_observe.errors import DemoError  # noqa: PLC0415

    for base in range(21000, 30000, 100):
        try:
            ports(base).require_free()
        except DemoError:
            continue
        return ports(base)
    pytest.fail("no free ports between 21000 and 30000")


@pytest.fixture(scope="session")
def render(
    packages: subprocess.Popen[bytes] | None, servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> Draw:
    """A function that draws a folder of dashboards from the demo's data."""
    if packages is not None:
        assert packages.wait(timeout=SECONDS) == 0, "npm ci failed"
    subprocess.run(["node", "build.mjs"], cwd=HERE, check=True, timeout=SECONDS)

    def draw(dashboards: Path) -> Pictures:
        folder = tmp_path_factory.mktemp("pictures")
        given = {
            "--prometheus": servers.prometheus,
            "--postgres": servers.postgres,
            "--dashboards": str(dashboards),
            "--out": str(folder),
            "--range": "15m",
        }
        done = subprocess.run(
            ["node", "render.mjs", *(word for pair in given.items() for word in pair)],
            cwd=HERE,
            env={**os.environ, "PYTHON": sys.executable, "CHROMIUM": CHROMIUM or ""},
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
        return Pictures(folder, done.returncode, done.stdout + done.stderr)

    return draw


@pytest.fixture(scope="session")
def pictures(render: Draw, servers: Servers) -> Pictures:
    """All shipped dashboards, drawn once."""
    return render(servers.dashboards)
