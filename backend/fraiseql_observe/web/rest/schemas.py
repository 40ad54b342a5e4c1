"""JSON Schemas of the answers, as the OpenAPI document shows them. Strict: an answer has these keys and no others."""

from __future__ import annotations

from typing import Any

from fraiseql_observe.audit.chain.model import Kind
from fraiseql_observe.audit.question import FORMATS
from fraiseql_observe.config.server import SCOPE
from fraiseql_observe.incident.model import Action, AlertStatus, DeliveryState, EventKind, Severity, State

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer", "minimum": 0}
TRUTH: Schema = {"type": "boolean"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
MAYBE_MOMENT: Schema = {"type": ["string", "null"], "format": "date-time"}
MAYBE_SECONDS: Schema = {"type": ["number", "null"], "description": "Seconds; null where there is nothing to average."}
LABELS: Schema = {"type": "object", "additionalProperties": TEXT}


def thing(about: str, **keys: Schema) -> Schema:
    """An object with exactly these keys."""
    return {
        "type": "object",
        "description": about,
        "properties": keys,
        "required": list(keys),
        "additionalProperties": False,
    }


def one_of(of: Any) -> Schema:
    return {"type": "string", "enum": [str(each) for each in of]}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def several(name: str) -> Schema:
    return {"type": "array", "items": ref(name)}


def page(about: str, key: str, name: str) -> Schema:
    return thing(
        about, **{key: several(name)}, next={**TEXT, "description": "Cursor of the next page; empty on the last."}
    )


DELIVERY: dict[str, Schema] = {
    "id": TEXT,
    "alert_id": TEXT,
    "destination": TEXT,
    "kind": TEXT,
    "action": one_of(Action),
    "state": one_of(DeliveryState),
    "created_at": MOMENT,
    "due_at": MOMENT,
    "finished_at": MAYBE_MOMENT,
    "step": {**WHOLE, "description": "Of the escalation, the first is 1; 0 when none caused it."},
    "tries": WHOLE,
    "reason": TEXT,
    "detail": TEXT,
}
TOKEN: dict[str, Schema] = {
    "id": TEXT,
    "name": TEXT,
    "scopes": {"type": "array", "items": {"type": "string", "pattern": f"^({SCOPE})$"}},
    "tenants": {"type": "array", "items": TEXT, "description": "Whose audit rows it may see; empty: every tenant's."},
    "created_by": TEXT,
    "created_at": MOMENT,
    "expires_at": MAYBE_MOMENT,
    "last_used_at": MAYBE_MOMENT,
}

SCHEMAS: dict[str, Schema] = {
    "Error": thing(
        "What every refusal looks like.",
        ok={"const": False},
        error={**TEXT, "description": "One sentence."},
        errors={"type": "array", "items": TEXT, "description": "Everything that is wrong, and what to do."},
        status={"type": "integer", "minimum": 400, "maximum": 599},
    ),
    "Alert": thing(
        "One group of alerts, from the first that fires until none does: what the console calls an incident.",
        id=TEXT,
        state=one_of(State),
        severity=one_of(Severity),
        title=TEXT,
        version={**WHOLE, "description": "Grows with each change; If-Match is about it."},
        receiver=TEXT,
        labels={**LABELS, "description": "What the group has in common by Alertmanager's group_by."},
        common_labels=LABELS,
        annotations=LABELS,
        firing={**WHOLE, "description": "Members that fire now."},
        total={**WHOLE, "description": "Members it ever had."},
        reopened={**WHOLE, "description": "Times."},
        opened_at=MOMENT,
        updated_at=MOMENT,
        acknowledged_at=MAYBE_MOMENT,
        acknowledged_by=TEXT,
        resolved_at=MAYBE_MOMENT,
        resolved_by=TEXT,
        snoozed_until=MAYBE_MOMENT,
        silenced_by={**TEXT, "description": "Id of the maintenance window that holds messages back."},
        policy=TEXT,
        external_url=TEXT,
    ),
    "Alerts": page("Alerts, the latest opened first.", "alerts", "Alert"),
    "Member": thing(
        "One alert as Prometheus knows it.",
        fingerprint=TEXT,
        name=TEXT,
        status=one_of(AlertStatus),
        labels=LABELS,
        annotations=LABELS,
        started_at=MAYBE_MOMENT,
        ended_at=MAYBE_MOMENT,
        generator_url=TEXT,
    ),
    "Event": thing(
        "One line of the timeline.",
        id=TEXT,
        at=MOMENT,
        kind=one_of(EventKind),
        actor=thing("Who, and from where.", name=TEXT, source=TEXT, address=TEXT),
        comment=TEXT,
        data={"type": "object"},
    ),
    "Attempt": thing(
        "One try to send.",
        number=WHOLE,
        started_at=MOMENT,
        finished_at=MOMENT,
        outcome=TEXT,
        reason=TEXT,
        status=WHOLE,
        detail=TEXT,
    ),
    "Delivery": thing("One message to one destination.", **DELIVERY),
    "DeliveryWithAttempts": thing(
        "One message to one destination, with its tries.", **DELIVERY, attempts=several("Attempt")
    ),
    "Deliveries": page("Deliveries, the newest first.", "deliveries", "DeliveryWithAttempts"),
    "Step": thing(
        "A step of the escalation that is still to be taken; the first is 1.", id=TEXT, number=WHOLE, due_at=MOMENT
    ),
    "Detail": thing(
        "One alert, whole.",
        alert=ref("Alert"),
        alerts=several("Member"),
        events=several("Event"),
        deliveries=several("DeliveryWithAttempts"),
        steps=several("Step"),
    ),
    "Created": thing("Where the alert went.", id=TEXT),
    "Changed": thing(
        "What became of it; `changed` is false when it was so already.", changed=TRUTH, alert=ref("Alert")
    ),
    "Window": thing(
        "A maintenance window.",
        id=TEXT,
        matchers={"type": "array", "items": TEXT},
        starts_at=MOMENT,
        ends_at=MOMENT,
        created_by=TEXT,
        created_at=MOMENT,
        comment=TEXT,
    ),
    "Windows": thing("Maintenance windows.", windows=several("Window")),
    "AuditQueries": thing("The audit questions that the token may ask.", queries=several("AuditQuery")),
    "AuditQuery": thing(
        "A question that may be asked of the audit log.",
        name=TEXT,
        title=TEXT,
        description=TEXT,
        format={"type": "string", "enum": list(FORMATS)},
        scope=TEXT,
        parameters={
            "type": "object",
            "description": "By name: type, and where there are any default, minimum and maximum.",
            "additionalProperties": {"type": "object"},
        },
        columns={"type": "array", "items": ref("AuditColumn")},
    ),
    "AuditColumn": thing("A column of an answer.", name=TEXT, title=TEXT, type=TEXT, unit=TEXT),
    "AuditAnswer": thing(
        "The answer to an audit question.",
        ok=TRUTH,
        query=TEXT,
        columns={"type": "array", "items": ref("AuditColumn")},
        rows={
            "type": "array",
            "items": {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}},
        },
        row_count=WHOLE,
        truncated={**TRUTH, "description": "The database had more rows than an answer may have."},
        elapsed_ms={"type": "number", "description": "How long the database took when it was asked."},
        **{"from": {**MAYBE_MOMENT, "description": "The range that was asked."}, "to": MAYBE_MOMENT},
    ),
    "AuditValues": {
        "type": "array",
        "description": "Distinct values of a column, as Grafana's variables want them.",
        "items": thing("A value.", __text=TEXT, __value=TEXT),
    },
    "AuditAccess": thing(
        "Who asked the audit log what, newest first.",
        entries={
            "type": "array",
            "items": thing(
                "A question that came in. Who it was on behalf of is what the client said.",
                id=TEXT,
                at=MOMENT,
                who=TEXT,
                token_id=TEXT,
                on_behalf_of=TEXT,
                address=TEXT,
                request_id=TEXT,
                question=TEXT,
                parameters=TEXT,
                outcome=TEXT,
                rows=WHOLE,
                duration_ms=WHOLE,
            ),
        },
        next={**TEXT, "description": "The `before` of the next page; empty on the last."},
    ),
    "AuditChain": thing(
        "How far verifying hash chains has come, and the breaks that were found, accepted ones too.",
        sources={
            "type": "array",
            "items": thing(
                "One audit log. Times are null before the first; checked_at is when the seal that was longest not read "
                "again was read.",
                source=TEXT,
                kind=TEXT,
                rows=WHOLE,
                unchecked=WHOLE,
                verified_at=MAYBE_MOMENT,
                sealed=WHOLE,
                seals=WHOLE,
                sealed_until=MAYBE_MOMENT,
                checked_at=MAYBE_MOMENT,
            ),
        },
        breaks=several("AuditBreak"),
    ),
    "AuditBreak": thing(
        "A break of a hash chain: the row, how it is broken, and who has looked into it.",
        id=TEXT,
        source=TEXT,
        row=TEXT,
        at=MOMENT,
        tenant=TEXT,
        kind=one_of(Kind),
        detail=TEXT,
        found_at=MOMENT,
        accepted_at=MAYBE_MOMENT,
        accepted_by=TEXT,
        comment=TEXT,
    ),
    "Token": thing("What is known of a token.", **TOKEN),
    "NewToken": thing("A new token, with its secret.", **TOKEN, token=TEXT),
    "Tokens": thing("Tokens, oldest first.", tokens=several("Token")),
    "Destination": thing(
        "How a destination is.",
        name=TEXT,
        kind=TEXT,
        channel=TEXT,
        breaker_open=TRUTH,
        paused_until=MAYBE_MOMENT,
        waiting=WHOLE,
        dead=WHOLE,
        last_sent_at=MAYBE_MOMENT,
        last_error=TEXT,
    ),
    "Destinations": thing("The destinations.", destinations=several("Destination")),
    "TestSent": thing("The destination took the test.", status=WHOLE, detail=TEXT),
    "RejectedWebhook": thing(
        "A webhook that was refused.", source=TEXT, received_at=MOMENT, why=TEXT, bytes=WHOLE, body=TEXT
    ),
    "Rejected": thing("Refused webhooks, the newest first.", rejected=several("RejectedWebhook")),
    "Health": thing(
        "How the service is.",
        ok=TRUTH,
        version=TEXT,
        failing={**LABELS, "description": "Why, by part."},
        warnings={**LABELS, "description": "What fails again and again though alerts are taken, by part."},
        alerts={"type": "object", "additionalProperties": WHOLE},
        inbox=thing("Accepted webhooks that are not yet worked in.", webhooks=WHOLE, oldest_at=MAYBE_MOMENT),
        deliveries=thing(
            "The outbox.",
            ready=WHOLE,
            scheduled=WHOLE,
            running=WHOLE,
            dead=WHOLE,
            ambiguous=WHOLE,
            oldest_due_at=MAYBE_MOMENT,
        ),
    ),
    "Statistics": thing(
        "Of incidents opened since a time.",
        since=MOMENT,
        opened=WHOLE,
        acknowledged=WHOLE,
        resolved=WHOLE,
        mtta=MAYBE_SECONDS,
        mttr=MAYBE_SECONDS,
        states={"type": "object", "additionalProperties": WHOLE, "description": "How many stand there now."},
    ),
    "Rule": thing(
        "An alerting rule of Prometheus.",
        name=TEXT,
        group=TEXT,
        query=TEXT,
        for_seconds={"type": "number"},
        labels=LABELS,
        annotations=LABELS,
        state=TEXT,
        health=TEXT,
        last_error=TEXT,
    ),
    "Rules": thing("Alerting rules.", rules=several("Rule")),
}
