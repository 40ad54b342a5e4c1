"""The tree of all settings, read off the declared dataclasses: sections, lists, tables and leaves."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from fraiseql_observe.config.declare import Help, Secret
from fraiseql_observe.config.values import KINDS, Kind, member

FILE = "_file"  # `token_file` names the file that holds `token`
TYPE = "type"  # picks one of several kinds of section


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value."""

    kind: Kind
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """Several of one kind, in order."""

    item: Node


@dataclass(frozen=True, slots=True)
class Table:
    """Several of one kind, by names the user gives."""

    value: Node


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a section. `key` is what YAML says: the attribute without the underscore of `from_`."""

    key: str
    attribute: str
    node: Node
    about: Help
    optional: bool
    required: bool
    default: Any = None

    @property
    def secret(self) -> bool:
        return isinstance(self.node, Leaf) and self.node.secret


@dataclass(frozen=True, slots=True)
class Section:
    """The keys of one dataclass."""

    made: Any  # the dataclass
    fields: Mapping[str, Field]

    def keys(self) -> list[str]:
        """All that YAML may say, `*_file` included."""
        return [
            key
            for field in self.fields.values()
            for key in ([field.key, field.key + FILE] if field.secret else [field.key])
        ]


@dataclass(frozen=True, slots=True)
class Variants:
    """A section of one of several kinds, told by its key `type`."""

    by_type: Mapping[str, Section]


Node = Leaf | Listing | Table | Section | Variants


@cache
def section(made: Any) -> Section:
    """The shape of a declared dataclass."""
    hints = typing.get_type_hints(made)
    fields = (_field(one, hints[one.name]) for one in dataclasses.fields(made))
    return Section(made, {field.key: field for field in fields})


def _field(declared: dataclasses.Field[Any], hint: Any) -> Field:
    hint, optional = _without_none(hint)
    node = _node(hint)
    factory = declared.default_factory
    default = factory() if factory is not MISSING else declared.default
    return Field(
        key=declared.name.rstrip("_"),
        attribute=declared.name,
        node=node,
        about=declared.metadata.get("help", Help("")),
        optional=optional,
        required=default is MISSING,
        default=None if default is MISSING else default,
    )


def _without_none(hint: Any) -> tuple[Any, bool]:
    if not _is_union(hint):
        return hint, False
    given = [one for one in typing.get_args(hint) if one is not types.NoneType]
    optional = len(given) < len(typing.get_args(hint))
    return (given[0] if len(given) == 1 else typing.Union[tuple(given)]), optional  # noqa: UP007  made at run time


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType)


def _node(hint: Any) -> Node:
    if _is_union(hint):
        return Variants({one.kind: section(one) for one in typing.get_args(hint)})
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return section(hint)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        return Listing(_node(arguments[0]))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return Table(_node(arguments[1]))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return Leaf(member(hint))
    if hint not in KINDS:
        raise TypeError(f"no kind of setting is known for {hint}")
    return Leaf(KINDS[hint], secret=hint is Secret)
