"""The life of `fraiseql-observe serve`: start, listen, reload on SIGHUP, drain on SIGTERM."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web, web_response

from fraiseql_observe.alerts.manager import AlertManager
from fraiseql_observe.config.audit import AuditSettings
from fraiseql_observe.errors import ConfigError, ObserveError
from fraiseql_observe.store import tokens
from fraiseql_observe.telemetry import Telemetry
from fraiseql_observe.web import logs
from fraiseql_observe.web.app import create_app
from fraiseql_observe.web.door import Door
from fraiseql_observe.web.intake import PATH
from fraiseql_observe.web.keys import BUSY
from fraiseql_observe.web.settings_check import notes
from fraiseql_observe.web.writing import WriteWatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from fraiseql_observe.config.settings import Settings

log = logging.getLogger(__name__)

RESTART_ONLY = (
    "server.host",
    "server.port",
    "server.idle_timeout",
    "server.connections",
    "intake.largest_body",
    "store.url",
    "log.access",
)
SWITCH = 0.0005  # seconds a thread of the store may keep the interpreter while the loop has requests to answer
AUDIT_SETTINGS = tuple(f"audit.{one.name}" for one in fields(AuditSettings))
CLOSE_WITHIN = 5.0  # seconds that requests have to end once nobody new is let in


class Service:
    """One running backend.

    Args:
        settings: as read at the start.
        load: reads them again.
        announce: is given the one line that says where it listens.
    """

    def __init__(self, settings: Settings, load: Callable[[], Settings], announce: Callable[[str], object]) -> None:
        self._settings = settings
        self._load = load
        self._announce = announce
        self._telemetry = Telemetry()
        self._ending = asyncio.Event()
        self._started = False
        self._reloads: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT, then end in order; a second one ends at once.

        Raises:
            ObserveError: it could not start.
        """
        manager = AlertManager(self._settings, telemetry=self._telemetry)
        self._heed_signals(manager)
        await manager.start()
        self._started = True
        try:
            await self._serve(manager)
        finally:
            await manager.close()

    async def _serve(self, manager: AlertManager) -> None:
        server = self._settings.server
        web_response.SERVER_SOFTWARE = "fraiseql-observe"  # type: ignore[attr-defined]  # in answers to broken HTTP
        runner = web.AppRunner(
            create_app(manager, self._settings),
            access_log=logging.getLogger("aiohttp.access") if self._settings.log.access else None,
            keepalive_timeout=server.idle_timeout.total_seconds(),
            shutdown_timeout=CLOSE_WITHIN,
        )
        await runner.setup()
        try:
            listening = await _listen(runner, self._settings)
            watch = WriteWatch(partial(_transports, runner), lambda: manager.settings.server.request_timeout)
            watching = asyncio.create_task(watch.run())
            self._read_well()
            gc.collect()
            gc.freeze()  # what is there now stays: no later collection need look through it
            await self._greet(manager, listening)
            await self._ending.wait()
            log.info("Ending: nobody new is let in, what has begun is finished")
            listening.close()
            watching.cancel()
        finally:
            await runner.cleanup()
        if not await manager.drain(server.drain_timeout):
            log.warning("Not all messages could be sent in time; they go out after the next start")

    async def _greet(self, manager: AlertManager, listening: asyncio.Server) -> None:
        address = _address(listening)
        public = self._settings.server.public_url or address
        self._announce(f"fraiseql-observe listens on {address}, the console is {public}/, alerts go to {address}{PATH}")
        for note in notes(self._settings):
            log.warning("%s", note)
        if not self._settings.auth.tokens and not await manager.engine.read(tokens.every):
            log.warning("There is no token yet; this makes one: fraiseql-observe token create me --scope admin")

    def _heed_signals(self, manager: AlertManager) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        loop.add_signal_handler(signal.SIGHUP, self._begin_reload, manager)

    def _end(self) -> None:
        if self._ending.is_set():
            os._exit(1)
        self._ending.set()

    def _begin_reload(self, manager: AlertManager) -> None:
        if not self._started:
            log.warning("The settings are not read again before the start is done")
            return
        task = asyncio.get_running_loop().create_task(self._reload(manager))
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)

    async def _reload(self, manager: AlertManager) -> None:
        """Go on with newly read settings; with the old ones when the new are wrong."""
        try:
            settings = await asyncio.to_thread(self._load)
            await manager.reload(settings)
        except ObserveError as error:
            self._telemetry.reload_ok.set(0)
            for line in error.message.splitlines():
                log.error(  # noqa: TRY400  a sentence for the user
                    "The settings were not read again, the old ones go on: %s", line
                )
            return
        except Exception:
            self._telemetry.reload_ok.set(0)
            log.exception("The settings were not read again, the old ones go on: a fault of this program")
            return
        for key in (*RESTART_ONLY, *AUDIT_SETTINGS):
            if _at(settings, key) != _at(self._settings, key):
                log.warning("%s changed; that needs a restart", key)
        logs.configure(settings.log)
        self._read_well()
        log.info("The settings were read again")

    def _read_well(self) -> None:
        self._telemetry.reload_ok.set(1)
        self._telemetry.reload_at.set_to_current_time()


async def _listen(runner: web.AppRunner, settings: Settings) -> asyncio.Server:
    server = runner.server
    if server is None:
        raise RuntimeError("listen after runner.setup()")
    connect = Door(server, settings.server.connections, runner.app[BUSY])
    host, port = settings.server.host, settings.server.port
    try:
        return await asyncio.get_running_loop().create_server(connect, host, port, backlog=1024, reuse_address=True)
    except OSError as error:
        raise ConfigError(
            f"server.host, server.port: {host}:{port} cannot be listened on: {os.strerror(error.errno or 0)}",
            hint="end what listens there, or set server.port",
        ) from None


def _transports(runner: web.AppRunner) -> list[asyncio.Transport]:
    open_now = runner.server.connections if runner.server else []
    return [one.transport for one in open_now if one.transport is not None]


def _address(listening: asyncio.Server) -> str:
    host, port = listening.sockets[0].getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _at(settings: Settings, key: str) -> object:
    section, _, name = key.partition(".")
    return getattr(getattr(settings, section), name)


def serve(settings: Settings, load: Callable[[], Settings], announce: Callable[[str], object]) -> None:
    """Run the service in an event loop of its own, on uvloop where that is installed.

    Raises:
        ObserveError: it could not start.
    """
    logs.configure(settings.log)
    sys.setswitchinterval(SWITCH)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_run(settings, load, announce))


async def _run(settings: Settings, load: Callable[[], Settings], announce: Callable[[str], object]) -> None:
    await Service(settings, load, announce).run()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415  it is not there on Windows
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
