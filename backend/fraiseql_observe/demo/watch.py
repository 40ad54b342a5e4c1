"""After the verdict: keep everything running, say when something dies, start it again when asked to."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

from fraiseql_observe.errors import DemoError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType

    from fraiseql_observe.demo.progress import Progress
    from fraiseql_observe.demo.servers import Server


class Watch:
    """Looks after servers; SIGHUP asks for the dead ones to be started again."""

    def __init__(self, servers: Iterable[Server], progress: Progress) -> None:
        self._servers = list(servers)
        self._progress = progress
        self._reported: set[str] = set()
        self._restart = threading.Event()

    def forever(self) -> None:
        """Return never; a signal ends it by its exception."""
        signal.signal(signal.SIGHUP, self._on_hangup)
        while True:
            self.once()
            self._restart.wait(1.0)

    def once(self) -> None:
        """Report each death once; start the dead again when that was asked for."""
        for server in self._servers:
            self._report(server)
        if self._restart.is_set():
            self._restart.clear()
            self._revive()

    def ask_for_restart(self) -> None:
        """Have the next round start what is dead."""
        self._restart.set()

    def _report(self, server: Server) -> None:
        if server.name in self._reported:
            return
        try:
            server.check()
        except DemoError as error:
            self._reported.add(server.name)
            self._progress.warn(str(error))

    def _revive(self) -> None:
        for server in self._servers:
            if server.running:
                continue
            try:
                server.start()
            except DemoError as error:
                self._progress.warn(str(error))
            else:
                self._reported.discard(server.name)
                self._progress.say(f"  ok  {server.name} runs again")

    def _on_hangup(self, _number: int, _frame: FrameType | None) -> None:
        self.ask_for_restart()
