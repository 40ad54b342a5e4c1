"""From a checked document to the typed settings."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from fraiseql_observe.config import secrets
from fraiseql_observe.config.schema import Problem
from fraiseql_observe.config.shape import FILE, TYPE, Leaf, Listing, Node, Section, Table, Variants

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fraiseql_observe.config.document import Key


class Builder:
    """Builds settings; secret files that cannot be read end in `problems`.

    Args:
        beside: the folder that relative names of secret files start from.
    """

    def __init__(self, beside: Path) -> None:
        self.beside = beside
        self.problems: list[Problem] = []

    def section(self, shape: Section, value: dict[str, Any], key: Key) -> Any:
        given = {}
        for field in shape.fields.values():
            if field.key in value:
                given[field.attribute] = self._value(field.node, value[field.key], (*key, field.key))
            elif field.secret and field.key + FILE in value:
                given[field.attribute] = self._secret(value[field.key + FILE], (*key, field.key + FILE))
        return shape.made(**given)

    def _value(self, node: Node, value: Any, key: Key) -> Any:
        if value is None:
            return None
        match node:
            case Leaf():
                return node.kind.read(value)
            case Listing():
                return tuple(self._value(node.item, one, (*key, place)) for place, one in enumerate(value))
            case Table():
                return MappingProxyType(
                    {name: self._value(node.value, one, (*key, name)) for name, one in value.items()}
                )
            case Section():
                return self.section(node, value, key)
            case Variants():
                return self.section(node.by_type[value[TYPE]], value, key)

    def _secret(self, name: str, key: Key) -> Any:
        try:
            return secrets.read(name, self.beside)
        except ValueError as error:
            self.problems.append(Problem(key, str(error)))
            return None


def own_problems(value: Any, key: Key = ()) -> Iterator[Problem]:
    """What the sections themselves find wrong between their fields."""
    if is_dataclass(value) and not isinstance(value, type):
        for name, text in value.problems() if hasattr(value, "problems") else ():
            yield Problem((*key, *name.split(".")) if name else key, text)
        for one in fields(value):
            yield from own_problems(getattr(value, one.name), (*key, one.name.rstrip("_")))
    elif isinstance(value, tuple):
        for place, one in enumerate(value):
            yield from own_problems(one, (*key, place))
    elif isinstance(value, MappingProxyType | dict):
        for name, one in value.items():
            yield from own_problems(one, (*key, name))
