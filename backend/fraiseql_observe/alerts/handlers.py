"""A program's own function as a destination."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from fraiseql_observe.config.destinations import DestinationSettings
from fraiseql_observe.errors import DeliveryError, Reason
from fraiseql_observe.notify.base import Sent, Traits

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from fraiseql_observe.incident.message import Message

    Function = Callable[[Message], Awaitable[Mapping[str, str] | None]]


class Handler:
    """Calls an async function with each message; what it returns is given back with the next."""

    traits: ClassVar[Traits] = Traits(per_second=1000.0, burst=1000)
    kind: ClassVar[str] = "handler"

    def __init__(self, name: str, function: Function) -> None:
        self.name, self._function = name, function
        self.settings = DestinationSettings()

    def __repr__(self) -> str:
        return f"Handler({self.name!r})"

    @property
    def channel(self) -> str:
        return f"handler:{self.name}"

    async def send(self, message: Message) -> Sent:
        """Call the function.

        Raises:
            DeliveryError: it raised; whatever it was, it is tried again, unless it was such an error that says no.
        """
        try:
            return Sent(ref=dict(await self._function(message) or {}))
        except DeliveryError:
            raise
        except Exception as error:
            raise DeliveryError(
                f"The handler {self.name} raised {type(error).__name__}.", reason=Reason.INTERNAL, retryable=True
            ) from error

    async def close(self) -> None:
        """There is nothing to let go of."""
