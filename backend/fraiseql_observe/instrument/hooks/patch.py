"""Wraps a function of somebody else in place, if it still looks the way the wrapper needs it."""

from __future__ import annotations

import importlib
import inspect
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("fraiseql_observe.instrument")

_MARK = "__fraiseql_observe__"
_replaced: list[tuple[Any, str, Any]] = []


def wrap(owner: str, name: str, parameters: tuple[str, ...], wrapper: Callable[[Any], Any]) -> bool:
    """Replace `owner.name` by `wrapper(original)`, once a process.

    Args:
        owner: a module, or a class of a module, as a dotted path.
        name: the function of the owner.
        parameters: the names its parameters must begin with.
        wrapper: makes the replacement from the original.

    Returns:
        Whether the wrapper is in place, now or already.
    """
    target = resolve(owner)
    original = getattr(target, name, None)
    if original is None:
        logger.warning("%s.%s does not exist in this version of FraiseQL; its signals stay off.", owner, name)
        return False
    if is_wrapped(original):
        return True
    if tuple(inspect.signature(original).parameters)[: len(parameters)] != parameters:
        logger.warning("%s.%s takes other parameters than expected; its signals stay off.", owner, name)
        return False
    replacement = wrapper(original)
    setattr(replacement, _MARK, True)
    replacement.__wrapped__ = original
    _replaced.append((target, name, original))
    setattr(target, name, replacement)
    return True


def is_wrapped(function: Any) -> bool:
    return hasattr(function, _MARK)


def resolve(path: str) -> Any:
    """The module, or the class in a module, that a dotted path names; None if there is none."""
    try:
        return importlib.import_module(path)
    except ImportError:
        module, _, name = path.rpartition(".")
        try:
            return getattr(importlib.import_module(module), name, None) if module else None
        except ImportError:
            return None


def restore() -> None:
    """Put every original back, in reverse order; for tests and for comparisons within one process."""
    while _replaced:
        target, name, original = _replaced.pop()
        setattr(target, name, original)
