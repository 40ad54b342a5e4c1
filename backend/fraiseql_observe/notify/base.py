"""What every destination is: it sends one message and gives a receipt, or raises `DeliveryError`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Protocol

from fraiseql_observe.incident.model import Action

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fraiseql_observe.config.destinations import DestinationSettings
    from fraiseql_observe.incident.message import Message

EVERYTHING = frozenset(Action)


@dataclass(frozen=True, slots=True)
class Traits:
    """How a kind of destination wants to be served; the dispatcher asks these and never the kind.

    `edits`: one message whose newest state wins, so that waiting updates collapse into one. `idempotent`: the
    destination knows our key, so that an ambiguous sending is simply tried again. `says`: the actions it has a word
    for. `waits_for_enrichment`: it cannot be edited later, so that enrichment is worth its time budget.
    `per_second` and `burst`: the pace it allows, before the configuration says otherwise.
    """

    edits: bool = False
    idempotent: bool = False
    says: frozenset[Action] = EVERYTHING
    waits_for_enrichment: bool = False
    per_second: float = 10.0
    burst: int = 20
    concurrency: int = 8  # messages on their way at once
    timeout: float = 15.0  # seconds one try may take


@dataclass(frozen=True, slots=True)
class Sent:
    """`ref` is kept and given back in `Message.receipt`; empty keeps the earlier one.

    `status` is the code of the answer.
    """

    ref: Mapping[str, str] = field(default_factory=dict)
    status: int = 0
    detail: str = ""


class Destination(Protocol):
    """One configured destination.

    `channel` names what shares a rate limit and a breaker: destinations with the same bot token and Slack channel
    share it. `repr` never shows a secret.
    """

    traits: ClassVar[Traits]
    kind: ClassVar[str]
    name: str

    @property
    def settings(self) -> DestinationSettings: ...

    @property
    def channel(self) -> str: ...

    async def send(self, message: Message) -> Sent:
        """Send once, within the traits' timeout.

        Raises:
            DeliveryError: it was refused, or nobody knows.
        """
        ...

    async def close(self) -> None: ...
