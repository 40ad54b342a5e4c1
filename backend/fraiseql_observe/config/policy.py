"""Settings of whom to tell, when: routes, policies, business hours, and when an incident is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from fraiseql_observe.config.declare import setting


class Until(StrEnum):
    """What ends an escalation, besides the incident's resolution."""

    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSettings:
    destinations: tuple[str, ...] = setting("Names of the destinations that are told.", example="[team-slack, pager]")
    wait: timedelta = setting(
        "How long after the step before this one is taken; for the first, after the incident opens.",
        default=timedelta(0),
        example="5m",
        minimum=0,
    )
    hours: str = setting(
        "Name of business hours; outside of them the step waits until they begin. Empty: at any time.",
        default="",
        example="office",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySettings:
    steps: tuple[StepSettings, ...] = setting("The steps, in their order.")
    repeat: int = setting(
        "How often all steps are taken again when nobody did anything.", default=0, minimum=0, maximum=100
    )
    repeat_after: timedelta = setting(
        "How long after the last step they begin again.", default=timedelta(minutes=30), example="30m", minimum=60
    )
    until: Until = setting("What ends it: an acknowledgement, or only the resolution.", default=Until.ACKNOWLEDGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSettings:
    policy: str = setting("Name of the policy.", example="database-team")
    matchers: tuple[str, ...] = setting(
        "All must match the incident's labels; Alertmanager's own syntax. Empty: everything matches.",
        default=(),
        example="['team=\"database\"', 'environment=~\"prod.*\"']",
    )
    severities: tuple[str, ...] = setting(
        "Only incidents of these severities. Empty: all.",
        default=(),
        example="[critical]",
        allowed=("critical", "warning", "info"),
    )
    hours: str = setting(
        "Only incidents that open in these business hours. Empty: at any time.", default="", example="office"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursSettings:
    open: tuple[str, ...] = setting(
        "Days and times; an end before its start is on the next day.",
        example="['mon-fri 09:00-18:00', 'sat 10:00-14:00']",
    )
    timezone: str = setting("Name from the IANA time zone database.", default="UTC", example="Europe/Paris")
    closed: tuple[str, ...] = setting("Dates that are closed all day.", default=(), example="['2026-12-25']")


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSettings:
    reopen_within: timedelta = setting(
        "A group that fires again so soon after its resolution reopens its incident; later it is a new one.",
        default=timedelta(minutes=10),
        example="10m",
        minimum=0,
    )
    stale_after: timedelta = setting(
        "The last resort where Alertmanager's API cannot be asked: a firing alert of which nothing was heard for so "
        "long is taken as resolved. Must be longer than Alertmanager's repeat_interval. 0: never.",
        default=timedelta(hours=24),
        example="24h",
        minimum=0,
    )
