"""The audit event of an operation: what was done to what, by whom, with which outcome. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, NamedTuple

ACCESS, CREATE, UPDATE, DELETE = "access", "create", "update", "delete"
SUCCESS, FAILURE, NOOP, DENIED = "success", "failure", "noop", "denied"
DATA, ADMIN, PERMISSION = "data", "admin", "permission"

_VERBS = {
    **dict.fromkeys(("create", "add", "insert", "register", "publish", "new", "import"), CREATE),
    **dict.fromkeys(("update", "edit", "set", "change", "modify", "rename", "grant", "assign"), UPDATE),
    **dict.fromkeys(("delete", "remove", "archive", "revoke", "unassign", "destroy", "purge"), DELETE),
}
_PERMISSION_VERBS = frozenset({"grant", "revoke", "assign", "unassign"})
_STATUS = {"created": CREATE, "new": CREATE, "updated": UPDATE, "deleted": DELETE}
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")
_MAX_TEXT = 256


class AuditEvent(NamedTuple):
    """One row of `fraiseql_observe.audit_event`, in the order of its columns (`audit.COLUMNS`).

    `occurred_at` is in seconds since the epoch, `duration_ms` in milliseconds, texts are bounded and without NUL.
    """

    event_id: str
    occurred_at: float
    tenant_id: str | None
    user_id: str | None
    roles: list[str] | None
    request_id: str | None
    ip_address: str | None
    endpoint: str
    operation_type: str
    operation_name: str
    event_type: str
    category: str
    entity: str | None
    entity_id: str | None
    outcome: str
    error_type: str | None
    error_code: str | None
    severity: str | None
    error_fingerprint: str | None
    error_message: str | None
    duration_ms: float
    complexity: int | None
    depth: int | None
    mode: str | None


class Row(NamedTuple):
    """What a mutation's SQL function reported: FraiseQL's `mutation_response`, as far as it matters here."""

    status: str
    entity_type: str | None
    entity_id: str | None
    cascade: frozenset[str]
    message: str = ""


def mutation_row(value: object) -> Row | None:
    """The row in what a cursor fetched: a mapping with `status`, or a tuple whose first column is one."""
    if isinstance(value, tuple | list) and value:
        value = value[0]
    if not isinstance(value, Mapping) or not isinstance(value.get("status"), str):
        return None
    if not {"entity", "entity_id", "entity_type", "message", "object_data", "updated_fields"} & value.keys():
        return None  # an ordinary table may have a column of that name
    return Row(
        status=value["status"].lower(),
        entity_type=text(value.get("entity_type")),
        entity_id=text(value.get("entity_id")),
        cascade=_cascaded(value.get("cascade")),
        message=text(value.get("message")) or "",
    )


def _cascaded(cascade: object) -> frozenset[str]:
    """Types that the mutation says it touched besides its own entity."""
    if not isinstance(cascade, Mapping):
        return frozenset()
    items = [item for part in ("updated", "deleted") for item in cascade.get(part) or () if isinstance(item, Mapping)]
    names = (item.get("__typename") or item.get("type_name") for item in items[:100])
    return frozenset(name for name in names if isinstance(name, str))


def row_outcome(status: str) -> str:
    """Outcome of a status such as `created`, `noop:not_found` or `failed:duplicate_email`."""
    kind = status.partition(":")[0].strip().lower()
    if kind in {"failed", "failure", "error", "conflict", "not_found", "forbidden", "unauthorized", "timeout"}:
        return FAILURE
    return NOOP if kind == "noop" else SUCCESS


def refusal(rows: Sequence[Row]) -> tuple[str, str] | None:
    """Reason and words of the first failed mutation: `duplicate_email` of the status `failed:duplicate_email`."""
    row = next((row for row in rows if row_outcome(row.status) == FAILURE), None)
    return ((row.status.partition(":")[2] or row.status)[:64], row.message) if row else None


@lru_cache(maxsize=2048)
def words(name: str) -> tuple[str, ...]:
    """The words of a field or function name in lower case: `createBlogPost` and `fn_create_blog_post` alike."""
    found = tuple(word.lower() for word in _WORDS.findall(name.replace("_", " ")))
    return found[1:] if found[:1] == ("fn",) else found


def event_type(operation_type: str, rows: Sequence[Row], fields: Sequence[str], verbs: Mapping[str, str]) -> str:
    """`access` for reads; for mutations what the row's status says, else the verb of the field, else `update`."""
    if operation_type != "mutation":
        return ACCESS
    for row in rows:
        if kind := _STATUS.get(row.status.partition(":")[0]):
            return kind
    for field in fields:
        for word in words(field):
            if kind := verbs.get(word) or _VERBS.get(word):
                return kind
    return UPDATE


def entity_of_field(field: str, verbs: Mapping[str, str]) -> str | None:
    """`createBlogPost` is about a `BlogPost`: the name without its verb."""
    rest = [word for word in words(field) if word not in verbs and word not in _VERBS]
    return "".join(word.capitalize() for word in rest) or None


def category(operation_type: str, entity: str | None, fields: Sequence[str], *, admin: Any, permission: Any) -> str:
    """Whether a mutation is ordinary work, administration, or a change of who may do what."""
    if operation_type != "mutation":
        return DATA
    if entity in permission or any(_PERMISSION_VERBS.intersection(words(field)) for field in fields):
        return PERMISSION
    return ADMIN if entity in admin else DATA


def outcome(error_type: str | None, rows: Sequence[Row]) -> str:
    if error_type == "auth":
        return DENIED
    if error_type is not None:
        return FAILURE
    if not rows:
        return SUCCESS
    reported = {row_outcome(row.status) for row in rows}
    return next((kind for kind in (FAILURE, NOOP) if kind in reported), SUCCESS)


def text(value: object) -> str | None:
    """A value as a bounded text that PostgreSQL accepts; None stays None."""
    if value is None:
        return None
    if type(value) is str and len(value) <= _MAX_TEXT and value.isascii() and "\x00" not in value:
        return value  # nearly all of them
    cleaned = str(value)[:_MAX_TEXT].replace("\x00", "")
    return cleaned if cleaned.isascii() else cleaned.encode("utf-8", "replace").decode()


def address(host: str | None) -> str | None:
    """The client's address if it is one; a test client or a UNIX socket has none, and a header may claim anything."""
    return _address(host) if host and len(host) <= _MAX_TEXT else None


@lru_cache(maxsize=4096)
def _address(host: str) -> str | None:
    try:
        return str(ip_address(host.partition("%")[0]))  # PostgreSQL knows no zone, and would refuse the whole row
    except ValueError:
        return None


def user_of(context: Mapping[str, Any]) -> str | None:
    """The user in FraiseQL's context: a `UserContext`, a mapping or a plain identifier."""
    user = context.get("user")
    if user is None:
        return text(context.get("user_id"))
    if isinstance(user, Mapping):
        return text(next((user[key] for key in ("user_id", "id", "sub") if user.get(key) is not None), None))
    if isinstance(user, str | int):
        return text(user)
    return text(getattr(user, "user_id", None) or getattr(user, "id", None))


def tenant_of(context: Mapping[str, Any]) -> str | None:
    """The tenant in FraiseQL's context: its own key, else the user's metadata, else the user."""
    if context.get("tenant_id") is not None:
        return text(context["tenant_id"])
    user = context.get("user")
    if user is None:
        return None
    for holder in (_member(user, "metadata"), user):
        if (tenant := _member(holder, "tenant_id")) is not None:
            return text(tenant)
    return None


def roles_of(context: Mapping[str, Any]) -> list[str] | None:
    user = context.get("user")
    roles = _member(user, "roles") if user is not None else None
    if not isinstance(roles, list | tuple | set | frozenset) or not roles:
        return None
    return [text(role) or "" for role in list(roles)[:50]]


def _member(holder: object, name: str) -> Any:
    if isinstance(holder, Mapping):
        return holder.get(name)
    return getattr(holder, name, None)
