"""What all servers have in common: a folder, a port, readiness, and an orderly end."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, ClassVar, Self

from fraiseql_observe.demo.servers.process import ChildProcess, Command, tail
from fraiseql_observe.errors import DemoError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

HOST = "127.0.0.1"
READY_WITHIN = 30.0  # seconds


class Server:
    """A server on a loopback port with a folder of its own.

    Args:
        port: TCP port; a free one when None.
        folder: where it keeps its files; a temporary one, removed by `close`, when None.

    Subclasses say what to start (`command`) and when it answers (`ready`), and may prepare the folder (`prepare`).
    """

    name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self, *, port: int | None = None, folder: Path | None = None) -> None:
        self.port = port or free_port()
        self._own_folder = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix=f"fraiseql-observe-{self.name}-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self._process: ChildProcess | None = None

    # What a subclass says.

    def command(self) -> Command:
        raise NotImplementedError

    def ready(self) -> bool:
        raise NotImplementedError

    def prepare(self) -> None:
        """Write what the program needs before it starts; called before every start."""

    @property
    def secrets(self) -> Sequence[str]:
        """What must never be shown, even from its log."""
        return ()

    # What everybody uses.

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.alive

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self, *, timeout: float = READY_WITHIN) -> Self:
        """Start it and wait until it answers.

        Raises:
            MissingProgramError: the program is not installed.
            DemoError: the port is taken, it died (with its last words), or it did not answer within `timeout` seconds.
        """
        self.spawn()
        return self.wait_ready(timeout=timeout)

    def spawn(self) -> None:
        """Start it without waiting, so that several can come up at once."""
        if self.running:
            return
        self.prepare()
        command = self.command()
        require_free_port(self.port, self.name)
        self._process = ChildProcess(command, self.log)

    def wait_ready(self, *, timeout: float = READY_WITHIN) -> Self:
        try:
            self._wait(time.monotonic() + timeout)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End it, keeping port and data for another `start`."""
        if self._process:
            self._process.stop(self.stop_signal)

    def close(self) -> None:
        """End it and remove the folder if it is ours."""
        self.stop()
        if self._own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def last_words(self) -> str:
        return tail(self.log, secrets=self.secrets)

    def check(self) -> None:
        """Raise `DemoError` with its last words when it died on its own."""
        if self._process and not self._process.alive:
            raise self._error(f"{self.name} ended with code {self._process.exit_code}")

    def _wait(self, deadline: float) -> None:
        while not self.ready():
            self.check()
            if time.monotonic() > deadline:
                raise self._error(f"{self.name} does not answer on port {self.port}")
            time.sleep(0.05)
        self.check()

    def _error(self, what: str) -> DemoError:
        if words := self.last_words():
            return DemoError(f"{what}; its log ends with:\n{indent(words, '  | ')}")
        return DemoError(f"{what}, and logged nothing.")

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # as the servers do: lingering sockets are no obstacle
        with contextlib.suppress(OSError):
            probe.bind((HOST, port))
            return True
    return False


def require_free_port(port: int, name: str) -> None:
    if not port_is_free(port):
        raise DemoError(
            f"Port {port} for {name} is taken by another program.",
            hint=f"See which with `ss -ltnp 'sport = :{port}'`, or choose other ports with --base-port.",
        )


def answers(url: str, *, timeout: float = 1.0) -> bool:
    """Tell whether an HTTP GET is answered with a status below 400."""
    try:
        with urllib.request.urlopen(url, timeout=timeout):  # noqa: S310  our own http URL on loopback
            return True
    except (urllib.error.URLError, OSError):
        return False
