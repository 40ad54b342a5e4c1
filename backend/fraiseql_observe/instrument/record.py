"""What one request leaves behind. Hooks only add facts to it; the metrics are written once, when it is settled."""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fraiseql_observe.instrument.event import Row
    from fraiseql_observe.instrument.runtime import Instrument


_MAX_ROWS = 100


class Record:
    """One request's facts; times are of `time.perf_counter` (seconds), `occurred_at` of the wall clock.

    Tasks that a request starts inherit its record: `closed` tells them that it is too late to add to it.
    """

    __slots__ = (
        "answered", "apq_lookup", "body", "closed", "context", "errors", "executed_at", "executing_since", "instrument",
        "is_graphql", "mode", "mutations", "occurred_at", "operation_name", "response", "rows", "scope",
        "security_events", "settled", "source", "started", "status", "user", "variables", "whole_body",
    )  # fmt: skip

    def __init__(self, instrument: Instrument, scope: Any, started: float, occurred_at: float) -> None:
        self.instrument = instrument
        self.scope = scope
        self.started = started
        self.occurred_at = occurred_at
        self.status = 500
        self.answered = 0.0
        self.is_graphql = False
        self.body: list[bytes] | None = None
        self.whole_body = True
        self.response = b""
        # Filled by the execution hooks.
        self.executing_since = 0.0
        self.executed_at = 0.0
        self.source: Any = None
        self.variables: Any = None
        self.operation_name: Any = None
        self.context: Any = None
        self.user: Any = None
        self.mode = ""  # rust, python, or rust-multi while several root fields run
        self.apq_lookup = False
        self.errors: list[BaseException] = []
        self.mutations: list[tuple[str, float, BaseException | None, list[Row]]] = []
        self.rows: list[Row] = []
        self.security_events: set[str] = set()
        self.settled = False
        self.closed = False

    @property
    def facts(self) -> dict[str, Any]:
        """The GraphQL context; of a request that never got one, what its token told."""
        if isinstance(self.context, dict):
            return self.context
        return {"user": self.user} if self.user is not None else {}

    def report(self, row: Row) -> None:
        """Add what a mutation reported, and note the writes that may make cached results stale."""
        if len(self.rows) < _MAX_ROWS:
            self.rows.append(row)
        now, scope = time.monotonic(), self.instrument.tenant_of(self) or ""
        for entity in (row.entity_type, *row.cascade):
            if entity:
                self.instrument.coherency.written(entity, scope, now)


_current: ContextVar[Record | None] = ContextVar("fraiseql_observe_record", default=None)

enter = _current.set
leave = _current.reset


def current() -> Record | None:
    """The record of the request this task works for, or None outside of one."""
    record = _current.get()
    return None if record is None or record.closed else record
