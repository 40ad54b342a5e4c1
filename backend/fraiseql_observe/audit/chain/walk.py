"""Walks a log in its order and says what breaks a chain. Pure: what it must look up, it asks for.

FraiseQL lets a new row follow the row that comes last by time and id *among those its transaction sees*. Therefore,
in a log that nobody touched:

- rows of one transaction have one time, and their order by random ids is not that in which they were written;
- of two transactions at work at once for a tenant, neither sees the other's rows: both follow the same row, or a row
  follows one that is later than itself. How far they are apart tells how long the transactions must have lasted.

What is explained so by transactions of at most `longest` is a trap, counted and said in words; the rest is a break.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from fraiseql_observe.audit.chain import content
from fraiseql_observe.audit.chain.model import Break, Findings, Kind, Position, Row, Trap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REMEMBERED = 20_000  # rows whose followers are known without a look into the database


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the database says about a row that could not be placed from memory.

    `parent` is the row that it follows, `parent_tenant` whose chain that stands in, `follower` the row that stands next
    after the parent in the tenant's order (of a row that begins a chain: the tenant's first row), `before` the one that
    stands right before the row itself.
    """

    parent: Position | None = None
    parent_tenant: str = ""
    follower: Position | None = None
    before: Position | None = None


@dataclass(slots=True)
class _Node:
    position: Position
    child: Position | None = None


class Walk:
    """One reading of a log, in order.

    Args:
        recipe: what is hashed.
        keys: for the signatures; none: they are not checked.
        longest: how long a transaction of the application may last.
    """

    def __init__(
        self, recipe: content.EventRecipe | content.UnifiedRecipe, keys: Sequence[str], longest: timedelta
    ) -> None:
        self._recipe, self._keys, self._longest = recipe, [key.encode() for key in keys], longest
        self._nodes: OrderedDict[tuple[str, str], _Node] = OrderedDict()
        self.findings = Findings()

    def read(self, rows: Sequence[Row]) -> list[Row]:
        """Check rows, and give those whose place is not known from the rows before: `place` is told about them."""
        unplaced = []
        for row in rows:
            self._check(row)
            parent = self._nodes.get((row.tenant, row.previous)) if row.previous else None
            if parent is None:
                unplaced.append(row)
            else:
                self._follow(row, parent)
            self._remember(row)
        self.findings.rows += len(rows)
        return unplaced

    def place(self, unplaced: Sequence[Row], around: Mapping[str, Surroundings]) -> None:
        """Judge the rows that `read` gave, by what the database says around each (by id)."""
        for row in unplaced:
            self._judge(row, around[row.id])

    def _check(self, row: Row) -> None:
        """What the row says, and who signed it: needs no other row."""
        offset = self._recipe.zone_of(row)
        if offset is None:
            self._mismatch(row)
        elif offset:
            self.findings.met(Trap.TIME_ZONE)
            name = content.zone(offset)
            self.findings.zones[name] = self.findings.zones.get(name, 0) + 1
        if self._keys and not content.signed(row, self._keys):
            self._broken(row, Kind.BAD_SIGNATURE, "none of the signing keys made its signature")

    def _mismatch(self, row: Row) -> None:
        if row.version > 1:
            self.findings.unchecked += 1
            self.findings.met(Trap.UNKNOWN_VERSION)
            return
        self._broken(row, Kind.CHANGED, "what the row says now is not what was hashed when it was written")

    def _remember(self, row: Row) -> None:
        key = row.tenant, row.hash
        # Equal events that follow one row have one hash: the later stands for both.
        self._nodes[key] = _Node(row.position)
        self._nodes.move_to_end(key)
        if len(self._nodes) > REMEMBERED:
            self._nodes.popitem(last=False)

    def _follow(self, row: Row, parent: _Node) -> None:
        if parent.child is not None:
            self._apart(row, parent.child, f"it follows row {parent.position.id}, as row {parent.child.id} does")
        parent.child = row.position

    def _judge(self, row: Row, seen: Surroundings) -> None:
        if not row.previous:
            if seen.follower is not None and seen.follower.id != row.id:
                self._begin_again(row, seen.follower)
        elif seen.parent is None:
            self._broken(row, Kind.REMOVED, f"the row that it follows is gone, or was rewritten{_after(seen.before)}")
        elif seen.parent_tenant != row.tenant:
            said = (
                f"it follows row {seen.parent.id}, which stands in the chain of tenant {seen.parent_tenant or '(none)'}"
            )
            self._broken(row, Kind.REORDERED, said)
        elif seen.parent > row.position:
            self._forward(row, seen.parent)
        elif seen.follower is not None and seen.follower.id != row.id:
            self._apart(
                row, seen.follower, f"it follows row {seen.parent.id}, after which comes row {seen.follower.id}"
            )

    def _begin_again(self, row: Row, first: Position) -> None:
        if not self._explained(row.at - first.at):
            self._broken(row, Kind.INSERTED, f"it begins the chain a second time; the first row is {first.id}")

    def _apart(self, row: Row, sibling: Position, said: str) -> None:
        if not self._explained(row.at - sibling.at):
            self._broken(row, Kind.FORK, f"{said}, {row.at - sibling.at} earlier")

    def _forward(self, row: Row, parent: Position) -> None:
        if self._explained(parent.at - row.at):
            return
        said = f"it follows row {parent.id}, which is {parent.at - row.at} later than itself"
        if self._recipe.hashes_time:  # its time is the one it was written with
            self._broken(row, Kind.INSERTED, f"{said}: it was put in with an old time, or that one with a later")
        else:
            zones = _ZONES if _whole_quarters(parent.at - row.at) else ""
            self._broken(row, Kind.REORDERED, f"{said}: the time of one was changed, or it was put in{zones}")

    def _explained(self, apart: timedelta) -> bool:
        """Whether two transactions of the application, at work at the same time, may have done it."""
        apart = abs(apart)
        if apart > self._longest:
            return False
        self.findings.met(Trap.CONCURRENT if apart else Trap.SAME_TRANSACTION)
        return True

    def _broken(self, row: Row, kind: Kind, detail: str) -> None:
        self.findings.add(Break(row.id, row.at, row.tenant, kind, detail))


# The logger of 1.9.16 gives the time of an event without its zone, and the session's zone is taken for it.
_ZONES = "; or FraiseQL's AuditLogger writes from sessions in different time zones"


def _whole_quarters(apart: timedelta) -> bool:
    """Whether two times are apart as two time zones are, give or take a minute."""
    rest = apart % timedelta(minutes=15)
    return min(rest, timedelta(minutes=15) - rest) <= timedelta(minutes=1) and apart <= timedelta(hours=26)


def _after(before: Position | None) -> str:
    if before is None:
        return "; no row of its chain is before it"
    return f"; the row before it is {before.id} of {before.at.isoformat(sep=' ')}"
