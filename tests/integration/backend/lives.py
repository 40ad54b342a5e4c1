"""Many short lives of one backend: each is forked from a process that has already imported everything.

A kill is a kill, whoever the parent is; what is saved is the second that an interpreter needs to import.

As a program this is that parent: it reads settings files from its input, forks a backend for each and writes its pid.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

HOST = "127.0.0.1"


class Nursery:
    """Brings backends to life."""

    def __init__(self, log: Path) -> None:
        self._log = log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def bear(self, settings: Path, port: int, *, within: float = 20) -> int:
        """Start `serve` with these settings; return its pid once it listens."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{settings}\n")
        self._process.stdin.flush()
        pid = int(self._process.stdout.readline())
        deadline = time.monotonic() + within
        while not _listens(port):
            assert alive(pid), f"the backend died, see {self._log.name}"
            assert time.monotonic() < deadline, f"the backend does not listen, see {self._log.name}"
            time.sleep(0.005)
        return pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream:
                stream.close()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def kill(pid: int, which: signal.Signals = signal.SIGKILL, *, within: float = 30) -> None:
    """Send the signal and wait until the process is gone."""
    os.kill(pid, which)
    deadline = time.monotonic() + within
    while alive(pid):
        assert time.monotonic() < deadline, f"process {pid} outlives {which.name}"
        time.sleep(0.002)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((HOST, port)) == 0


def _run() -> None:
    # Only the parent of the lives imports the product: all that a life would import by itself.
    import fraiseql_observe.config.load  # noqa: PLC0415
    import fraiseql_observe.web.service  # noqa: F401, PLC0415
    from fraiseql_observe import cli  # noqa: PLC0415
    from fraiseql_observe.cli import serve  # noqa: F401, PLC0415

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(2, 1)
            os.close(0)
            sys.argv = ["fraiseql-observe", "serve", "--config", line.strip()]
            cli.main()
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _run()
