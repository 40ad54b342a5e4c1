"""From the store's newest state to what a destination is given to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from fraiseql_observe.incident.message import Enrichment, Links, Message
    from fraiseql_observe.incident.model import Alert, Delivery, Incident
    from fraiseql_observe.notify.base import Destination
    from fraiseql_observe.store.engine import Engine

    LinksFor = Callable[[Incident, tuple[Alert, ...], datetime], Links]
    Enrich = Callable[[Incident, Destination], Awaitable[Enrichment]]


async def build(
    engine: Engine,
    delivery: Delivery,
    destination: Destination,
    *,
    now: datetime,
    links: LinksFor,
    enrich: Enrich,
) -> Message:
    """Read the incident as it is now; `enrich` keeps its own time budget and never raises.

    Raises:
        NotFoundError: the incident is no longer in the store.
        StoreError: the store cannot be read.
    """
    raise NotImplementedError
