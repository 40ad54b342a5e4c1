"""How an audit log is kept: what `setup audit` is told, and the SQL that says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from fraiseql_observe.audit.facts import SCHEMA
from fraiseql_observe.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Iterator

Interval = Literal["day", "week", "month"]
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Keeping:
    """What shall be different from now on; None stays as it is. A retention is whole days, 0 keeps everything.

    Raises:
        AuditError: a retention is not whole days.
    """

    partition_by: Interval | None = None
    retention: timedelta | None = None
    rollup_retention: timedelta | None = None

    def __post_init__(self) -> None:
        for given in (self.retention, self.rollup_retention):
            if given is not None and (given % DAY or given < timedelta(0)):
                raise AuditError("A retention is whole days.", hint="write 90d, or 0 to keep everything")

    def sql(self) -> str:
        """The statement, empty when everything stays."""
        changes = ", ".join(self._changes())
        return f"update {SCHEMA}.maintenance_setting set {changes};" if changes else ""  # noqa: S608  literals of ours

    def _changes(self) -> Iterator[str]:
        if self.partition_by:
            yield f"partition_by = '{self.partition_by}'"
        if self.retention is not None:
            yield f"retention = '{self.retention.days} days'"
        if self.rollup_retention is not None:
            yield f"rollup_retention = '{self.rollup_retention.days} days'"
