"""Wake calls between replicas: LISTEN and NOTIFY, and a wake of everybody whenever some may have been missed."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import psycopg

from fraiseql_observe.errors import StoreError
from fraiseql_observe.store.postgres_session import cut

if TYPE_CHECKING:
    from collections.abc import Callable

    from fraiseql_observe.store.postgres_session import Connection, Server
    from fraiseql_observe.store.topics import Topics

log = logging.getLogger(__name__)

CHANNEL = "fraiseql_observe"
LOOK = 0.5  # seconds between looks at the end
POLL = 1.0  # seconds between wakes of everybody while nobody can be heard
SILENCE = 20.0  # seconds without a word after which the connection is tried


class Listener:
    """A thread with its own connection.

    Topics of other processes are woken in the event loop; `own` is the id of this one, whose calls were heard already.
    """

    def __init__(self, server: Server, topics: Topics, own: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._server = server
        self._topics = topics
        self._own = own
        self._end = threading.Event()
        self._connection: Connection | None = None
        self._missed = False
        self._asked: float | None = None  # since when it waits for an answer
        self._thread = threading.Thread(target=self._run, name="store-listener", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread, at once unless it is just trying to connect."""
        self._end.set()
        if self._connection is not None:
            cut(self._connection)
        self._thread.join()

    def cut_if_hanging(self, now: float) -> None:
        """End the connection when the server does not even answer that it is there."""
        connection = self._connection
        if connection is not None and self._asked is not None and now - self._asked > SILENCE:
            cut(connection)

    def _run(self) -> None:
        while not self._end.is_set():
            try:
                connection = self._server.connect(autocommit=True)
            except StoreError:
                self._missed = True
                self._everybody()
                self._end.wait(POLL)
                continue
            self._connection = connection
            try:
                self._hear(connection)
            except psycopg.Error as error:
                if not self._end.is_set():
                    log.warning("The wake channel broke.", extra={"reason": type(error).__name__})
            finally:
                self._connection = self._asked = None
                with suppress(psycopg.Error):
                    connection.close()

    def _hear(self, connection: Connection) -> None:
        connection.execute(f"listen {CHANNEL}")
        if self._missed:
            self._everybody()
        self._missed = True
        heard = time.monotonic()
        while not self._end.is_set():
            for notify in connection.notifies(timeout=LOOK):
                self._notified(notify.payload)
            if time.monotonic() - heard > SILENCE:
                heard = self._asked = time.monotonic()
                connection.execute("select 1")
                self._asked = None

    def _notified(self, payload: str) -> None:
        sender, _, topic = payload.partition(" ")
        if sender != self._own:
            self._call(lambda: self._topics.wake((topic,)))

    def _everybody(self) -> None:
        self._call(self._topics.wake_all)

    def _call(self, wake: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(wake)
