"""Seals and breaks of hash chains, on both engines."""

from __future__ import annotations

import pytest
from store_samples import at

from fraiseql_observe.audit.chain.model import MOST_BREAKS, Break, Kind, Position, Seal
from fraiseql_observe.errors import ConflictError, NotFoundError
from fraiseql_observe.store import audit_chain

LOG = "public.audit_events"


def seal(number, rows=10_000):
    return Seal(number, Position(at(number), f"row {number}"), "hash", rows, "digest")


def broken(number, kind=Kind.CHANGED):
    return Break(f"row {number}", at(number), "acme", kind, "what the row says \0 is not what was hashed")


async def test_seals_go_on_from_the_checkpoint_and_only_from_it(write, read):
    assert await read(audit_chain.last, LOG) is None
    await write(audit_chain.put, LOG, [seal(1), seal(2, rows=5)], since=None, at=at(10))
    assert await read(audit_chain.last, LOG) == seal(2, rows=5)
    assert await read(audit_chain.seal, LOG, 1) == seal(1)
    with pytest.raises(ConflictError):
        await write(audit_chain.put, LOG, [seal(3)], since=None, at=at(11))
    await write(audit_chain.put, LOG, [seal(2, rows=7), seal(3)], since=seal(2, rows=5), at=at(12))
    assert await read(audit_chain.seal, LOG, 2) == seal(2, rows=7)
    assert await read(audit_chain.last, LOG) == seal(3)
    assert await read(audit_chain.last, "other.audit_events") is None


async def test_the_seal_longest_not_read_again_is_due_first(write, read):
    await write(audit_chain.put, LOG, [seal(1)], since=None, at=at(10))
    await write(audit_chain.put, LOG, [seal(2)], since=seal(1), at=at(20))
    assert await read(audit_chain.due, LOG, at(10)) is None
    assert await read(audit_chain.due, LOG, at(30)) == seal(1)
    await write(audit_chain.checked, LOG, 1, at(25))
    assert await read(audit_chain.due, LOG, at(30)) == seal(2)


async def test_what_was_verified_is_counted(write, read):
    await write(audit_chain.note, LOG, "unified", rows=5, unchecked=1, verified_at=None)
    (state,) = await read(audit_chain.states)
    assert (state.rows, state.verified_at, state.sealed, state.sealed_until) == (5, None, 0, None)
    await write(audit_chain.put, LOG, [seal(1), seal(2, rows=5)], since=None, at=at(10))
    await write(audit_chain.note, LOG, "unified", rows=2, unchecked=0, verified_at=at(9))
    await write(audit_chain.note, LOG, "unified", rows=0, unchecked=0, verified_at=None)
    (state,) = await read(audit_chain.states)
    assert (state.rows, state.unchecked, state.verified_at) == (7, 1, at(9))
    assert (state.sealed, state.seals, state.sealed_until, state.checked_at) == (10_005, 2, at(2), at(10))


async def test_a_break_is_kept_once_and_accepted_once(write, read):
    await write(audit_chain.add_breaks, LOG, [broken(1), broken(2)], at(10))
    await write(audit_chain.add_breaks, LOG, [broken(2), broken(2, Kind.FORK)], at(11))
    found = await read(audit_chain.breaks)
    assert [(one.row_id, one.kind, one.found_at) for one in found] == [
        ("row 1", "changed", at(10)),
        ("row 2", "changed", at(10)),
        ("row 2", "fork", at(11)),
    ]
    assert await read(audit_chain.open_counts) == {(LOG, "changed"): 2, (LOG, "fork"): 1}
    accepted = await write(audit_chain.accept, found[0].id, by="ada", comment="x" * 900, at=at(20))
    assert (accepted.accepted_at, accepted.accepted_by, len(accepted.comment)) == (at(20), "ada", audit_chain.LONGEST)
    assert await write(audit_chain.accept, found[0].id, by="bob", comment="mine", at=at(21)) == accepted
    assert (await read(audit_chain.open_counts))[LOG, "changed"] == 1
    with pytest.raises(NotFoundError):
        await write(audit_chain.accept, "brk_none", by="ada", comment="", at=at(20))


async def test_breaks_are_bounded(write, read):
    await write(audit_chain.add_breaks, LOG, [broken(number) for number in range(MOST_BREAKS + 5)], at(10))
    await write(audit_chain.add_breaks, LOG, [broken(MOST_BREAKS + 7)], at(11))
    assert len(await read(audit_chain.breaks, 5000)) == MOST_BREAKS
