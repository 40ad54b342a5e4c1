"""What to look at: the settings, and what the command line adds to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any

from fraiseql_observe.config.declare import Secret
from fraiseql_observe.doctor.finding import secrets_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from fraiseql_observe.config.settings import Settings


@dataclass(frozen=True, slots=True)
class Asked:
    """`settings` is None where they are wrong; URLs are empty where nobody gave one.

    `database` is the audit database for a user who sees the whole set-up, `metrics` the application's own page of them.
    """

    settings: Settings | None
    clock: Callable[[], datetime]
    database: str = ""
    prometheus: str = ""
    metrics: str = ""
    grafana: str = ""
    seconds: float = 5.0

    @property
    def secrets(self) -> set[str]:
        """Every text that must not be shown."""
        return secrets_in(_secrets(self.settings), (self.database, self.prometheus, self.metrics, self.grafana))


def _secrets(value: Any) -> Iterator[str]:
    """All secrets of the settings, however deep."""
    if isinstance(value, Secret):
        yield value.reveal()
    elif is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            yield from _secrets(getattr(value, one.name))
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _secrets(each)
    elif isinstance(value, tuple):
        for each in value:
            yield from _secrets(each)
