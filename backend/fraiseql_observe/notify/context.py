"""What a message template may say: the variables, made once from a `Message` for every destination."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fraiseql_observe.incident.message import Message


def context(message: Message) -> dict[str, object]:
    """The variables; docs/how-to/templates.md lists them all."""
    raise NotImplementedError
