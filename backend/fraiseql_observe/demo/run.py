"""The demo from the first check to the last clean-up."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from fraiseql_observe.demo import links, preflight
from fraiseql_observe.demo.feeding import wait_until_fed
from fraiseql_observe.demo.grafana import find_runner
from fraiseql_observe.demo.ports import Ports
from fraiseql_observe.demo.rehearsal import rehearse
from fraiseql_observe.demo.stack import Stack
from fraiseql_observe.demo.watch import Watch
from fraiseql_observe.errors import DemoError
from fraiseql_observe.verify.terminal import show, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from fraiseql_observe.demo.progress import Progress
    from fraiseql_observe.demo.sinks import Arrival
    from fraiseql_observe.verify import Report

STOPS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True)
class Options:
    """How to run.

    Attributes:
        once: end after the verdict.
        json_file: where the verdict goes as JSON, with the seconds it took.
        keep: leave the folder with data, logs and rendered files.
        workers: processes of the application.
        rate: operations a second.
    """

    once: bool = False
    json_file: Path | None = None
    ports: Ports = field(default_factory=Ports)
    keep: bool = False
    workers: int = 1
    rate: float = 20.0


def run(options: Options, progress: Progress) -> bool:
    """Run the demo; return whether every panel had data.

    Raises:
        DemoError: it cannot start, or a part of it died while it started.
        KeyboardInterrupt: somebody stopped it before the verdict.
    """
    began = time.monotonic()
    with progress.step("Checking this machine", lambda: f"Python {sys.version.split()[0]}, FraiseQL {version}"):
        preflight.require_python()
        version = preflight.require_packages()
        preflight.require_programs()
        options.ports.require_free()
        _require_folder_of(options.json_file)
    with (
        _stoppable(),
        _scratch(options, progress) as folder,
        Stack(options.ports, folder, workers=options.workers, rate=options.rate) as stack,
        _undisturbed_end(),
    ):
        report = _start(stack, progress)
        _write(report, options.json_file, time.monotonic() - began)
        if not report.ok:
            show(report, sys.stdout)
        if not options.once:
            _keep_running(stack, progress)
    return report.ok


def _start(stack: Stack, progress: Progress) -> Report:
    with progress.step("Starting PostgreSQL", lambda: f"PostgreSQL on port {stack.postgres.port}"):
        stack.start_postgres()
    with progress.step("Filling the blog's database", "Blog database with three tenants and 24 people"):
        stack.prepare_database()
    with progress.step("Setting up the audit log", "Audit log (fraiseql-observe setup audit)"):
        stack.set_up_audit()
    with progress.step(
        "Starting Redis and the application", lambda: f"FraiseQL application, instrumented, {stack.blog.url}"
    ):
        stack.start_redis()
        stack.start_blog()
    with progress.step("Starting the exporters", "Exporters of PostgreSQL, this machine and Redis"):
        stack.start_exporters()
    with progress.step(
        "Rendering dashboards and rules", lambda: f"{len(rendered.dashboards)} dashboards, alerts and rules"
    ):
        rendered = stack.render()
    with progress.step(
        "Starting the alert backend", lambda: f"Alert backend {stack.backend.url}, and where alerts arrive"
    ):
        stack.start_sinks(lambda arrival: _announce(progress, arrival))
        stack.start_backend()
    with progress.step(
        "Starting Prometheus and Alertmanager", lambda: f"Prometheus {stack.prometheus.url}, Alertmanager"
    ):
        stack.start_alertmanager(rendered)
        stack.start_prometheus(rendered)
    _start_grafana(stack, progress)
    with progress.step("Starting the traffic", f"Traffic, {stack.rate:g} operations a second"):
        stack.start_traffic()
    with progress.step("Sending an alert through the whole chain", "A rehearsal alert arrived everywhere"):
        rehearse(stack)
    with progress.step("Waiting for data in every panel", lambda: verdict(report)) as say:
        report = wait_until_fed(stack, rendered, say)
    return report


def _start_grafana(stack: Stack, progress: Progress) -> None:
    runner = find_runner()
    if runner is None:
        progress.say("  --  No Grafana: there is none on PATH and no container engine answers")
        return
    with progress.step("Starting Grafana", lambda: f"Grafana {stack.url_of('grafana')}"):
        stack.start_grafana(runner)


def _keep_running(stack: Stack, progress: Progress) -> None:
    stack.write_keys()
    for line in ("", *links.lines(stack), "", "Running until Ctrl-C."):
        progress.say(line)
    try:
        Watch(stack.servers, progress).forever()
    except KeyboardInterrupt:
        progress.say("")


def _require_folder_of(path: Path | None) -> None:
    if path and not path.absolute().parent.is_dir():
        raise DemoError(f"The folder of {path}, where the verdict shall go, does not exist.", hint="name another file")


def _write(report: Report, path: Path | None, seconds: float) -> None:
    if path is None:
        return
    try:
        path.write_text(json.dumps(report.as_json() | {"seconds": round(seconds, 1)}, indent=2) + "\n")
    except OSError as error:
        raise DemoError(
            f"The verdict cannot be written to {path}: {error.strerror}.", hint="name another file"
        ) from None


def _announce(progress: Progress, arrival: Arrival) -> None:
    progress.say(Text.assemble("  --  ", (arrival.place, "bold"), f" {arrival.what}: {arrival.text}"))


@contextmanager
def _scratch(options: Options, progress: Progress) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="fraiseql-observe-demo-"))
    folder.chmod(0o711)  # PostgreSQL, which may run as another user, must pass through
    try:
        yield folder
    finally:
        progress.say("Everything is stopped.")
        if options.keep:
            progress.say(f"Data, logs and rendered files are in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _stoppable() -> Iterator[None]:
    """Have SIGTERM end the demo as Ctrl-C does."""
    before = {number: signal.signal(number, _interrupt) for number in STOPS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _undisturbed_end() -> Iterator[None]:
    """From here on the servers are stopped, each with its own deadline; a second Ctrl-C must not leave one behind."""
    try:
        yield
    finally:
        for number in STOPS:
            signal.signal(number, signal.SIG_IGN)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
