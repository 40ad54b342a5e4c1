"""The email destination: compose, send, and say what the mail server said."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from fraiseql_observe.notify.base import Sent, Traits

if TYPE_CHECKING:
    from fraiseql_observe.config.email import EmailDestination
    from fraiseql_observe.incident.message import Message
    from fraiseql_observe.notify.tools import Tools


class Email:
    """Sends through one mail server to a list of addresses.

    A repeat carries the same Message-ID, by which mail servers and readers know it; so an ambiguous sending is
    tried again: a mail twice is better than none.
    """

    traits: ClassVar[Traits] = Traits(idempotent=True, waits_for_enrichment=True, per_second=5, timeout=60)
    kind: ClassVar[str] = "email"

    def __init__(self, name: str, settings: EmailDestination, tools: Tools) -> None:
        self.name = name
        self.settings = settings
        self._tools = tools

    @property
    def channel(self) -> str:
        """The mail server: what one of its mailboxes refuses says nothing about it, what it refuses at all does."""
        return f"email:{self.settings.host}:{self.settings.port}"

    async def send(self, message: Message) -> Sent:
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError
