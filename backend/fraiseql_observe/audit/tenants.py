"""Whose rows may be seen: what is asked for, narrowed to what the asker may see. Pure.

Two walls hold the answer: the parameter `tenants` of the question, and the setting `fraiseql.tenant_id` of the
transaction, which views and row security heed whatever the question says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fraiseql_observe.errors import AskError, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fraiseql_observe.audit.question import Question

SEPARATOR = "\x1f"  # between tenants in the setting; no tenant's name holds it
NONE = "(none)"  # how rows without a tenant appear: they belong to nobody who sees some tenants only
LONGEST = 256
MOST = 100


def problem(tenants: Sequence[str]) -> str:
    """Why these cannot be the tenants of a token, as the end of a sentence; empty when they can."""
    if len(tenants) > MOST:
        return f"are more than {MOST}"
    for tenant in tenants:
        if not tenant or len(tenant) > LONGEST or not tenant.isprintable():
            return f"must be printable texts of 1 to {LONGEST} characters"
        if tenant == NONE:
            return f"cannot hold {NONE}: rows without a tenant are for tokens that see every tenant"
    return ""


def narrow(question: Question, values: Mapping[str, Any], allowed: Sequence[str]) -> tuple[dict[str, Any], str]:
    """The values with `tenants` narrowed to `allowed` (empty: every tenant), and the setting of the transaction.

    Raises:
        AskError: 403, the question is about all tenants, or none of those asked for may be seen.
    """
    if not allowed:
        return dict(values), ""
    if not question.tenant_aware:
        raise _refused(f"The question {question.name} is about all tenants, and this token is for some.")
    if "tenants" not in values:
        return dict(values), SEPARATOR.join(allowed)
    asked = values["tenants"]
    seen = list(allowed) if asked is None else [tenant for tenant in asked if tenant in allowed]
    if not seen:
        raise _refused("This token may see none of these tenants.")
    return {**values, "tenants": seen}, SEPARATOR.join(seen)


def _refused(sentence: str) -> AskError:
    return AskError(sentence, status=403, outcome=Outcome.REFUSED)
