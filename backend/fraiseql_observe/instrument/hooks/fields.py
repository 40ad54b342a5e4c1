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
    wrap = _wrapped_coroutine if inspect.iscoroutinefunction(resolve) else _wrapped_function
    return functools.wraps(resolve)(wrap(resolve, name if is_mutation else None))


def _wrapped_coroutine(resolve: Any, mutation: str | None) -> Any:
    async def observed(*args: Any, **kwargs: Any) -> Any:
        record = current()
        if record is None:
            return await resolve(*args, **kwargs)
        call = _Call(record, mutation)
        try:
            result = await resolve(*args, **kwargs)
        except Exception as error:
            call.failed(error)
            raise
        call.returned(result)
        return result

    return observed


def _wrapped_function(resolve: Any, mutation: str | None) -> Any:
    def observed(*args: Any, **kwargs: Any) -> Any:
        record = current()
        if record is None:
            return resolve(*args, **kwargs)
        call = _Call(record, mutation)
        try:
            result = resolve(*args, **kwargs)
        except Exception as error:
            call.failed(error)
            raise
        call.returned(result)
        return result

    return observed


class _Call:
    """One call of a root field's resolver; `mutation` is the field's name if it is one."""

    __slots__ = ("_mutation", "_record", "_rows_before", "_started")

    def __init__(self, record: Record, mutation: str | None) -> None:
        self._record = record
        self._mutation = mutation
        self._rows_before = len(record.rows)
        self._started = time.perf_counter()

    def failed(self, error: Exception) -> None:
        self._record.errors.append(error)
        if self._mutation is not None:
            self._note(self._mutation, error, None)

    def returned(self, result: Any) -> None:
        if self._mutation is not None:
            self._note(self._mutation, None, result)

    def _note(self, mutation: str, error: Exception | None, result: Any) -> None:
        record = self._record
        try:
            rows = record.rows[self._rows_before :]
            if not rows and error is None and (reported := _reported(result)) is not None:
                rows = [reported]
                record.report(reported)
            record.mutations.append((mutation, time.perf_counter() - self._started, error, rows))
        except Exception:  # noqa: BLE001
            record.instrument.fault(HOOK)


def _reported(result: Any) -> Row | None:
    """What a mutation written in Python says of itself: a `status`, or the name of an error type."""
    status = getattr(result, "status", None)
    if type(result).__name__.endswith("Error"):
        reason = str(getattr(result, "code", None) or type(result).__name__)
        status = status if isinstance(status, str) and ":" in status else f"failed:{reason}"
        return Row(status, None, None, frozenset(), str(getattr(result, "message", None) or "")[:256])
    return Row(status.lower(), None, None, frozenset()) if isinstance(status, str) else None
