"""Root fields of the schema: errors that never reach an answer, and every single mutation."""

from __future__ import annotations

import functools
import inspect
import time
import weakref
from typing import Any

from fraiseql_observe.instrument.event import Row
from fraiseql_observe.instrument.record import Record, current

HOOK = "fields"
_observed: weakref.WeakSet[Any] = weakref.WeakSet()


def observe(schema: Any) -> None:
    """Wrap the resolvers of the schema's root fields, once; a refreshed schema is a new one."""
    if schema in _observed:
        return
    _observed.add(schema)
    for root, is_mutation in ((schema.query_type, False), (schema.mutation_type, True)):
        for name, field in (root.fields if root else {}).items():
            if field.resolve is not None:
                field.resolve = _wrapped(field.resolve, name, is_mutation=is_mutation)


def _wrapped(resolve: Any, name: str, *, is_mutation: bool) -> Any:
    """A resolver of the same kind and signature; FraiseQL looks at both."""
    if inspect.iscoroutinefunction(resolve):

        @functools.wraps(resolve)
        async def observed(*args: Any, **kwargs: Any) -> Any:
            record = current()
            if record is None:
                return await resolve(*args, **kwargs)
            rows, started = len(record.rows), time.perf_counter()
            try:
                result = await resolve(*args, **kwargs)
            except Exception as error:
                _failed(record, error)
                if is_mutation:
                    _mutated(record, name, started, rows, error, None)
                raise
            if is_mutation:
                _mutated(record, name, started, rows, None, result)
            return result

        return observed

    @functools.wraps(resolve)
    def observed_plain(*args: Any, **kwargs: Any) -> Any:
        record = current()
        if record is None:
            return resolve(*args, **kwargs)
        rows, started = len(record.rows), time.perf_counter()
        try:
            result = resolve(*args, **kwargs)
        except Exception as error:
            _failed(record, error)
            if is_mutation:
                _mutated(record, name, started, rows, error, None)
            raise
        if is_mutation and not inspect.isawaitable(result):
            _mutated(record, name, started, rows, None, result)
        return result

    return observed_plain


def _failed(record: Record, error: BaseException) -> None:
    record.errors.append(error)


def _mutated(  # noqa: PLR0913, PLR0917
    record: Record, name: str, started: float, rows_before: int, error: BaseException | None, result: Any
) -> None:
    try:
        rows = record.rows[rows_before:]
        if not rows and error is None and (reported := _reported(result)) is not None:
            rows = [reported]
            record.rows.append(reported)
        record.mutations.append((name, time.perf_counter() - started, error, rows))
        _note_writes(record, rows)
    except Exception:  # noqa: BLE001
        record.instrument.fault(HOOK)


def _reported(result: Any) -> Row | None:
    """What a mutation written in Python says of itself: a `status`, or the name of an error type."""
    status = getattr(result, "status", None)
    if type(result).__name__.endswith("Error"):
        reason = str(getattr(result, "code", None) or type(result).__name__)
        return Row(status if isinstance(status, str) and ":" in status else f"failed:{reason}", None, None, frozenset())
    return Row(status.lower(), None, None, frozenset()) if isinstance(status, str) else None


def _note_writes(record: Record, rows: list[Row]) -> None:
    now = time.monotonic()
    for row in rows:
        for entity in (row.entity_type, *row.cascade):
            if entity:
                record.instrument.coherency.written(entity, now)
