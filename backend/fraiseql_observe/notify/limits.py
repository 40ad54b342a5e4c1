"""How a destination is served: what its kind wants, and what its settings say instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fraiseql_observe.config.destinations import OnAmbiguous

if TYPE_CHECKING:
    from datetime import timedelta

    from fraiseql_observe.config.destinations import DestinationSettings
    from fraiseql_observe.notify.base import Traits


@dataclass(frozen=True, slots=True)
class Limits:
    """`timeout` in seconds, for one try; `retry_ambiguous` is false where a person shall decide."""

    per_second: float
    burst: int
    concurrency: int
    timeout: float
    attempts: int
    give_up_after: timedelta
    retry_ambiguous: bool


def limits(traits: Traits, settings: DestinationSettings) -> Limits:
    """Return what holds for one destination; one that knows our key may always be told twice."""
    return Limits(
        per_second=traits.per_second if settings.per_second is None else settings.per_second,
        burst=traits.burst if settings.burst is None else settings.burst,
        concurrency=traits.concurrency if settings.concurrency is None else settings.concurrency,
        timeout=traits.timeout if settings.timeout is None else settings.timeout.total_seconds(),
        attempts=settings.attempts,
        give_up_after=settings.give_up_after,
        retry_ambiguous=traits.idempotent or settings.on_ambiguous == OnAmbiguous.RETRY,
    )
