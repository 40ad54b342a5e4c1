"""The two ways into Slack: a bot token, and an incoming webhook as the lesser choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from fraiseql_observe.incident.model import Action
from fraiseql_observe.notify.base import Sent, Traits

if TYPE_CHECKING:
    from fraiseql_observe.config.slack import SlackDestination
    from fraiseql_observe.incident.message import Message
    from fraiseql_observe.notify.tools import Tools


class Slack:
    """One message an incident in one channel, edited to its newest state, with a thread that tells what happened."""

    kind: ClassVar[str] = "slack"
    traits: ClassVar[Traits] = Traits(edits=True, per_second=1, burst=4)

    def __init__(self, name: str, settings: SlackDestination, tools: Tools) -> None:
        self.name = name
        self.settings = settings
        self._tools = tools

    @property
    def channel(self) -> str:
        raise NotImplementedError

    async def send(self, message: Message) -> Sent:
        raise NotImplementedError

    async def close(self) -> None:
        """Nothing is held open."""


class SlackWebhook(Slack):
    """A new message for each change: an incoming webhook tells no message id."""

    traits: ClassVar[Traits] = Traits(
        says=frozenset(Action) - {Action.UPDATE}, waits_for_enrichment=True, per_second=1, burst=4
    )


def create(name: str, settings: SlackDestination, tools: Tools) -> Slack:
    """The way in that the settings give."""
    return (Slack if settings.token else SlackWebhook)(name, settings, tools)
