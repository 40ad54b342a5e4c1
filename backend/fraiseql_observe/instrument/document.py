"""What a GraphQL document asks for: operations, root fields, complexity and depth. Pure, bounded, never raising."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    VariableNode,
    parse,
)
from graphql.language import IntValueNode

MAX_TOKENS = 10_000
MAX_COMPLEXITY = 100_000  # a few fragments that spread one another can stand for billions of fields
_MAX_NAME = 128  # a longer name is in no schema, and must not fill the caches that are kept by name
_MAX_ID = 256
_PART_WEIGHT = 100  # characters that an operation or a root field weighs in the cache, about what it takes in memory
_INTROSPECTION = frozenset({"__schema", "__type", "__typename"})

State = Literal["parsed", "empty", "invalid", "oversized"]


@dataclass(frozen=True, slots=True)
class RootField:
    """A field of the query or mutation type, and the `id` argument if it has one (a literal, or a variable's name)."""

    name: str
    id_literal: str | None = None
    id_variable: str | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a document.

    Attributes:
        complexity: fields after fragment expansion, at most `MAX_COMPLEXITY`.
        depth: deepest nesting of fields; a root field has depth 1.
        introspection: selects nothing but `__schema`, `__type` and `__typename`.
        names: those of the root fields.
    """

    type: str
    name: str | None
    complexity: int
    depth: int
    fields: tuple[RootField, ...]
    introspection: bool
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A document; without operations unless it was parsed."""

    state: State
    operations: tuple[Operation, ...] = ()

    def operation(self, name: str | None) -> Operation | None:
        """The operation that a request runs: the one it names, else the only one."""
        if name:
            return next((op for op in self.operations if op.name == name), None)
        return self.operations[0] if len(self.operations) == 1 else None

    def first_query(self) -> Operation | None:
        """What FraiseQL's path for several root fields runs: the first query, whatever the request names."""
        return next((op for op in self.operations if op.type == "query"), None)


EMPTY = Document("empty")
INVALID = Document("invalid")
OVERSIZED = Document("oversized")


def analyse(text: object, *, max_size: int) -> Document:
    """Parse and measure a document of at most `max_size` characters and `MAX_TOKENS` tokens."""
    if not isinstance(text, str) or not text or text.isspace():
        return EMPTY
    if len(text) > max_size:
        return OVERSIZED
    try:
        tree = parse(text, no_location=True, max_tokens=MAX_TOKENS)
        return Document("parsed", tuple(_operations(tree)))
    except GraphQLError as error:
        return OVERSIZED if f"more than {MAX_TOKENS} tokens" in error.message else INVALID
    except RecursionError:
        return INVALID


def _operations(tree: DocumentNode) -> list[Operation]:
    measure = _Measure({node.name.value: node for node in tree.definitions if isinstance(node, FragmentDefinitionNode)})
    operations = []
    for node in tree.definitions:
        if isinstance(node, OperationDefinitionNode):
            complexity, depth = measure.selection(node.selection_set)
            fields = tuple(measure.root_fields(node.selection_set))
            operations.append(
                Operation(
                    type=node.operation.value,
                    name=node.name.value if node.name else None,
                    complexity=complexity,
                    depth=depth,
                    fields=fields,
                    introspection=bool(fields) and all(field.name in _INTROSPECTION for field in fields),
                    names=tuple(field.name for field in fields),
                )
            )
    return operations


class _Measure:
    """Counts fields and nesting; each fragment is measured once, and a cycle counts as nothing."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._known: dict[str, tuple[int, int]] = {}

    def selection(self, selection_set: SelectionSetNode | None) -> tuple[int, int]:
        count, depth = 0, 0
        for node in selection_set.selections if selection_set else ():
            if isinstance(node, FragmentSpreadNode):
                inner_count, inner_depth = self._fragment(node.name.value)
            else:
                inner_count, inner_depth = self.selection(node.selection_set)
            is_field = isinstance(node, FieldNode)
            count = min(count + inner_count + is_field, MAX_COMPLEXITY)
            depth = max(depth, inner_depth + is_field)
        return count, depth

    def _fragment(self, name: str) -> tuple[int, int]:
        if name not in self._known:
            self._known[name] = (0, 0)  # what a spread of itself, directly or not, counts as
            if name in self._fragments:
                self._known[name] = self.selection(self._fragments[name].selection_set)
        return self._known[name]

    def root_fields(self, selection_set: SelectionSetNode, seen: set[str] | None = None) -> list[RootField]:
        seen = set() if seen is None else seen  # one set for the whole walk: each fragment is visited once
        found: list[RootField] = []
        for node in selection_set.selections:
            if isinstance(node, FieldNode):
                found.append(_root_field(node))
            elif not isinstance(node, FragmentSpreadNode):
                found += self.root_fields(node.selection_set, seen)
            elif node.name.value in self._fragments and node.name.value not in seen:
                seen.add(node.name.value)
                found += self.root_fields(self._fragments[node.name.value].selection_set, seen)
        return found


def _root_field(node: FieldNode) -> RootField:
    name = node.name.value[:_MAX_NAME]
    for argument in node.arguments or ():
        if argument.name.value == "id":
            if isinstance(argument.value, StringValueNode | IntValueNode):
                return RootField(name, id_literal=argument.value.value[:_MAX_ID])
            if isinstance(argument.value, VariableNode):
                return RootField(name, id_variable=argument.value.name.value)
    return RootField(name)


class DocumentCache:
    """Remembers what recent documents ask for, within a bound of entries and of weight (about one character each)."""

    def __init__(self, *, max_size: int, max_entries: int = 2000, max_weight: int = 8_000_000) -> None:
        self._max_size = max_size
        self._max_entries = max_entries
        self._max_weight = max_weight
        self._weight = 0
        self._documents: OrderedDict[str, Document] = OrderedDict()

    def get(self, text: object) -> Document:
        if not isinstance(text, str) or len(text) > self._max_size:
            return analyse(text, max_size=self._max_size)
        document = self._documents.get(text)
        if document is not None:
            self._documents.move_to_end(text)
            return document
        document = analyse(text, max_size=self._max_size)
        self._documents[text] = document
        self._weight += _weight(text, document)
        while len(self._documents) > self._max_entries or self._weight > self._max_weight:
            self._weight -= _weight(*self._documents.popitem(last=False))
        return document

    def __len__(self) -> int:
        return len(self._documents)


def _weight(text: str, document: Document) -> int:
    """A document of one-letter fields, or of many operations, takes far more memory than its characters."""
    return len(text) + _PART_WEIGHT * sum(1 + len(operation.fields) for operation in document.operations)
