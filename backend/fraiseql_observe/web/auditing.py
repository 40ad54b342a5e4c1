"""The audit log's part of the service: its proxy, the log of who asked what, and a look at its walls now and then."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fraiseql_observe.audit.catalogue import with_own
from fraiseql_observe.audit.metrics import Latest
from fraiseql_observe.audit.proxy import Asker, Proxy, Rules
from fraiseql_observe.audit.values import Bounds
from fraiseql_observe.errors import AskError, AuditError, NotFoundError, Outcome
from fraiseql_observe.incident.ids import new_id
from fraiseql_observe.store.audit_access import Access, parameters
from fraiseql_observe.web.access_log import AccessLog
from fraiseql_observe.web.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

    from aiohttp import web

    from fraiseql_observe.alerts.manager import AlertManager
    from fraiseql_observe.audit.reader import Reader
    from fraiseql_observe.config.audit import AuditSettings
    from fraiseql_observe.web.principal import Principal

log = logging.getLogger(__name__)

LOOK_EVERY = 300.0  # seconds
LONGEST_NAME = 100  # characters of a question's name, which may be anything


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, for the access log."""

    name: str
    token_id: str
    on_behalf_of: str
    address: str
    request_id: str


@dataclass(slots=True)
class Noted:
    """What became of a question."""

    outcome: Outcome = Outcome.FAILED
    rows: int = 0


class Auditing:
    """What answers audit questions in one application.

    Raises:
        CatalogueError: one of the folder's questions is wrong.
    """

    def __init__(self, settings: AuditSettings, manager: AlertManager) -> None:
        self._settings, self._manager = settings, manager
        bounds = Bounds(settings.longest_range, settings.freshness)
        rules = Rules(bounds, settings.connections, settings.waiting, settings.patience)
        catalogue = with_own(Path(settings.questions) if settings.questions else None)
        self.proxy = Proxy(catalogue, reader(settings), rules, clock=manager.clock, telemetry=manager.telemetry)
        self.log = AccessLog(manager.engine, manager.telemetry, settings.access_entries)
        self.warnings: list[str] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answer from here on; what was noted is written before the end."""
        await self.proxy.open()
        tasks = [asyncio.create_task(self.log.run()), asyncio.create_task(self._look())]
        registry = self._manager.telemetry.registry
        latest = _latest(self._settings)
        if latest:
            registry.register(latest)
            tasks.append(asyncio.create_task(_sample(self._settings, latest)))
        try:
            yield
        finally:
            if latest:
                registry.unregister(latest)
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            await self.proxy.close()
            await self.log.flush()

    @contextmanager
    def noted(self, caller: Caller, question: str, given: Mapping[str, Sequence[str]]) -> Iterator[Noted]:
        """Note that somebody asked when it is over, whatever became of it; the block says how many rows."""
        began = time.perf_counter()
        noted = Noted()
        try:
            yield noted
            noted.outcome = Outcome.ANSWERED
        except AskError as error:
            noted.outcome = error.outcome
            raise
        except (RequestError, NotFoundError):
            noted.outcome = Outcome.REFUSED
            raise
        except asyncio.CancelledError:
            noted.outcome = Outcome.CANCELLED
            raise
        finally:
            self.note(caller, question, given, noted, time.perf_counter() - began)

    def note(
        self, caller: Caller, question: str, given: Mapping[str, Sequence[str]], noted: Noted, seconds: float = 0.0
    ) -> None:
        """Note what became of a question, also of one that nobody may ask or that does not exist."""
        now = self._manager.clock()
        self.log.note(
            Access(
                id=new_id("acc", now),
                at=now,
                who=caller.name,
                token_id=caller.token_id,
                on_behalf_of=caller.on_behalf_of,
                address=caller.address,
                request_id=caller.request_id,
                question=question[:LONGEST_NAME],
                parameters=parameters(given),
                outcome=noted.outcome,
                rows=noted.rows,
                duration_ms=round(seconds * 1000),
            )
        )

    async def _look(self) -> None:
        while True:
            found = await asyncio.to_thread(_findings, self._settings.url.reveal())
            for sentence in found:
                if sentence not in self.warnings:
                    log.warning("The audit database: %s", sentence)
            self.warnings = found
            await asyncio.sleep(LOOK_EVERY)


def reader(settings: AuditSettings) -> Reader:
    """Whom the settings let ask the database."""
    # Only who has an audit database pays for its driver.
    from fraiseql_observe.audit.reader import Limits, Reader  # noqa: PLC0415

    limits = Limits(
        statement=settings.statement_timeout,
        lock=settings.lock_timeout,
        rows=settings.rows,
        size=settings.largest_answer,
        connections=settings.connections,
        tenants=settings.freshness,
    )
    return Reader(settings.url.reveal(), limits)


def asker(request: web.Request, who: Principal) -> Asker:
    """The holder of a token as the proxy sees it: gone as soon as its connection is."""

    def gone() -> bool:
        return request.transport is None or request.transport.is_closing()

    return Asker(who.tenants, who.may_ask, gone)


def _latest(settings: AuditSettings) -> Latest | None:
    """What shows the metrics that only SQL knows, unless nobody wants them."""
    every = settings.metrics_every.total_seconds()
    return Latest(every, time.monotonic) if every else None


async def _sample(settings: AuditSettings, latest: Latest) -> None:
    from fraiseql_observe.audit import sampling  # noqa: PLC0415  only who has an audit database pays for its driver

    url = settings.url.reveal()
    await sampling.Sampler(lambda: sampling.read(url), settings.metrics_every.total_seconds(), latest).run()


def _findings(url: str) -> list[str]:
    """What is wrong with the database's walls, one sentence each."""
    from fraiseql_observe.audit import check  # noqa: PLC0415

    try:
        return [f"{one.subject}: {one.detail} (try: {one.hint})" for one in check.rights(url) if not one.ok]
    except AuditError as error:
        return [error.message]
