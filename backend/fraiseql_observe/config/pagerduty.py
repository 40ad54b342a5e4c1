"""What a PagerDuty destination is told (Events API v2)."""

from dataclasses import dataclass
from typing import ClassVar

from fraiseql_observe.config.declare import Secret, setting
from fraiseql_observe.config.destinations import DestinationSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDutyDestination(DestinationSettings):
    """One integration of one PagerDuty service."""

    kind: ClassVar[str] = "pagerduty"

    routing_key: Secret = setting("Integration key of the service or of the event orchestration: 32 characters.")
    base_url: str = setting(
        "Where events go; https://events.eu.pagerduty.com for accounts in the EU.",
        default="https://events.pagerduty.com",
        pattern=r"https?://.+",
    )
