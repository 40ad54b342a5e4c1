"""What is wrong with a document: its keys and values against the declared settings, by cerberus.

The schema is made for the keys that are given, since a section may be of one of several kinds.
"""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fraiseql_observe.config import values
from fraiseql_observe.config.shape import FILE, TYPE, Field, Leaf, Listing, Node, Section, Table, Variants

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fraiseql_observe.config.document import Key

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
UNKNOWN = "unknown field"
WORDS = {
    "required field": "is missing",
    "null value not allowed": "is given without a value",
    "must be of dict type": "is not a mapping",
    "must be of list type": "is not a list",
    "must be of string type": "is not a text",
}
SHOWN = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with one key, as the end of a sentence that begins with the key."""

    key: Key
    text: str


def problems(top: Section, value: Mapping[str, Any]) -> list[Problem]:
    """All that is wrong with the keys and values that are given."""
    if not value:
        return []
    import cerberus  # noqa: PLC0415  a service on its defaults does not pay for it

    validator = cerberus.Validator(_section(top, value)["schema"])
    if validator.validate(dict(value), normalize=False):
        return []
    return list(_flat(validator.errors, top, ()))


def _rule(node: Node, value: Any, field: Field | None = None) -> dict[str, Any]:
    match node:
        case Leaf():
            return {"check_with": _checked(node, field), "nullable": bool(field and field.optional)}
        case Listing():
            listed = value if isinstance(value, list) else []
            return {"type": "list", "items": [_rule(node.item, one, field) for one in listed]}
        case Table():
            given = value if isinstance(value, dict) else {}
            named = not isinstance(node.value, Leaf | Listing)
            return {
                "type": "dict",
                "keysrules": {"check_with": _named} if named else {},
                "schema": {key: _rule(node.value, one, field) for key, one in given.items()},
            }
        case Section():
            return _section(node, value)
        case Variants():
            return _variant(node, value)


def _section(node: Section, value: Any) -> dict[str, Any]:
    given = value if isinstance(value, dict) else {}
    schema: dict[str, Any] = {}
    for key, field in node.fields.items():
        if key in given:
            schema[key] = _rule(field.node, given[key], field)
        elif field.required and not field.secret:
            schema[key] = {"required": True}
        if field.secret and key + FILE in given:
            schema[key + FILE] = {"type": "string", "empty": False}
            if key in given:
                schema[key + FILE]["check_with"] = _twice
        elif field.secret and field.required and key not in given:
            schema[key] = {"required": True}
    return {"type": "dict", "schema": schema}


def _variant(node: Variants, value: Any) -> dict[str, Any]:
    given = value if isinstance(value, dict) else {}
    chosen = node.by_type.get(str(given.get(TYPE)))
    if chosen is None:
        # Which keys it may have, nobody can say.
        any_key = {key: {"nullable": True} for key in given}
        check = {"required": True, "nullable": True, "check_with": _typed(node)}
        return {"type": "dict", "schema": {**any_key, TYPE: check}}
    rule = _section(chosen, given)
    return {**rule, "schema": {**rule["schema"], TYPE: {}}}


def _checked(leaf: Leaf, field: Field | None) -> Any:
    def check_with(name: str, value: Any, error: Any) -> None:
        if value is None:
            if not (field and field.optional):
                error(name, WORDS["null value not allowed"])
            return
        try:
            typed = leaf.kind.read(value)
            if field is not None:
                values.check(typed, leaf.kind, field.about)
        except ValueError as problem:
            # What was given for a secret may be one, however malformed.
            error(name, str(problem) if leaf.secret else f"{_shown(value)} {problem}")

    return check_with


def _shown(value: Any) -> str:
    written = json.dumps(value, ensure_ascii=False, default=str)
    return written if len(written) <= SHOWN else written[: SHOWN - 1] + "…"


def _typed(node: Variants) -> Any:
    def check_with(name: str, value: Any, error: Any) -> None:
        near = difflib.get_close_matches(str(value), node.by_type, n=1)
        end = f"; did you mean {near[0]}?" if near else ""
        error(name, f"{_shown(value)} is not one of {', '.join(node.by_type)}{end}")

    return check_with


def _named(name: str, value: Any, error: Any) -> None:
    if not NAME.fullmatch(str(value)):
        error(name, "is no name: letters, digits, `_`, `-` and `.`, at most 64")


def _twice(name: str, value: Any, error: Any) -> None:
    del value
    error(name, f"is given together with {name.removesuffix(FILE)}; keep one of them")


def _flat(errors: Mapping[Any, Any], node: Node | None, above: Key) -> Iterator[Problem]:
    """Cerberus' nested report, flat; unknown keys with the nearest known."""
    for name, reports in errors.items():
        here = (*above, name)
        for report in reports:
            if isinstance(report, dict):
                yield from _flat(report, _below(node, name), here)
            elif report == UNKNOWN:
                yield Problem(here, _unknown(str(name), node))
            else:
                yield Problem(here, WORDS.get(report, report))


def _below(node: Node | None, name: Any) -> Node | None:
    if isinstance(node, Listing):
        return node.item
    if isinstance(node, Table):
        return node.value
    return _fields(node).get(name) if isinstance(node, Section | Variants) else None


def _fields(node: Section | Variants) -> dict[str, Node]:
    """Return the keys of a section with what stands there; where it may be of several kinds, those of all."""
    kinds = [node] if isinstance(node, Section) else node.by_type.values()
    return {key: field.node for one in kinds for key, field in one.fields.items()}


def _unknown(name: str, node: Node | None) -> str:
    known = _fields(node) if isinstance(node, Section | Variants) else ()
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return "is no setting" + (f"; did you mean {near[0]}?" if near else "")
