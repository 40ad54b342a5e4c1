"""Which entity a root field of the schema is about. Reads the schema, changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fraiseql_observe.instrument.event import entity_of_field

if TYPE_CHECKING:
    from collections.abc import Mapping


def entity_of_root_field(schema: Any, operation_type: str, field: str, verbs: Mapping[str, str]) -> str | None:
    """The entity that a query returns, or that a mutation's success type or name speaks of.

    None for a field that the schema does not have, and for a query of a scalar.
    """
    root = getattr(schema, f"{operation_type}_type", None)
    declared = root.fields.get(field) if root is not None else None
    if declared is None:
        return None
    result = unwrapped(declared.type)
    if operation_type == "mutation":
        return _of_mutation(result) or entity_of_field(field, verbs)
    return _named_entity(result)


def unwrapped(kind: Any) -> Any:
    """The named type inside lists and non-nulls."""
    while hasattr(kind, "of_type"):
        kind = kind.of_type
    return kind


def _named_entity(kind: Any) -> str | None:
    """An object type, or the node type of a connection; scalars are no entities."""
    name = getattr(kind, "name", None)
    fields = getattr(kind, "fields", None)
    if not name or not isinstance(fields, dict):
        return None
    if name.endswith("Connection") and "edges" in fields:
        node = getattr(unwrapped(fields["edges"].type), "fields", {}).get("node")
        return _named_entity(unwrapped(node.type)) if node is not None else None
    return str(name)


def _of_mutation(result: Any) -> str | None:
    """The first object field of the success type (of a union, the member that is no error)."""
    members = getattr(result, "types", None) or (result,)
    for member in members:
        fields = getattr(member, "fields", None)
        if not isinstance(fields, dict) or member.name.endswith("Error"):
            continue
        for field in fields.values():
            kind = unwrapped(field.type)
            if hasattr(kind, "fields") and not kind.name.endswith(("Error", "Cascade")):
                return str(kind.name)
    return None
