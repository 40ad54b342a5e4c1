"""One child process: started in its own session, watched, and certainly stopped."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections import deque
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

WIDEST = 300  # characters of a log line that are shown
# All that a server may see of our environment: anything else could be a secret of the user.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")


@dataclass
class Command:
    """What to start.

    Attributes:
        env: added to the few inherited variables; secrets go here, never into `argv`, which everyone can read.
        user: run as this user of the system instead of ours (root only).
        death_signal: what the kernel sends the process should ours die without cleaning up.
    """

    argv: Sequence[str | Path]
    env: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    cwd: Path | None = None
    death_signal: signal.Signals = signal.SIGTERM


class ChildProcess:
    """A started command whose output goes to a log file.

    Start it from a thread that lives as long as it should: the kernel's death signal is bound to the thread.
    """

    def __init__(self, command: Command, log: Path) -> None:
        self.log = log
        with log.open("ab") as output:
            self._popen = _spawn(command, output)

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def alive(self) -> bool:
        return self._popen.poll() is None

    @property
    def exit_code(self) -> int | None:
        """Exit code, negative for a signal; None while it runs."""
        return self._popen.poll()

    def send(self, which: signal.Signals) -> None:
        if self.alive:
            self._popen.send_signal(which)

    def stop(self, stop_signal: signal.Signals = signal.SIGTERM, *, deadline: float = 10.0) -> None:
        """Ask it to end; kill it and what it started after `deadline` seconds. Harmless when it has ended."""
        self.send(stop_signal)
        try:
            self._popen.wait(deadline)
        except subprocess.TimeoutExpired:
            self._kill_session()
            self._popen.wait(deadline)
        self._kill_session()

    def _kill_session(self) -> None:
        """Its workers share its session; it may have died without stopping them."""
        try:
            os.killpg(self._popen.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return


def tail(log: Path, lines: int = 8, *, secrets: Sequence[str] = ()) -> str:
    """Return the last lines of a log with every secret blotted out; empty when there is no log."""
    if not log.exists():
        return ""
    with log.open(errors="replace") as text:
        last = "".join(deque(text, maxlen=lines)).rstrip()
    for secret in filter(None, secrets):
        last = last.replace(secret, "***")
    return "\n".join(line[:WIDEST] for line in last.splitlines())


def _spawn(command: Command, output: IO[bytes]) -> subprocess.Popen[bytes]:
    environment = {name: os.environ[name] for name in INHERITED if name in os.environ} | dict(command.env)
    return subprocess.Popen(  # noqa: S603  the programs are ours to choose, no shell is involved
        [*_death_wish(command.death_signal), *map(str, command.argv)],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=environment,
        cwd=command.cwd,
        start_new_session=True,  # a Ctrl-C of the terminal must reach us alone: we stop them in order
        user=command.user,
        group=command.user,
        extra_groups=[] if command.user else None,
    )


def _death_wish(death_signal: signal.Signals) -> list[str]:
    setpriv = shutil.which("setpriv")
    return [setpriv, f"--pdeathsig={death_signal.name}", "--"] if setpriv else []
