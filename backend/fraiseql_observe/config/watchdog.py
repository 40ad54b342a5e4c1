"""Settings of the two dead man's switches: the alert that must keep coming in, the heartbeat that goes out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fraiseql_observe.config.declare import NO_SECRET, Secret, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchdogSettings:
    alert: str = setting("Name of the alert that always fires; it never opens an incident.", default="FraiseQLWatchdog")
    expect_within: timedelta = setting(
        "When it stays away for longer, an incident says that alerts do not arrive. It is expected from its first "
        "arrival on. 0: never.",
        default=timedelta(minutes=15),
        example="15m",
        minimum=0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatSettings:
    url: Secret = setting(
        "URL of an outside watchdog that raises the alarm when our heartbeat stays away. Empty: none.",
        default=NO_SECRET,
        example="https://hc-ping.com/…",
    )
    method: str = setting("How it is asked.", default="POST", allowed=("GET", "POST"))
    interval: timedelta = setting("How often.", default=timedelta(minutes=1), example="1m", minimum=1)
    timeout: timedelta = setting("How long one may take.", default=timedelta(seconds=10), example="10s", minimum=0.1)
