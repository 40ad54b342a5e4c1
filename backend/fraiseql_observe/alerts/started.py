"""What every part of the alert manager's interface stands on: the open store and the running parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fraiseql_observe.errors import NotFoundError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from fraiseql_observe.alerts.links import ActionTokens
    from fraiseql_observe.alerts.running import Running
    from fraiseql_observe.notify.base import Destination
    from fraiseql_observe.store.engine import Engine


class Started:
    """Has a clock, and a store and running parts once it is started."""

    clock: Callable[[], datetime]
    _engine: Engine | None
    _running: Running | None

    @property
    def engine(self) -> Engine:
        """The open store."""
        if self._engine is None:
            raise StoreError("The store is not open.", hint="Start the alert manager first.")
        return self._engine

    @property
    def action_tokens(self) -> ActionTokens:
        """What signs and reads the links in messages."""
        return self._parts.basis.tokens

    def healthy(self) -> Mapping[str, bool]:
        """Tell whether processor, dispatcher and escalator work."""
        return self._parts.healthy()

    @property
    def _parts(self) -> Running:
        if self._running is None:
            raise StoreError("The alert manager is not started.", hint="Call start(), or use it as a context manager.")
        return self._running

    def _destination(self, name: str) -> Destination:
        try:
            return self._parts.destinations[name]
        except KeyError:
            known = ", ".join(sorted(self._parts.destinations))
            hint = f"The destinations are: {known}." if known else "There is none yet: add one under `destinations`."
            raise NotFoundError(f"There is no destination {name!r}.", hint=hint) from None
