"""Pieces of the work of verifying hash chains, with what the store knows: for the service and for the command line.

A piece goes on from the checkpoint in the store, and then reads again a stretch that is due. What it found is written
down in one transaction, or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fraiseql_observe.audit.chain.model import Break, Findings, Kind, Seal
from fraiseql_observe.audit.chain.verify import advance, again
from fraiseql_observe.store import audit_chain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from fraiseql_observe.audit.chain.source import Log
    from fraiseql_observe.audit.chain.verify import Advance, Rules
    from fraiseql_observe.store.audit_chain import State
    from fraiseql_observe.store.engine import Transaction

PIECE = 10_000  # rows at a time


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of a source: its checkpoint, and a seal that is due to be read again after its former."""

    checkpoint: Seal | None = None
    due: Seal | None = None
    former: Seal | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What one piece of work found in one source."""

    source: str
    kind: str
    known: Known
    new: Advance
    again: Findings | None

    @property
    def breaks(self) -> list[Break]:
        return [*self.new.findings.breaks, *(self.again.breaks if self.again else ())]


NOTHING_KNOWN = Known()


def known(tx: Transaction, source: str, before: datetime | None) -> Known:
    """Look a source up; `before` is when a seal that is due was last read."""
    due = audit_chain.due(tx, source, before) if before else None
    former = audit_chain.seal(tx, source, due.number - 1) if due else None
    return Known(audit_chain.last(tx, source), due, former)


def turn(one: Log, given: Known, rules: Rules, now: datetime) -> Done:
    """Do a piece of work on one log: what is new, and when that is done what is due."""
    new = advance(one, given.checkpoint, rules, before=now - rules.longest_transaction, limit=PIECE)
    reread = again(one, given.former, given.due, rules) if new.reached and given.due else None
    return Done(one.name, one.source.kind, given, new, reread)


def keep(tx: Transaction, done: Done, now: datetime) -> list[Break]:
    """Write down what a turn found, all or nothing; give the breaks that were not known.

    Raises:
        ConflictError: somebody else has gone on meanwhile.
    """
    audit_chain.put(tx, done.source, done.new.seals, since=done.known.checkpoint, at=now)
    added = audit_chain.add_breaks(tx, done.source, done.breaks, now)
    if done.again and done.known.due:
        audit_chain.checked(tx, done.source, done.known.due.number, now)
    new = done.new.findings
    at = now if done.new.reached else None
    audit_chain.note(tx, done.source, done.kind, rows=new.rows, unchecked=new.unchecked, verified_at=at)
    return added


def _missing(state: State, now: datetime) -> Break:
    said = f"the log {state.source} is gone, or has lost the columns of its hash chain"
    return Break("", state.sealed_until or now, "", Kind.REMOVED, said)


def keep_missing(tx: Transaction, before: Iterable[State], there: Collection[str], now: datetime) -> None:
    """Write down which logs are no longer there that once were."""
    for one in before:
        if one.source not in there:
            audit_chain.add_breaks(tx, one.source, [_missing(one, now)], now)
