"""The sign of life: an outside watchdog raises the alarm when it stays away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fraiseql_observe.errors import DeliveryError, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from fraiseql_observe.config.watchdog import HeartbeatSettings
    from fraiseql_observe.notify.http import Http
    from fraiseql_observe.telemetry import Telemetry

_GOOD = range(200, 300)


class Heartbeat:
    """Sends it while everything that delivers alerts is well; it stays away otherwise, and that is the point.

    Args:
        settings: where to, how often.
        http: what asks.
        clock: gives the present.
        telemetry: shows when it last was taken.
        healthy: which parts are well, by name.
    """

    def __init__(
        self,
        settings: HeartbeatSettings,
        http: Http,
        *,
        clock: Callable[[], datetime],
        telemetry: Telemetry,
        healthy: Callable[[], Mapping[str, bool]],
    ) -> None:
        self._settings, self._http, self._clock = settings, http, clock
        self._telemetry, self._healthy = telemetry, healthy

    async def turn(self) -> float:
        """Send one; return the seconds until the next.

        Raises:
            DeliveryError: a part is not well, or it was not taken.
        """
        pause = self._settings.interval.total_seconds()
        sick = [name for name, well in self._healthy().items() if not well]
        if sick:
            # A failure is tried again in a moment: at the start not every part has had its first turn.
            raise DeliveryError(f"does not work, or not yet: {', '.join(sick)}", reason=Reason.INTERNAL, retryable=True)
        answer = await self._http.request(
            self._settings.method, self._settings.url.reveal(), within=self._settings.timeout.total_seconds()
        )
        if answer.status not in _GOOD:
            raise DeliveryError(
                f"the outside watchdog answered the heartbeat with {answer.status}",
                reason=Reason.BAD_ANSWER,
                retryable=True,
                status=answer.status,
            )
        self._telemetry.heartbeat_sent.set(self._clock().timestamp())
        return pause
