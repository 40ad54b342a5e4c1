"""Turns a finished request's record into metrics and one audit event."""

from __future__ import annotations

import json
import random
import re
from typing import TYPE_CHECKING, Any

from fraiseql_observe.instrument import classify, event, families
from fraiseql_observe.instrument.fingerprint import fingerprint, literals_of, redact
from fraiseql_observe.instrument.labels import ANONYMOUS, OTHER, method_label

if TYPE_CHECKING:
    from fraiseql_observe.instrument.classify import Failure
    from fraiseql_observe.instrument.document import Document, Operation
    from fraiseql_observe.instrument.record import Record
    from fraiseql_observe.instrument.runtime import Instrument

_NO_FAILURES: list[Failure] = []
_CODE = re.compile(r'"code"\s*:\s*"([A-Z_]{1,64})"')


def settle(record: Record, endpoint: str) -> event.AuditEvent | None:
    """Write the request's metrics; the audit event if it was a GraphQL operation and auditing is on."""
    _count_http(record, endpoint)
    return _settle_operation(record, endpoint) if record.is_graphql else None


def _count_http(record: Record, endpoint: str) -> None:
    instrument = record.instrument
    if instrument.counts_http:
        method, duration = method_label(record.scope["method"]), record.answered - record.started
        metrics = instrument.metrics
        metrics.inc(families.HTTP_REQUESTS, method, endpoint, str(record.status))
        metrics.observe(families.HTTP_DURATION, duration, method, endpoint)
        metrics.observe(families.RESPONSE_TIME, duration)


def _settle_operation(record: Record, endpoint: str) -> event.AuditEvent | None:
    instrument = record.instrument
    executed = record.executing_since > 0
    persisted = _read_body(record)
    if not executed and record.status < 400 and _answers_protocol(record, persisted):  # noqa: PLR2004
        return None
    document = instrument.documents.get(record.source)
    operation = _operation(record, document)
    failures = _failures(record, document) if record.errors or not executed or record.status >= 400 else _NO_FAILURES  # noqa: PLR2004
    if operation is not None and operation.introspection and not failures:
        return None
    operation_type = _operation_type(record, operation)
    name = _name(record, operation, valid=executed and not _invalid(failures))
    if executed:
        duration = (record.executed_at or record.answered) - record.executing_since
    else:
        duration = record.answered - record.started
    _count_operation(record, operation_type, name, duration, failures)
    _count_document(instrument, document, operation)
    if record.mutations:
        _count_mutations(record)
    worst = classify.worst(failures) if failures else None
    if record.status in {401, 403, 429} or (worst is not None and worst.error_type == classify.AUTH):
        _count_denial(record, worst)
    if not instrument.settings.audit:
        return None
    return _audit_event(record, endpoint, operation, operation_type, name, duration, worst)


def _read_body(record: Record) -> bool:
    """Whether the request names a persisted document only; reads the body when no hook saw the document."""
    if record.source is None and record.body and record.whole_body:
        try:
            request = json.loads(b"".join(record.body))
        except (ValueError, RecursionError):
            request = None
        if isinstance(request, dict):
            record.source = request.get("query")
            record.variables = request.get("variables")
            record.operation_name = request.get("operationName")
            extensions = request.get("extensions")
            return not record.source and isinstance(extensions, dict) and "persistedQuery" in extensions
    return False


def _answers_protocol(record: Record, persisted: bool) -> bool:  # noqa: FBT001
    """An answer that ran no operation and broke nothing: an unknown persisted document, the playground's page."""
    if persisted:
        record.instrument.metrics.inc(families.CACHE_MISSES, "query")
        return True
    return record.scope["method"] in {"GET", "HEAD", "OPTIONS"} and not record.source


def _operation(record: Record, document: Document) -> Operation | None:
    if record.mode == "rust-multi":
        return document.first_query()
    name = record.operation_name
    return document.operation(name if isinstance(name, str) else None)


def _operation_type(record: Record, operation: Operation | None) -> str:
    """A document that is too large to analyse must not hide a mutation: what ran tells."""
    if operation is not None:
        return operation.type
    return "mutation" if record.mutations or record.rows else "unknown"


def _failures(record: Record, document: Document) -> list[Failure]:
    """One failure for each distinct type of error, the most severe of its type."""
    found: dict[str, Failure] = {}
    for error in record.errors[:200]:
        failure = _document_failure(document) or classify.classify(error)
        known = found.get(failure.error_type)
        if known is None or failure.rank > known.rank:
            found[failure.error_type] = failure
    if not found and (failure_of_status := classify.refused(record.status, _response_code(record))):
        found[failure_of_status.error_type] = failure_of_status
    if not found and not record.executing_since and _refuses_documents(record):
        refused = classify.not_executed("ARBITRARY_QUERY_NOT_ALLOWED", "Only persisted documents are allowed.")
        found[refused.error_type] = refused
    return list(found.values())


def _document_failure(document: Document) -> Failure | None:
    return (
        classify.not_executed("EMPTY_DOCUMENT", "The request holds no document.") if document.state == "empty" else None
    )


def _response_code(record: Record) -> str:
    found = _CODE.search(record.response.decode("utf-8", "replace"))
    return found[1] if found else ""


def _refuses_documents(record: Record) -> bool:
    refresh = getattr(record.instrument.app.state, "_fraiseql_refresh_config", None)
    mode = getattr(refresh.get("config"), "apq_mode", None) if isinstance(refresh, dict) else None
    return mode is not None and not mode.allows_arbitrary_queries()


def _invalid(failures: list[Failure]) -> bool:
    return any(failure.error_type in {classify.GRAPHQL, classify.VALIDATION} for failure in failures)


def _name(record: Record, operation: Operation | None, *, valid: bool) -> str:
    """The label of the operation's name; only a document that ran may teach a new one."""
    if operation is None:
        return OTHER if record.operation_name else ANONYMOUS
    if operation.name is None:
        return ANONYMOUS
    names = record.instrument.operation_names
    return names.admit(operation.name) if valid else names.known(operation.name)


def _count_operation(record: Record, operation_type: str, name: str, duration: float, failures: list[Failure]) -> None:
    metrics = record.instrument.metrics
    metrics.inc(families.QUERIES, operation_type, name)
    metrics.observe(families.QUERY_DURATION, duration, operation_type, name)
    metrics.inc(families.QUERIES_ERRORS if failures else families.QUERIES_SUCCESS, operation_type)
    if record.mode:
        metrics.inc(families.EXECUTIONS, "rust" if record.mode == "rust-multi" else record.mode, operation_type)
    if record.apq_lookup:
        metrics.inc(families.EXECUTIONS, "apq", operation_type)
        metrics.inc(families.CACHE_HITS, "query")
    for failure in failures:
        codes = record.instrument.codes
        metrics.inc(families.GRAPHQL_ERRORS, failure.error_type, failure.severity, name)
        metrics.inc(families.ERRORS, codes.admit(failure.kind), codes.admit(failure.code), name)


def _count_document(instrument: Instrument, document: Document, operation: Operation | None) -> None:
    if document.state == "oversized":
        instrument.metrics.inc(families.OVERSIZED_DOCUMENTS)
    elif operation is not None and instrument.settings.complexity:
        instrument.metrics.observe(families.QUERY_COMPLEXITY, operation.complexity, operation.type)
        instrument.metrics.observe(families.QUERY_DEPTH, operation.depth, operation.type)


def _count_mutations(record: Record) -> None:
    instrument = record.instrument
    metrics = instrument.metrics
    for field, duration, error, rows in record.mutations:
        name = instrument.mutation_names.admit(field)
        metrics.inc(families.MUTATIONS, name)
        metrics.observe(families.MUTATION_DURATION, duration, name)
        outcome = event.outcome(None, rows)
        if error is not None:
            metrics.inc(families.MUTATIONS_ERRORS, name, classify.classify(error).error_type)
        elif outcome == event.FAILURE:
            reason, _ = event.refusal(rows) or ("failed", "")
            metrics.inc(families.MUTATIONS_ERRORS, name, instrument.codes.admit(reason))
        else:
            kind = rows[0].status.partition(":")[0] if rows else event.SUCCESS
            metrics.inc(families.MUTATIONS_SUCCESS, name, instrument.codes.admit(kind))


def _count_denial(record: Record, worst: Failure | None) -> None:
    """Count a refusal, unless FraiseQL or the auth hook reported what led to it during this request."""
    code = worst.code if worst is not None else ""
    if record.status == 429:  # noqa: PLR2004
        kind = "rate_limit.exceeded"
    elif code == "CSRF_PROTECTION_FAILED":
        kind = "csrf.token_invalid"
    else:
        kind = "authz.field_denied" if code == "FIELD_AUTHORIZATION_ERROR" else "authz.denied"
    family = kind.partition(".")[0]
    reported = {seen.partition(".")[0] for seen in record.security_events if seen != "auth.success"}
    if family not in reported and not (family == "authz" and "auth" in reported):
        record.instrument.metrics.inc(families.SECURITY_EVENTS, kind, "denied")


def _audit_event(
    record: Record,
    endpoint: str,
    operation: Operation | None,
    operation_type: str,
    name: str,
    duration: float,
    worst: Failure | None,
) -> event.AuditEvent:
    settings = record.instrument.settings
    scope, context = record.scope, record.facts
    fields = operation.names if operation is not None else tuple(mutation[0] for mutation in record.mutations)
    entity = _entity(record, operation_type, fields)
    outcome = event.outcome(worst.error_type if worst else None, record.rows)
    if worst is None and record.rows and (refusal := event.refusal(record.rows)):
        worst = classify.reported(*refusal)  # no error to GraphQL, but one to whoever reads the audit log
    redacted = redact(worst.message, literals_of(record.source, record.variables)) if worst else None
    if worst is not None and worst.constraint:
        redacted = f"{redacted} (constraint {worst.constraint})"[:500]
    return event.AuditEvent(
        event_id=f"{random.getrandbits(128):032x}",
        occurred_at=record.occurred_at,
        tenant_id=record.instrument.tenant_of(record),
        user_id=event.text(settings.user(context)) if settings.user else event.user_of(context),
        roles=event.roles_of(context),
        request_id=_request_id(scope),
        ip_address=event.address(scope["client"][0]) if scope.get("client") else None,
        endpoint=endpoint,
        operation_type=operation_type,
        operation_name=name,
        event_type=event.event_type(operation_type, record.rows, fields, settings.verbs),
        category=event.category(
            operation_type, entity, fields, admin=settings.admin_entities, permission=settings.permission_entities
        ),
        entity=entity,
        entity_id=_entity_id(record, operation),
        outcome=outcome,
        error_type=worst.error_type if worst else None,
        error_code=event.text(worst.code) if worst else None,
        severity=worst.severity if worst else None,
        error_fingerprint=fingerprint(worst, name, redacted or "") if worst else None,
        error_message=redacted,
        duration_ms=round(duration * 1000, 3),
        complexity=operation.complexity if operation is not None else None,
        depth=operation.depth if operation is not None else None,
        mode="rust" if record.mode == "rust-multi" else record.mode or None,
    )


def _request_id(scope: Any) -> str | None:
    """The id that a proxy gave the request, else the trace it belongs to; one made up here would lead nowhere."""
    trace = None
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            return event.text(value.decode("latin-1"))
        if name == b"traceparent":
            trace = event.text(value.decode("latin-1")[3:35])
    return trace


def _entity(record: Record, operation_type: str, fields: tuple[str, ...]) -> str | None:
    for row in record.rows:
        if row.entity_type:
            return row.entity_type
    for field in fields:
        if entity := record.instrument.entity_of_root_field(operation_type, field):
            return entity
    return None


def _entity_id(record: Record, operation: Operation | None) -> str | None:
    for row in record.rows:
        if row.entity_id:
            return row.entity_id
    for field in operation.fields if operation is not None else ():
        if field.id_literal is not None:
            return event.text(field.id_literal)
        if field.id_variable is not None and isinstance(record.variables, dict):
            return event.text(record.variables.get(field.id_variable))
    variables = record.variables if isinstance(record.variables, dict) else {}
    value = variables.get("id")
    if value is None and isinstance(variables.get("input"), dict):
        value = variables["input"].get("id")
    return event.text(value) if isinstance(value, str | int) else None
