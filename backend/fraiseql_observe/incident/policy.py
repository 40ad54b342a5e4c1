"""Escalation policies: who is told, and who next; an incident keeps the one it was opened under."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - msgspec reads the annotations
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from fraiseql_observe.incident import matchers
from fraiseql_observe.incident.hours import Hours  # noqa: TC001 - msgspec reads it


@dataclass(frozen=True, slots=True)
class DueStep:
    """A step of an escalation that is still to be taken: a row, claimed when it is due.

    `number` counts from 0 over all rounds: with three steps, number 3 is the first step of the first repetition.
    """

    id: str
    incident_id: str
    number: int
    due_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """`wait` is the time after the step before; outside of its hours a step waits for them."""

    destinations: tuple[str, ...]
    wait: timedelta = timedelta(0)
    hours: Hours | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """The numbers of the steps that are taken now, and of the next with its time, if there is one."""

    numbers: tuple[int, ...]
    next: int | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """All steps, taken once and then `repeat` times more, `repeat_after` one another.

    `through_acknowledged`: only the resolution ends it.
    """

    name: str
    steps: tuple[Step, ...]
    repeat: int = 0
    repeat_after: timedelta = timedelta(minutes=30)
    through_acknowledged: bool = False

    def step(self, number: int) -> Step:
        return self.steps[number % len(self.steps)]

    def take(self, number: int, now: datetime, *, waited: bool) -> Taken:
        """Take step `number`, and those after it that need no waiting; `waited` says that its own wait is over."""
        taken: list[int] = []
        while number < len(self.steps) * (self.repeat + 1):
            due = self._due(number, now, waited=waited)
            if due > now:
                return Taken(tuple(taken), number, due)
            taken.append(number)
            number, waited = number + 1, False
        return Taken(tuple(taken))

    def _due(self, number: int, now: datetime, *, waited: bool) -> datetime:
        step = self.step(number)
        again = number and number % len(self.steps) == 0
        wait = timedelta(0) if waited else self.repeat_after if again else step.wait
        return step.hours.next_open(now + wait) if step.hours else now + wait


@dataclass(frozen=True, slots=True)
class Route:
    """Whose labels fit all `matchers`, at a severity of `severities` (empty: any) and in `hours`, gets the policy."""

    policy: Policy
    matchers: tuple[str, ...] = ()
    severities: frozenset[str] = frozenset()
    hours: Hours | None = None

    def fits(self, labels: Mapping[str, str], severity: str, now: datetime) -> bool:
        return (
            (not self.severities or severity in self.severities)
            and matchers.all_fit(self.matchers, labels)
            and (self.hours is None or self.hours.is_open(now))
        )


def choose(
    routes: tuple[Route, ...], default: Policy, labels: Mapping[str, str], severity: str, now: datetime
) -> Policy:
    """Return the policy of the first route that fits."""
    return next((route.policy for route in routes if route.fits(labels, severity, now)), default)


def snapshot(policy: Policy) -> dict[str, Any]:
    """Write a policy as JSON values, whole: later changes of the configuration do not reach it."""
    written: dict[str, Any] = msgspec.to_builtins(policy)
    return written


def restore(written: Mapping[str, Any]) -> Policy | None:
    """Read such a snapshot; None of an empty one."""
    return msgspec.convert(written, Policy) if written else None
