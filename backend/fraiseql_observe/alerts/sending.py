"""One try to send one delivery: build its message, hand it to its destination, and say what became of it."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from fraiseql_observe.alerts import outcomes
from fraiseql_observe.errors import DeliveryError, NotFoundError, Reason, StoreError, TemplateError
from fraiseql_observe.notify.limits import limits

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from fraiseql_observe.alerts.outcomes import Result
    from fraiseql_observe.incident.message import Message
    from fraiseql_observe.incident.model import Delivery
    from fraiseql_observe.notify.base import Destination, Sent
    from fraiseql_observe.notify.limits import Limits

    BuildMessage = Callable[[Delivery, Destination], Awaitable[Message]]

BUILD_SECONDS = 15.0  # reading the incident and waiting for its enrichment
SPARE_SECONDS = 2.0  # beyond the destination's own timeout, for one that forgets it
STORE_PAUSE = timedelta(seconds=1)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sender:
    """What all tries share."""

    build_message: BuildMessage
    clock: Callable[[], datetime]
    chance: Callable[[], float]

    async def send(self, delivery: Delivery, destination: Destination, *, refusals: int = 0) -> Result:
        """Try once; never raises but for `CancelledError` from a second cancellation.

        Cancelled before the destination was asked, the delivery is given back; after that, nobody knows.
        """
        started = self.clock()
        holds = limits(destination.traits, destination.settings)
        try:
            message = await self._message(delivery, destination)
        except (StoreError, TimeoutError, asyncio.CancelledError):
            return outcomes.given_back(delivery, self.clock() + STORE_PAUSE)
        except DeliveryError as error:
            return self._failed(delivery, error, holds, started, refusals)
        try:
            answer = await _deliver(message, destination, holds)
        except DeliveryError as error:
            return self._failed(delivery, error, holds, started, refusals)
        return outcomes.sent(delivery, answer, started, self.clock())

    async def _message(self, delivery: Delivery, destination: Destination) -> Message:
        try:
            async with asyncio.timeout(BUILD_SECONDS):
                return await self.build_message(delivery, destination)
        except (StoreError, TimeoutError):
            raise
        except NotFoundError as error:
            raise DeliveryError(error.message, reason=Reason.INTERNAL, retryable=False) from error
        except Exception as error:
            raise _unexpected(error, delivery) from error

    def _failed(
        self, delivery: Delivery, error: DeliveryError, holds: Limits, started: datetime, refusals: int
    ) -> Result:
        return outcomes.failed(
            delivery,
            error,
            holds,
            started=started,
            now=self.clock(),
            refusals=refusals,
            chance=self.chance,
        )


async def _deliver(message: Message, destination: Destination, holds: Limits) -> Sent:
    """Send, and turn whatever goes wrong into the one error that is decided on."""
    try:
        async with asyncio.timeout(holds.timeout + SPARE_SECONDS):
            return await destination.send(message)
    except DeliveryError:
        raise
    except TemplateError as error:
        raise DeliveryError(error.message, reason=Reason.TEMPLATE, retryable=False, hint=error.hint) from error
    except TimeoutError as error:
        raise DeliveryError(
            f"It did not answer within {holds.timeout:g} s.", reason=Reason.TIMEOUT, retryable=True, ambiguous=True
        ) from error
    except asyncio.CancelledError as error:
        raise DeliveryError(
            "The backend stopped while it was sending.", reason=Reason.CRASH, retryable=True, ambiguous=True
        ) from error
    except Exception as error:
        raise _unexpected(error, message) from error


def _unexpected(error: Exception, what: Delivery | Message) -> DeliveryError:
    """Name the fault's kind but not its text, which may hold anything; the log has its place in the code."""
    identity = what.delivery_id if hasattr(what, "delivery_id") else what.id
    log.error("a delivery met a fault of ours", exc_info=error, extra={"delivery": identity})
    return DeliveryError(
        f"A fault of ours: {type(error).__name__}.",
        reason=Reason.INTERNAL,
        retryable=True,
        hint="The log says where.",
    )
