"""Settings from the environment: FRAISEQL_OBSERVE_<SECTION>__<KEY>, over those of the file.

Names are upper case, with `_` for what a variable's name cannot hold; an empty variable counts as not set. Lists are
written with commas, tables as `name=value` with commas. What holds sections of its own in a list is for the file.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

from fraiseql_observe.config import document, values
from fraiseql_observe.config.shape import FILE, TYPE, Leaf, Listing, Node, Section, Table, Variants

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fraiseql_observe.config.document import Document

PREFIX = "FRAISEQL_OBSERVE_"
DEEPER = "__"
Problem = tuple[str, str]  # the variable, and what is wrong with it


def overlay(given: Document, top: Section, environ: Mapping[str, str]) -> list[Problem]:
    """Put the variables over the document; what cannot be placed is returned."""
    problems = []
    for name in sorted(environ):
        if name.startswith(PREFIX) and DEEPER in name and environ[name]:
            try:
                _put(given, top, name, environ[name])
            except LookupError as error:
                problems.append((name, str(error.args[0])))
    return problems


def _put(given: Document, top: Section, name: str, text: str) -> None:
    key, node = _place(given.value, top, name.removeprefix(PREFIX).split(DEEPER))
    read = _read(node, text)
    value = given.value
    for depth, part in enumerate(key[:-1], start=1):
        value = value.setdefault(part, {})
        given.origins.setdefault(key[:depth], name)
    _drop_other_form(value, key[-1])
    value[key[-1]] = read
    given.origins[key] = name


def _place(value: Any, node: Node, words: list[str]) -> tuple[tuple[str, ...], Node]:
    """Return the key that a variable's words mean, and what stands there.

    Raises:
        LookupError: with a sentence, when they mean none.
    """
    key: tuple[str, ...] = ()
    for word in words:
        if not isinstance(value, dict):
            raise LookupError(f"{document.dotted(key)} is no mapping in the file")  # noqa: TRY004
        part, node = _step(node, word, value)
        key = (*key, part)
        value = value.get(part, {})
    return key, node


def _step(node: Node, word: str, value: Mapping[str, Any]) -> tuple[str, Node]:
    """The key that a word means below a node, and what stands there.

    Raises:
        LookupError: with a sentence.
    """
    if isinstance(node, Variants):
        node = _variant(node, value)
    if isinstance(node, Section):
        key = _match(word, [*node.keys(), TYPE])
        if key is None:
            near = difflib.get_close_matches(word.lower(), node.keys(), n=1)
            raise LookupError(f"there is no setting {word.lower()}" + (f"; did you mean {near[0]}?" if near else ""))
        field = node.fields.get(key)
        return key, field.node if field else Leaf(values.KINDS[str])
    if isinstance(node, Table):
        return _match(word, value) or word.lower(), node.value
    raise LookupError("can only be set in the file")


def _variant(node: Variants, value: Mapping[str, Any]) -> Section:
    """The section that the file's `type` picks; before a type is known, all that any of them has."""
    chosen = node.by_type.get(str(value.get(TYPE)))
    if chosen is not None:
        return chosen
    return Section(None, {key: field for one in node.by_type.values() for key, field in one.fields.items()})


def _match(word: str, keys: Iterable[str]) -> str | None:
    return next((key for key in keys if re.sub(r"[^A-Za-z0-9]", "_", key).upper() == word.upper()), None)


def _drop_other_form(value: dict[str, Any], key: str) -> None:
    """A variable replaces the file's setting also where one of them names a secret and the other its file."""
    value.pop(key.removesuffix(FILE) if key.endswith(FILE) else key + FILE, None)


def _read(node: Node, text: str) -> Any:
    if isinstance(node, Leaf):
        plain = node.secret or node.kind is values.KINDS[str]
        return text if plain else document.scalar(text)
    if isinstance(node, Listing) and isinstance(node.item, Leaf):
        return [_read(node.item, part.strip()) for part in text.split(",") if part.strip()]
    if isinstance(node, Table) and isinstance(node.value, Leaf):
        pairs = (part.partition("=") for part in text.split(",") if part.strip())
        return {name.strip(): _read(node.value, value.strip()) for name, _, value in pairs}
    raise LookupError("can only be set in the file")
