"""What an Opsgenie destination is told; Jira Service Management speaks the same interface at another address."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from fraiseql_observe.config.declare import Secret, setting
from fraiseql_observe.config.destinations import DestinationSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class OpsgenieDestination(DestinationSettings):
    """One API integration."""

    kind: ClassVar[str] = "opsgenie"

    api_key: Secret = setting("Key of the API integration.")
    base_url: str = setting(
        "Where alerts go: https://api.eu.opsgenie.com/v2/alerts for accounts in the EU,"
        " https://api.atlassian.com/jsm/ops/integration/v2/alerts for Jira Service Management, Opsgenie's successor.",
        default="https://api.opsgenie.com/v2/alerts",
        pattern=r"https?://.+",
    )
    responders: tuple[str, ...] = setting(
        "Who is called, as `type:name`; the integration's own when empty.",
        default=(),
        example="[team:databases, user:anna@example.org]",
    )
    tags: tuple[str, ...] = setting("Added to every alert.", default=(), example="[fraiseql]")
    priorities: Mapping[str, str] = setting(
        "Opsgenie's priority for each severity, where it shall differ from critical P1, warning P3, info P5.",
        factory=dict,
        example="{warning: P2}",
    )
