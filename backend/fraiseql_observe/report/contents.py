"""What is in the report, in its order: data only. Each number of it is the answer to a question of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Drawing:
    """How the answer to a question over time is drawn.

    `kind` is columns (counts per interval) or lines (values); `distinct` are those of the columns that count each thing
    once an interval, so that their sum says nothing; `limit` is what the column `limited` should stay below.
    """

    kind: str
    distinct: tuple[str, ...] = ()
    limit: float | None = None
    limited: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One question: drawn over time, ranked by a column as bars (`label` beside `value`), or as a table."""

    question: str
    drawing: Drawing | None = None
    ranking: tuple[str, str] | None = None
    empty: str = "Nothing in this period."


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter; `lead` says what it is for and what to look for in it."""

    key: str
    title: str
    lead: str
    parts: tuple[Part, ...]


LAG_LIMIT = 5.0  # seconds: from here on the check "Rows written later than 5 seconds" counts

CHECKS = Section(
    "checks",
    "Compliance checks",
    "Each check has a measured value and two limits. A violation needs a mend or an explanation in writing; a warning "
    "needs a look.",
    (Part("compliance_status"),),
)
SECTIONS = (
    CHECKS,
    Section(
        "scope",
        "Tenants and their activity",
        "Whose operations this report is about, and how many there were.",
        (Part("users_tenant_metrics", empty="No tenant had an operation in this period."),),
    ),
    Section(
        "events",
        "Events by type",
        "Recorded operations over time. Look for bursts of deletions, for changes when nobody works, and for holes: an "
        "application that serves requests leaves a row for each.",
        (Part("compliance_events_by_type", Drawing("columns"), empty="No operation was recorded in this period."),),
    ),
    Section(
        "failed-access",
        "Failed access",
        "Attempts without valid credentials, and operations that were denied. Many attempts from one address are "
        "guessing; many by one user are a missing role.",
        (
            Part("compliance_failed_access_over_time", Drawing("columns", distinct=("sources",))),
            Part("compliance_failed_access", empty="No access failed or was denied in this period."),
        ),
    ),
    Section(
        "admin-actions",
        "Administrative actions",
        "Every line should be somebody's task. Ask about those that are nobody's.",
        (Part("compliance_admin_actions", empty="No administrative action was recorded in this period."),),
    ),
    Section(
        "permission-changes",
        "Permission changes",
        "Each grant should have a request behind it; one that a user gave to himself is a finding.",
        (Part("compliance_permission_changes", empty="No permission was changed in this period."),),
    ),
    Section(
        "access",
        "Who accessed what",
        "Users and the kinds of data they read, changed or were denied, the busiest first.",
        (Part("compliance_access_by_user", empty="No access to a known kind of data was recorded in this period."),),
    ),
    Section(
        "errors",
        "Errors",
        "What failed most, whom it touched, and how long errors stayed open.",
        (
            Part("errors_affected_users"),
            Part("errors_top_fingerprints", ranking=("error_type", "occurrences"), empty="No error was recorded."),
            Part("errors_resolution_time", empty="No error was resolved in this period."),
        ),
    ),
    Section(
        "lag",
        "Audit lag",
        "How long after an operation its row was in the audit log. What is not yet written would be lost if the "
        "application's machine were.",
        (
            Part(
                "compliance_audit_lag",
                Drawing("lines", limit=LAG_LIMIT, limited="maximum"),
                empty="No row was written in this period, so there is no delay to show.",
            ),
        ),
    ),
)


def questions() -> tuple[str, ...]:
    """The names of all questions, in the order in which they are asked."""
    return tuple(part.question for section in SECTIONS for part in section.parts)
