"""The dispatcher: takes due deliveries from the outbox, sends them, and writes down what became of them."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from fraiseql_observe.incident.message import Message
    from fraiseql_observe.incident.model import Delivery
    from fraiseql_observe.notify.base import Destination
    from fraiseql_observe.store.engine import Engine
    from fraiseql_observe.telemetry import Telemetry

    BuildMessage = Callable[[Delivery, Destination], Awaitable[Message]]


class Dispatcher:
    """One for each process; several processes share the outbox."""

    def __init__(
        self,
        engine: Engine,
        destinations: Mapping[str, Destination],
        *,
        clock: Callable[[], datetime],
        telemetry: Telemetry,
        build_message: BuildMessage,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        raise NotImplementedError

    async def run(self) -> None:
        """Serve until cancelled or drained."""
        raise NotImplementedError

    async def drain(self, within: float) -> None:
        """Claim nothing more, let what is being sent end `within` seconds, give back the rest."""
        raise NotImplementedError

    def reconfigure(self, destinations: Mapping[str, Destination]) -> None:
        """Use these destinations from now on; what is being sent ends with the earlier ones."""
        raise NotImplementedError

    async def enable(self, name: str) -> None:
        """Serve a destination again that had answered 410 Gone."""
        raise NotImplementedError

    @property
    def healthy(self) -> bool:
        """Whether the loop turned lately."""
        raise NotImplementedError
