"""Who is visiting: a few people do most of the visiting, and new ones keep arriving."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fraiseql_observe.demo.traffic.known import Known
from fraiseql_observe.demo.traffic.operations import ADMIN, READER

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from fraiseql_observe.demo.blog.database import Person

ARRIVAL = 3.0  # seconds between two newcomers


@dataclass
class Crowd:
    """Everybody in a seeded order, one administrator of each tenant first, and what each tenant has seen."""

    people: list[Person]
    known: dict[str, Known] = field(default_factory=dict)

    @classmethod
    def of(cls, people: Sequence[Person], rng: Random) -> Crowd:
        order = sorted(people, key=lambda person: (person.role != ADMIN, rng.random()))
        known = {person.tenant_id: Known() for person in people}
        for person in people:
            if person.role == READER:
                known[person.tenant_id].readers.append(person.user_id)
        return cls(order, known)

    def present(self, elapsed: float) -> list[Person]:
        """Return who has arrived: half of them at once, then one each `ARRIVAL` seconds."""
        return self.people[: len(self.people) // 2 + int(elapsed / ARRIVAL)]

    def somebody(self, rng: Random, elapsed: float, roles: Sequence[str]) -> Person | None:
        """Return one of those present with one of the roles, regulars more often than others."""
        candidates = [(place, person) for place, person in enumerate(self.present(elapsed)) if person.role in roles]
        if not candidates:
            return None
        weights = [1 / (1 + place) ** 0.6 for place, _ in candidates]
        return rng.choices(candidates, weights)[0][1]
