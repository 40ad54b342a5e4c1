"""One instrumented application: its settings and the parts that live as long as it does."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from fraiseql_observe.instrument import families
from fraiseql_observe.instrument.audit import AuditWriter
from fraiseql_observe.instrument.coherency import Coherency
from fraiseql_observe.instrument.document import DocumentCache
from fraiseql_observe.instrument.entity import entity_of_root_field
from fraiseql_observe.instrument.event import tenant_of, text
from fraiseql_observe.instrument.labels import BoundedNames
from fraiseql_observe.instrument.samplers import Sampler

if TYPE_CHECKING:
    from fraiseql_observe.instrument.metrics import Metrics
    from fraiseql_observe.instrument.record import Record
    from fraiseql_observe.instrument.settings import Settings

logger = logging.getLogger("fraiseql_observe.instrument")

_MAX_TABLES = 200
_MAX_CODES = 100
_MAX_ENTITIES = 200
_MAX_MUTATIONS = 500


class Instrument:
    """What `instrument(app)` returns: the handle of an instrumented application.

    Attributes:
        app: the FastAPI application.
        counts_http: false when FraiseQL's own middleware feeds the HTTP families already.
    """

    def __init__(self, app: Any, settings: Settings, metrics: Metrics, *, database_url: str, counts_http: bool) -> None:
        self.app = app
        self.settings = settings
        self.metrics = metrics
        self.counts_http = counts_http
        self.documents = DocumentCache(max_size=settings.max_document_size)
        self.operation_names = BoundedNames(settings.max_operation_names, settings.operation_names)
        self.mutation_names = BoundedNames(_MAX_MUTATIONS)
        self.tables = BoundedNames(_MAX_TABLES)
        self.codes = BoundedNames(_MAX_CODES)
        self.entities = BoundedNames(_MAX_ENTITIES)
        self.coherency = Coherency()
        self.writer = AuditWriter(settings, metrics, settings.audit_database_url or database_url)
        self.sampler = Sampler(self, database_url)
        self._logged: set[str] = set()
        self._root_entities: dict[tuple[str, str], str | None] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def fault(self, hook: str) -> None:
        """Count an error of ours; call it in the `except` that keeps it from the request."""
        self.metrics.inc(families.INSTRUMENT_ERRORS, hook)
        if hook not in self._logged:
            self._logged.add(hook)
            logger.warning("Instrument failed in %s; the request did not.", hook, exc_info=True)  # noqa: LOG014  (called in an except)

    def tenant_of(self, record: Record) -> str | None:
        find = self.settings.tenant
        return text(find(record.facts)) if find else tenant_of(record.facts)

    @property
    def started(self) -> bool:
        return self._loop is not None

    def start(self) -> None:
        """Start the background work on the running loop; again on a new loop, and nothing if it runs already."""
        loop = asyncio.get_running_loop()
        if self._loop is loop:
            return
        self._loop = loop
        if self.settings.audit:
            self.writer.start()
        self.sampler.start()

    async def stop(self) -> None:
        """Write what is queued, within the deadline of the settings, and end the background work."""
        if self._loop is None:
            return
        self._loop = None
        await self.sampler.stop()
        await self.writer.stop()

    def entity_of_root_field(self, operation_type: str, field: str) -> str | None:
        """The type that a root field is about: what a query returns, or what a mutation's definition names."""
        key = (operation_type, field)
        if key not in self._root_entities:
            schema = getattr(self.app.state, "graphql_schema", None)
            if len(self._root_entities) > _MAX_MUTATIONS:
                self._root_entities.clear()
            self._root_entities[key] = entity_of_root_field(schema, operation_type, field, self.settings.verbs)
        return self._root_entities[key]
