"""What verify found, as data: one entry a query, and the verdict that follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """How one query came out."""

    DATA = "data"
    MISSING = "missing"
    IGNORED = "ignored"  # missing, and the user said that this is as it should be
    SKIPPED = "skipped"  # nothing to ask: Grafana computes it from other queries


@dataclass(frozen=True, slots=True)
class Result:
    """One query of one panel.

    `count` is series, rows or alert rules; `newest` the newest value as text; `seconds` how long the server took.
    """

    dashboard: str
    panel: str
    place: int  # the panel's place in its dashboard: titles may repeat
    query: str
    status: Status
    kind: str = ""
    count: int = 0
    newest: str = ""
    why: str = ""
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()
    hidden: bool = False
    document: int = 0  # the dashboard's place among those verified: titles may repeat

    @property
    def panel_key(self) -> tuple[int, int]:
        return (self.document, self.place)


@dataclass(frozen=True, slots=True)
class Report:
    """All results, in the order of the dashboards.

    A panel has data when at least one of its visible queries has; each query without data is named in `missing`.
    """

    dashboards: int
    results: tuple[Result, ...]

    @property
    def ok(self) -> bool:
        """Whether something was asked and nothing is missing."""
        return bool(self.results) and not self.missing

    @property
    def missing(self) -> tuple[Result, ...]:
        return self._having(Status.MISSING)

    @property
    def ignored(self) -> tuple[Result, ...]:
        return self._having(Status.IGNORED)

    @property
    def panels(self) -> int:
        return len({result.panel_key for result in self.results})

    @property
    def panels_with_data(self) -> int:
        return len({result.panel_key for result in self._having(Status.DATA) if not result.hidden})

    @property
    def queries(self) -> int:
        return sum(1 for result in self.results if result.query and result.status is not Status.SKIPPED)

    @property
    def queries_with_data(self) -> int:
        return len(self._having(Status.DATA))

    def as_json(self) -> dict[str, Any]:
        """The report as JSON; `ignored` is there only when the user asked to ignore something that is missing."""
        body: dict[str, Any] = {
            "dashboards": self.dashboards,
            "panels": self.panels,
            "panels_with_data": self.panels_with_data,
            "queries": self.queries,
            "queries_with_data": self.queries_with_data,
            "missing": [_entry(result) for result in self.missing],
        }
        return body | ({"ignored": [_entry(result) for result in self.ignored]} if self.ignored else {})

    def _having(self, status: Status) -> tuple[Result, ...]:
        return tuple(result for result in self.results if result.status is status)


def _entry(result: Result) -> dict[str, str]:
    return {"dashboard": result.dashboard, "panel": result.panel, "query": result.query, "why": result.why}
