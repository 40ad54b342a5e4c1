"""Execution of operations: which document ran, on which path, with which errors."""

from __future__ import annotations

import time
from typing import Any

from fraiseql_observe.instrument.hooks import fields, patch
from fraiseql_observe.instrument.record import Record, current

HOOK = "execution"
_PARAMETERS = ("schema", "source", "root_value", "context_value", "variable_values", "operation_name")


def install() -> bool:
    """FraiseQL looks these names up when it calls them, so replacing them in their modules is enough."""
    return all(
        [
            patch.wrap("fraiseql.execution.unified_executor", "execute_graphql", _PARAMETERS, _single),
            patch.wrap("fraiseql.fastapi.routers", "execute_graphql", _PARAMETERS, _single),
            patch.wrap(
                "fraiseql.fastapi.routers",
                "execute_multi_field_query",
                ("schema", "query_string", "variables", "context"),
                _several,
            ),
        ]
    )


def _single(original: Any) -> Any:
    async def execute_graphql(
        schema: Any,
        source: Any,
        root_value: Any = None,
        context_value: Any = None,
        variable_values: Any = None,
        operation_name: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        record = current()
        if record is not None:
            _begin(record, schema, source, context_value, variable_values, operation_name)
        try:
            result = await original(
                schema, source, root_value, context_value, variable_values, operation_name, *args, **kwargs
            )
        except Exception as error:
            if record is not None:
                _end(record, "python", error)
            raise
        if record is not None:
            errors = getattr(result, "errors", None)
            _end(record, "python" if hasattr(result, "data") else "rust", *(errors or ()))
        return result

    return execute_graphql


def _several(original: Any) -> Any:
    async def execute_multi_field_query(schema: Any, query_string: Any, variables: Any, context: Any) -> Any:
        record = current()
        if record is not None:
            _begin(record, schema, query_string, context, variables, None)
            record.mode = "rust-multi"
        try:
            result = await original(schema, query_string, variables, context)
        except Exception as error:  # FraiseQL now runs the operation again, through the other path
            if record is not None:
                _end(record, "rust-multi", error)
            raise
        if record is not None:
            _end(record, "rust-multi")
        return result

    return execute_multi_field_query


def _begin(record: Record, schema: Any, source: Any, context: Any, variables: Any, operation_name: Any) -> None:
    """A second begin in one request replaces the first: what counts is the path that answered."""
    try:
        record.executing_since = record.executing_since or time.perf_counter()
        record.source, record.variables, record.context = source, variables, context
        record.operation_name = operation_name
        record.errors, record.mutations = [], []
        fields.observe(schema)
    except Exception:  # noqa: BLE001
        record.instrument.fault(HOOK)


def _end(record: Record, mode: str, *errors: BaseException) -> None:
    record.executed_at = time.perf_counter()
    record.mode = mode
    record.errors.extend(errors)
