"""The acceptance test: one command, every panel with data, nothing left running. The slowest test there is."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from fraiseql_observe.demo.ports import NAMES, Ports
from fraiseql_observe.demo.servers.server import HOST, port_is_free

pytestmark = [pytest.mark.fraiseql, pytest.mark.timeout(300)]

ALL = 54 + 21  # of the application's six dashboards, and of the alert backend's
PANELS = {"dashboards": 7, "panels": ALL, "panels_with_data": ALL, "missing": []}


@pytest.fixture(autouse=True)
def _needs_fraiseql():
    pytest.importorskip("fraiseql")


@pytest.fixture
def ports():
    """A block of free ports; random, so that two checkouts can be tested at once."""
    for base in random.sample(range(20000, 32000, 20), 50):
        if all(port_is_free(Ports(base).of(name)) for name in NAMES):
            return Ports(base)
    pytest.fail("there is no free block of ports")


def command(ports, *options):
    return [sys.executable, "-m", "fraiseql_observe", "demo", "--base-port", str(ports.base), *options]


def environment(scratch):
    return os.environ | {"TMPDIR": str(scratch)}


@pytest.fixture
def scratch():
    """A temporary folder that PostgreSQL, which may run as another user, can pass through; pytest's own are closed."""
    with tempfile.TemporaryDirectory(prefix="demo-test-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def left_behind(scratch):
    """Processes that were started with something of the demo's scratch folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"{scratch}/fraiseql-observe-demo" in (process / "cmdline").read_text().replace("\0", " "):
                found.append(process.name)
    return found


def assert_clean(ports, scratch):
    assert left_behind(scratch) == []
    assert all(port_is_free(ports.of(name)) for name in NAMES)
    assert list(scratch.glob("fraiseql-observe-*")) == []


def test_one_command_fills_every_panel(ports, scratch):
    verdict = scratch / "verdict.json"
    finished = subprocess.run(
        command(ports, "--once", "--json", str(verdict)),
        env=environment(scratch),
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout[-6000:] + finished.stderr[-3000:]
    found = json.loads(verdict.read_text())
    assert found.items() >= PANELS.items()
    assert found["queries"] == found["queries_with_data"] >= 77
    assert found["seconds"] > 0
    assert f"{ALL} of {ALL} panels" in finished.stderr
    assert_clean(ports, scratch)


def wait_for(stream, text):
    seen = ""
    for line in stream:
        seen += line
        if text in line:
            return
    pytest.fail(f"{text!r} never came:\n{seen}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_signal_while_it_starts_leaves_nothing(ports, scratch, number):
    demo = subprocess.Popen(command(ports), env=environment(scratch), stderr=subprocess.PIPE, text=True)
    try:
        wait_for(demo.stderr, "Exporters")
        demo.send_signal(number)
        assert demo.wait(60) == 130
    finally:
        demo.kill()
        demo.wait()
        demo.stderr.close()
    assert_clean(ports, scratch)


def test_even_a_killed_demo_leaves_no_process(ports, scratch):
    demo = subprocess.Popen(command(ports), env=environment(scratch), stderr=subprocess.PIPE, text=True)
    try:
        wait_for(demo.stderr, "Exporters")
    finally:
        demo.kill()
        demo.wait()
        demo.stderr.close()
    deadline = time.monotonic() + 30
    while left_behind(scratch) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left_behind(scratch) == []


def test_a_busy_port_is_one_sentence(ports, scratch):
    with socket.create_server((HOST, ports.of("prometheus"))):
        refused = subprocess.run(
            command(ports, "--once"), env=environment(scratch), capture_output=True, text=True, timeout=60, check=False
        )
    assert refused.returncode == 1
    assert f"{ports.of('prometheus')} (prometheus)" in refused.stderr
    assert f"--base-port {ports.base + 100}" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert_clean(ports, scratch)


def test_missing_programs_are_one_sentence(ports, scratch):
    refused = subprocess.run(
        command(ports, "--once"),
        env=environment(scratch) | {"PATH": str(scratch)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert refused.returncode == 1
    assert "sudo apt-get install --no-install-recommends" in refused.stderr
    assert "prometheus-alertmanager" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("options", [["--base-port", "80"], ["--workers", "0"], ["--rate", "much"], ["--colour"]])
def test_bad_options_are_usage_errors(ports, options):
    refused = subprocess.run(command(ports, *options), capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 2
    assert "Error:" in refused.stderr
