"""HTTP to destinations: bounded, timed, never redirected, and every failure classified in one place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fraiseql_observe.notify.addresses import ANYWHERE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from fraiseql_observe.errors import DeliveryError
    from fraiseql_observe.notify.addresses import Guard


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` holds at most `BODY` bytes; header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Http:
    """One pool of connections for all destinations; opens at the first request."""

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        self._clock = clock

    async def request(
        self,
        method: str,
        url: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        within: float = 15.0,
        guard: Guard = ANYWHERE,
    ) -> Answer:
        """Return whatever is answered, redirects and errors too.

        Raises:
            DeliveryError: nothing was answered; `ambiguous` when the request had been written.
        """
        raise NotImplementedError

    async def post(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        *,
        within: float = 15.0,
        guard: Guard = ANYWHERE,
    ) -> Answer:
        """POST, and take only 2xx for success.

        Raises:
            DeliveryError: as `request`, and `failure` of every other answer.
        """
        raise NotImplementedError

    async def close(self) -> None:
        """Close all connections."""


def failure(answer: Answer, now: datetime, *, said: str = "") -> DeliveryError:
    """Classify an answer that is no success; `said` is the destination's own explanation, safe to show."""
    raise NotImplementedError
