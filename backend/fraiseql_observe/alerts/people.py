"""What people do, each as one transaction: the incident's new state, its timeline, and who is told of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fraiseql_observe.alerts.desk import LOCK, Desk
from fraiseql_observe.alerts.escalator import take
from fraiseql_observe.errors import ConfigError, ConflictError
from fraiseql_observe.incident import matchers, people
from fraiseql_observe.incident.ids import new_id
from fraiseql_observe.incident.model import Event, EventKind
from fraiseql_observe.incident.policy import DueStep
from fraiseql_observe.incident.windows import Window
from fraiseql_observe.store import escalations, events, incidents, outbox, windows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from fraiseql_observe.alerts.rules import Rules
    from fraiseql_observe.incident.merge import Change
    from fraiseql_observe.incident.model import Actor, Delivery, Incident
    from fraiseql_observe.store.engine import Engine, Transaction

    Decide = Callable[[Incident, datetime], Change | None]

LONGEST_COMMENT = 10_000  # characters
LONGEST_WINDOW = 366  # days


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of a person's action: `changed` is false when somebody else was first (see the incident)."""

    incident: Incident
    changed: bool


class People:
    """Carries out what people ask for.

    Args:
        engine: the store.
        rules: gives the rules that hold now.
        clock: gives the present.
        done: is told the desk of each action, after its commit.
    """

    def __init__(
        self,
        engine: Engine,
        rules: Callable[[], Rules],
        *,
        clock: Callable[[], datetime],
        done: Callable[[Desk], None],
    ) -> None:
        self._engine, self._rules, self._clock, self._done = engine, rules, clock, done

    async def act(self, incident_id: str, decide: Decide, if_version: int | None = None) -> Changed:
        """Do what `decide` makes of the incident as it is.

        Raises:
            NotFoundError: there is no such incident.
            ConflictError: its state does not allow it, or it is not of that version and would change.
        """
        return (await self._do(incident_id, decide, if_version))[0]

    async def _do(self, incident_id: str, decide: Decide, if_version: int | None = None) -> tuple[Changed, Desk]:
        rules, now = self._rules(), self._clock()

        def work(tx: Transaction) -> tuple[Changed, Desk]:
            desk = Desk(tx, rules, now)
            incident = incidents.get(tx, incident_id)
            desk.know([incident])
            change = decide(incident, now)
            if change is None:
                return Changed(incident, changed=False), desk
            if if_version is not None and if_version != incident.version:
                raise ConflictError(
                    f"Incident {incident_id} changed meanwhile: it is at version {incident.version}.",
                    hint="Look again and repeat.",
                )
            after = desk.carry_out(change)
            desk.finish()
            return Changed(after, changed=True), desk

        changed, desk = await self._engine.write(work)
        self._done(desk)
        return changed, desk

    async def comment(self, incident_id: str, actor: Actor, text: str) -> Event:
        """Write a comment into the timeline."""
        text = checked_comment(text)
        if not text.strip():
            raise ConfigError("A comment cannot be empty.")
        _, desk = await self._do(incident_id, lambda incident, now: people.comment(incident, actor, text, now))
        return desk.events[-1]

    async def replay(self, delivery_id: str, actor: Actor) -> Delivery:
        """Send a dead or ambiguous delivery again."""
        now = self._clock()

        def work(tx: Transaction) -> Delivery:
            delivery = outbox.replay(tx, delivery_id, now)
            data = {"delivery": delivery.id, "destination": delivery.destination}
            events.append(
                tx, [Event(delivery.incident_id, now, EventKind.REPLAYED, actor, data=data, id=new_id("evt", now))]
            )
            tx.wake("outbox")
            tx.wake("incidents")
            return delivery

        return await self._engine.write(work)

    async def add_window(
        self, conditions: Sequence[str], starts_at: datetime, ends_at: datetime, actor: Actor, comment: str
    ) -> Window:
        """Hold messages back for incidents whose labels match."""
        now = self._clock()
        if not conditions:
            raise ConfigError("A maintenance window needs a matcher.", hint='For everything: alertname=~".+"')
        for condition in conditions:
            matchers.parse(condition)
        if ends_at <= starts_at or ends_at <= now or (ends_at - starts_at).days > LONGEST_WINDOW:
            raise ConfigError(
                "A maintenance window must end after its start and after now, within a year.",
                hint=f"It was to last from {starts_at.isoformat()} to {ends_at.isoformat()}.",
            )
        window = Window(
            new_id("win", now), tuple(conditions), starts_at, ends_at, actor.name, now, checked_comment(comment)
        )
        await self._engine.write(lambda tx: windows.add(tx, window))
        return window

    async def end_window(self, window_id: str) -> Window:
        """End it now; what it held back is told at once."""
        rules, now = self._rules(), self._clock()

        def work(tx: Transaction) -> tuple[Window, Desk]:
            tx.lock(LOCK)
            window = windows.end(tx, window_id, now)
            held = [incident.id for incident in incidents.silenced(tx, window_id)]
            escalations.schedule(tx, [DueStep(new_id("stp", now), one, 0, now, now) for one in held])
            return window, take(tx, rules, now)

        window, desk = await self._engine.write(work)
        self._done(desk)
        return window


def checked_comment(text: str) -> str:
    """Return a comment that the store can hold.

    Raises:
        ConfigError: it is too long.
    """
    if len(text) > LONGEST_COMMENT:
        raise ConfigError(f"The comment has {len(text)} characters.", hint=f"At most {LONGEST_COMMENT} are kept.")
    return text
