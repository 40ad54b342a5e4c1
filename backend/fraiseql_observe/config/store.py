"""Where the backend keeps its state, as settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from fraiseql_observe.config.declare import Secret, setting

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMES = ("sqlite:///", "postgresql://", "postgres://")
DEFAULT_URL = "sqlite:///fraiseql-observe.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """Where alerts, incidents and deliveries are kept, and for how long."""

    url: Secret = setting(
        "`sqlite:///file` (one process; four slashes for an absolute path) or `postgresql://user@host/database` "
        "(many replicas); secret because it may hold a password.",
        default=Secret(DEFAULT_URL),
        example="postgresql://observe@db.internal/observe",
    )
    history: timedelta = setting(
        "How long resolved incidents are kept.",
        default=timedelta(days=90),
        example="90d",
        minimum=3600,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield (key, sentence) for an address that no engine answers to; it may hold a password, so it is not told."""
        if not self.url.reveal().startswith(SCHEMES):
            yield "url", "begins neither with sqlite:/// nor with postgresql://"
