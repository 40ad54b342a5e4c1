"""The configuration as decisions need it: routes, policies, and who listens."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - public annotations
from dataclasses import dataclass
from datetime import datetime, timedelta  # noqa: TC003
from typing import TYPE_CHECKING

from fraiseql_observe.config.policy import Until
from fraiseql_observe.errors import ConfigError
from fraiseql_observe.incident import hours, matchers, policy
from fraiseql_observe.incident.model import Action, Incident
from fraiseql_observe.incident.plan import Listener
from fraiseql_observe.incident.policy import Policy, Route, Step

if TYPE_CHECKING:
    from fraiseql_observe.config.policy import PolicySettings, RouteSettings, StepSettings
    from fraiseql_observe.config.settings import Settings
    from fraiseql_observe.notify.base import Destination

DEFAULT = "default"
_EVERYBODY = Policy("everybody", (Step(()),))  # a step without destinations of its own tells all


@dataclass(frozen=True, slots=True)
class Rules:
    """`default` is the policy of what no route fits."""

    routes: tuple[Route, ...]
    default: Policy
    listeners: Mapping[str, Listener]
    reopen_within: timedelta
    watchdog: str

    def policy_of(self, incident: Incident, destinations: tuple[str, ...], now: datetime) -> Policy:
        """Return the policy of an incident that opens; `destinations` of its own come before all routes."""
        if destinations:
            return Policy("given", (Step(destinations),))
        return policy.choose(self.routes, self.default, labels(incident), incident.severity.value, now)


def labels(incident: Incident) -> dict[str, str]:
    """Return what routes and maintenance windows match on: the labels that all its alerts have."""
    return {**incident.common_labels, **incident.group_labels}


def read(settings: Settings, destinations: Mapping[str, Destination]) -> Rules:
    """Make the rules of a configuration.

    Raises:
        ConfigError: a matcher, a span of hours or a time zone is malformed, or a name is not there.
    """
    open_hours = {name: hours.parse(one.open, one.timezone, one.closed) for name, one in settings.hours.items()}
    policies = {name: _policy(name, one, open_hours, destinations) for name, one in settings.policies.items()}
    routes = tuple(_route(number, one, open_hours, policies) for number, one in enumerate(settings.routes))
    return Rules(
        routes=routes,
        default=policies.get(DEFAULT, _EVERYBODY),
        listeners={name: _listener(name, one) for name, one in destinations.items()},
        reopen_within=settings.incidents.reopen_within,
        watchdog=settings.watchdog.alert,
    )


def _listener(name: str, destination: Destination) -> Listener:
    wanted = frozenset(map(Action, destination.settings.actions or Action))
    traits = destination.traits
    return Listener(name, destination.kind, traits.says & wanted, traits.edits)


def _policy(
    name: str, given: PolicySettings, open_hours: Mapping[str, hours.Hours], known: Mapping[str, Destination]
) -> Policy:
    if not given.steps:
        raise ConfigError(f"policies.{name} has no steps.", hint="Give it at least one step with destinations.")
    return Policy(
        name=name,
        steps=tuple(
            _step(f"policies.{name}.steps[{place}]", step, open_hours, known) for place, step in enumerate(given.steps)
        ),
        repeat=given.repeat,
        repeat_after=given.repeat_after,
        through_acknowledged=given.until is Until.RESOLVED,
    )


def _step(
    where: str, given: StepSettings, open_hours: Mapping[str, hours.Hours], known: Mapping[str, Destination]
) -> Step:
    for name in given.destinations:
        _named(name, known, f"{where}.destinations", "destinations")
    return Step(given.destinations, given.wait, _hours(given.hours, open_hours, where))


def _route(
    number: int, given: RouteSettings, open_hours: Mapping[str, hours.Hours], policies: Mapping[str, Policy]
) -> Route:
    where = f"routes[{number}]"
    _named(given.policy, policies, f"{where}.policy", "policies")
    for matcher in given.matchers:
        matchers.parse(matcher)
    return Route(
        policies[given.policy], given.matchers, frozenset(given.severities), _hours(given.hours, open_hours, where)
    )


def _hours(name: str, open_hours: Mapping[str, hours.Hours], where: str) -> hours.Hours | None:
    if name:
        _named(name, open_hours, f"{where}.hours", "hours")
    return open_hours.get(name)


def _named(name: str, known: Mapping[str, object], where: str, section: str) -> None:
    if name not in known:
        raise ConfigError(
            f"{where} names {name!r}, which is not among the {section}.",
            hint=f"{section} has: {', '.join(sorted(known)) or 'nothing'}.",
        )
