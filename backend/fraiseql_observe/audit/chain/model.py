"""The nouns of tamper evidence: rows of a hash chain, what breaks it, and the seals that are kept elsewhere."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

MOST_BREAKS = 1000  # that are named; further ones are counted


class Kind(StrEnum):
    """How a chain can be broken: a closed set, because it is a metric's label."""

    CHANGED = "changed"  # what the row says is not what was hashed
    REMOVED = "removed"  # the row that it follows, or that was sealed, is gone
    INSERTED = "inserted"  # it was put in later, between rows that are older
    REORDERED = "reordered"  # it stands in another place, or in another tenant's chain, than it was written in
    BAD_SIGNATURE = "bad_signature"  # none of the keys made its signature
    FORK = "fork"  # two rows follow one, further apart than writers at work at the same time explain
    REWRITTEN = "rewritten"  # what was sealed has another hash now, or other columns that the hash does not cover


class Trap(StrEnum):
    """What looks like tampering and is FraiseQL's own doing."""

    SAME_TRANSACTION = "same_transaction"
    CONCURRENT = "concurrent"
    TIME_ZONE = "time_zone"
    UNKNOWN_VERSION = "unknown_version"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where a row stands: FraiseQL orders a chain by time, then by id."""

    at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a log. `content` is what FraiseQL hashes, as JSON texts; `others` the columns that it does not.

    `previous` is empty at the beginning of a chain, `version` 0 where the log has no column of that name.
    """

    id: str
    at: datetime
    tenant: str
    previous: str
    hash: str
    signature: str
    version: int
    content: tuple[str, ...]
    others: tuple[str | None, ...]

    @property
    def position(self) -> Position:
        return Position(self.at, self.id)


@dataclass(frozen=True, slots=True)
class Break:
    """One finding: which row, and a sentence that says how it breaks the chain."""

    row: str
    at: datetime
    tenant: str
    kind: Kind
    detail: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"at": self.at.isoformat()}


@dataclass(frozen=True, slots=True)
class Seal:
    """A stretch of a log as it was when it was verified: the rows after the former seal's last, up to `last`.

    `digest` covers every column that the verifier reads, also those that FraiseQL's hash does not. The seal with the
    highest number is the checkpoint: verification goes on after it.
    """

    number: int
    last: Position
    last_hash: str
    rows: int
    digest: str


@dataclass(slots=True)
class Findings:
    """What a reading found: breaks up to a bound, and the traps met, counted."""

    rows: int = 0
    unchecked: int = 0  # rows whose content could not be checked: a hash_version that we do not know
    broken: int = 0
    breaks: list[Break] = field(default_factory=list)
    traps: dict[Trap, int] = field(default_factory=dict)
    zones: dict[str, int] = field(default_factory=dict)  # rows by the time zone they were hashed in, unless UTC

    def add(self, found: Break) -> None:
        self.broken += 1
        if len(self.breaks) < MOST_BREAKS:
            self.breaks.append(found)

    def met(self, trap: Trap) -> None:
        self.traps[trap] = self.traps.get(trap, 0) + 1

    def include(self, other: Findings) -> None:
        """Add what another reading found."""
        self.rows += other.rows
        self.unchecked += other.unchecked
        self.broken += other.broken
        self.breaks += other.breaks[: MOST_BREAKS - len(self.breaks)]
        for trap, number in other.traps.items():
            self.traps[trap] = self.traps.get(trap, 0) + number
        for zone, number in other.zones.items():
            self.zones[zone] = self.zones.get(zone, 0) + number


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of one log.

    `state` is verified, broken, or partly: no break was found, but not all of it could be checked. `signatures` says
    whether they were checked. `sealed` counts rows that were verified before and not read again; `sealed_until` is the
    time of the last of them.
    """

    source: str
    kind: str
    rows: int
    breaks: tuple[Break, ...]
    broken: int
    remarks: tuple[str, ...]
    unchecked: int
    signatures: bool
    seconds: float
    sealed: int = 0
    sealed_until: datetime | None = None

    @property
    def state(self) -> str:
        if self.broken:
            return "broken"
        return "partly" if self.unchecked else "verified"

    def as_json(self) -> Mapping[str, Any]:
        return asdict(self) | {
            "state": self.state,
            "breaks": [one.as_json() for one in self.breaks],
            "seconds": round(self.seconds, 3),
            "sealed_until": self.sealed_until.isoformat() if self.sealed_until else None,
        }
