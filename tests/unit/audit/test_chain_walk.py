"""The walk's judgement of links, without a database: what a branch proves, and what it does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fraiseql_observe.audit.chain import content, walk, words
from fraiseql_observe.audit.chain.model import MOST_BREAKS, Break, Findings, Kind, Position, Row, Trap, Verdict
from fraiseql_observe.audit.chain.source import Circumstances, _next_size
from fraiseql_observe.audit.chain.verify import LONGEST_SEAL, Sealing
from fraiseql_observe.audit.chain.walk import Surroundings, Walk

START = datetime(2024, 3, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def row(number, previous, minutes, tenant="acme", data="{}"):
    """An event whose hash is right."""
    body = (data, f'"{number}"')
    made = content.row_hash(previous, content.EVENT_KEYS, body)
    return Row(f"row {number}", START + minutes * MINUTE, tenant, previous, made, "", 0, body, ())


def walked(*rows, around=None, longest=10 * MINUTE):
    one = Walk(content.EventRecipe(), (), longest)
    unplaced = one.read(rows)
    known = {each.id: Surroundings(follower=each.position) for each in unplaced}
    one.place(unplaced, {**known, **(around or {})})
    return one.findings


def kinds(findings):
    return [(one.kind, one.row) for one in findings.breaks]


def test_a_straight_chain_is_good():
    first = row(1, "", 0)
    second = row(2, first.hash, 1)
    assert walked(first, second, row(3, second.hash, 2)).broken == 0


@pytest.mark.parametrize(("apart", "trap"), [(0, Trap.SAME_TRANSACTION), (10, Trap.CONCURRENT), (11, None)])
def test_a_branch_is_explained_by_transactions_of_at_most_the_longest(apart, trap):
    first = row(1, "", 0)
    found = walked(first, row(2, first.hash, 1), row(3, first.hash, 1 + apart))
    assert found.traps == ({trap: 1} if trap else {})
    assert kinds(found) == ([] if trap else [(Kind.FORK, "row 3")])


def test_chains_of_tenants_are_apart():
    first, other = row(1, "", 0), row(1, "", 5, tenant="globex")
    assert first.hash == other.hash
    found = walked(first, other, row(2, first.hash, 60), row(3, other.hash, 120, tenant="globex"))
    assert found.broken == 0


def test_rows_that_memory_has_lost_are_placed_by_the_database(monkeypatch):
    monkeypatch.setattr(walk, "REMEMBERED", 1)
    first = row(1, "", 0)
    second, other = row(2, first.hash, 1), row(9, "", 0.5, tenant="globex")
    seen = Surroundings(first.position, "acme", second.position, first.position)
    assert walked(first, other, second, around={"row 2": seen}).broken == 0
    fork = row(3, first.hash, 60)
    seen = Surroundings(first.position, "acme", second.position)
    assert kinds(walked(first, other, fork, around={"row 3": seen})) == [(Kind.FORK, "row 3")]


def test_two_logs_of_event_loggers_in_different_zones_are_hinted_at():
    parent = Position(START + timedelta(hours=5, seconds=20), "row 9")
    late = row(1, "gone", 0)
    (found,) = walked(late, around={"row 1": Surroundings(parent, "acme")}).breaks
    assert found.kind == Kind.REORDERED
    assert "different time zones" in found.detail
    parent = Position(START + timedelta(hours=5, minutes=7), "row 9")
    (found,) = walked(late, around={"row 1": Surroundings(parent, "acme")}).breaks
    assert "time zones" not in found.detail


def test_a_first_row_that_others_preceded_within_a_transaction_is_no_break():
    found = walked(row(1, "", 0), row(2, "", 3), around={"row 2": Surroundings(follower=Position(START, "row 1"))})
    assert found.traps == {Trap.CONCURRENT: 1}


def test_breaks_are_counted_beyond_those_that_are_named():
    findings, more = Findings(), Findings(rows=1, unchecked=2, traps={Trap.CONCURRENT: 1}, zones={"+01": 4})
    for number in range(MOST_BREAKS + 5):
        findings.add(Break(f"row {number}", START, "", Kind.CHANGED, ""))
    assert (findings.broken, len(findings.breaks)) == (MOST_BREAKS + 5, MOST_BREAKS)
    more.add(findings.breaks[0])
    findings.include(more)
    findings.include(more)
    assert (findings.broken, len(findings.breaks), findings.rows) == (MOST_BREAKS + 7, MOST_BREAKS, 2)
    assert (findings.unchecked, findings.traps, findings.zones) == (4, {Trap.CONCURRENT: 2}, {"+01": 8})


def test_a_seal_grows_until_it_is_full(monkeypatch):
    rows = [row(number, "", number) for number in range(LONGEST_SEAL + 3)]
    sealing = Sealing(None)
    sealing.add(rows[:5])
    sealing = Sealing(sealing.checkpoint)
    sealing.add(rows[5:])
    assert [(one.number, one.rows) for one in sealing.changed.values()] == [(1, LONGEST_SEAL), (2, 3)]
    assert sealing.changed[1].last == rows[LONGEST_SEAL - 1].position
    whole = Sealing(None)
    whole.add(rows)
    assert whole.changed == sealing.changed


def test_pieces_shrink_with_large_rows_and_grow_again():
    large = row(1, "", 0, data="x" * 9_000_000)
    assert _next_size(1000, [large]) == 250
    assert _next_size(1, [large]) == 1
    assert _next_size(250, [row(1, "", 0)]) == 500
    assert _next_size(900, [row(1, "", 0)]) == 1000
    assert _next_size(400, [row(1, "", 0, data="x" * 4_000_000)]) == 400


def test_one_row_is_one_row():
    (said,) = words.remarks(Findings(traps={Trap.SAME_TRANSACTION: 1}), Circumstances(), empty=False)
    assert said.startswith("1 row of one transaction")


def test_a_verdict_says_which_state():
    given = Verdict("s", "k", 1, (), 0, (), 0, False, 1.23456)  # noqa: FBT003
    assert (given.state, given.as_json()["seconds"], given.as_json()["sealed_until"]) == ("verified", 1.235, None)
