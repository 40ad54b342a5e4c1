"""From settings to destinations, whatever their kind."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from fraiseql_observe.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fraiseql_observe.config.destinations import DestinationSettings
    from fraiseql_observe.notify.base import Destination
    from fraiseql_observe.notify.tools import Tools

# By name, because a kind brings libraries (pictures, mail) that a backend without it need not hold in memory.
MAKERS = {
    "slack": ("fraiseql_observe.notify.slack", "create"),
    "email": ("fraiseql_observe.notify.email", "Email"),
    "pagerduty": ("fraiseql_observe.notify.pagerduty", "PagerDuty"),
    "opsgenie": ("fraiseql_observe.notify.opsgenie", "Opsgenie"),
    "webhook": ("fraiseql_observe.notify.webhook", "Webhook"),
}


def create(settings: Mapping[str, DestinationSettings], tools: Tools) -> dict[str, Destination]:
    """Make all configured destinations; nothing is sent or connected.

    Raises:
        ConfigError: a destination's settings cannot work: says which.
    """
    return {name: _destination(name, each, tools) for name, each in settings.items()}


def problems(settings: Mapping[str, DestinationSettings], tools: Tools) -> dict[str, ConfigError]:
    """Give what is wrong with destinations, by name, that only making them shows."""
    found = {}
    for name, each in settings.items():
        try:
            _destination(name, each, tools)
        except ConfigError as error:
            found[name] = error
    return found


def _destination(name: str, settings: DestinationSettings, tools: Tools) -> Destination:
    try:
        module, maker = MAKERS[settings.kind]
    except KeyError:
        known = ", ".join(MAKERS)
        raise ConfigError(
            f"destinations.{name}: there is no type {settings.kind!r}.", hint=f"The types are {known}."
        ) from None
    made: Destination = getattr(import_module(module), maker)(name, settings, tools)
    return made
