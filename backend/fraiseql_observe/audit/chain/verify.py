"""Verifies logs with a hash chain: the whole of one, what is new since its checkpoint, or a sealed stretch again."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from fraiseql_observe.audit.chain import content
from fraiseql_observe.audit.chain.model import Break, Findings, Kind, Seal, Verdict
from fraiseql_observe.audit.chain.source import Log, Range, logs
from fraiseql_observe.audit.chain.walk import Walk
from fraiseql_observe.audit.chain.words import remarks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from fraiseql_observe.audit.chain.model import Row

    Progress = Callable[[str, int, datetime], object]

LONGEST_SEAL = 10_000  # rows
LONGEST_TRANSACTION = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Rules:
    """How to judge. `keys` are FraiseQL's signing keys, also former ones; none: signatures are not checked.

    `longest_transaction`: no transaction of the application that writes to the log lasts longer.
    """

    keys: tuple[str, ...] = ()
    longest_transaction: timedelta = LONGEST_TRANSACTION

    def walk(self, log: Log) -> Walk:
        return Walk(log.shape.recipe(), self.keys, self.longest_transaction)


@dataclass(slots=True)
class Sealing:
    """Seals rows after a checkpoint; a seal that is not full yet goes on growing."""

    checkpoint: Seal | None
    changed: dict[int, Seal] = field(default_factory=dict)

    def add(self, rows: Sequence[Row]) -> None:
        for row in rows:
            former = self.checkpoint
            grows = former is not None and former.rows < LONGEST_SEAL
            number = 1 if former is None else former.number + (not grows)
            before, digest = (former.rows, former.digest) if former and grows else (0, "")
            self.checkpoint = Seal(number, row.position, row.hash, before + 1, content.sealed(digest, row))
            self.changed[number] = self.checkpoint


@dataclass(frozen=True, slots=True)
class Advance:
    """What became of going on from a checkpoint: new and grown seals, and whether the last row was reached."""

    findings: Findings
    seals: tuple[Seal, ...]
    reached: bool


def verify(  # noqa: PLR0913  each narrows what is read
    url: str,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    tenants: Sequence[str] = (),
    source: str = "",
    keys: Sequence[str] = (),
    longest_transaction: timedelta = LONGEST_TRANSACTION,
    progress: Progress | None = None,
) -> tuple[Verdict, ...]:
    """Read every log of a database that has a hash chain, or one (`schema.table`), and say what breaks it.

    Raises:
        AuditError: the server does not answer, or the user may not read all of a log.
    """
    rules = Rules(tuple(keys), longest_transaction)
    wanted = Range(start=start, before=end, tenants=tuple(tenants))
    with logs(url) as found:
        return tuple(_whole(log, wanted, rules, progress) for log in found if source in {"", log.name})


def _whole(log: Log, wanted: Range, rules: Rules, progress: Progress | None) -> Verdict:
    began = time.perf_counter()
    walk = rules.walk(log)
    for rows in log.rows(wanted):
        walk.place(unplaced := walk.read(rows), log.around(unplaced))
        if progress:
            progress(log.name, walk.findings.rows, rows[-1].at)
    _beyond_time(log, rules, walk.findings)
    return verdict(log, walk.findings, rules, time.perf_counter() - began)


def advance(log: Log, checkpoint: Seal | None, rules: Rules, *, before: datetime, limit: int) -> Advance:
    """Verify and seal at most `limit` rows after a checkpoint that are older than `before`.

    Rows younger than the longest transaction are left alone: one that began earlier may yet put rows among them.
    """
    walk, sealing = rules.walk(log), Sealing(checkpoint)
    _require_kept(log, checkpoint, walk.findings)
    after = checkpoint.last if checkpoint else None
    for rows in log.rows(Range(after=after, before=before), limit):
        walk.place(unplaced := walk.read(rows), log.around(unplaced))
        sealing.add(rows)
    if reached := walk.findings.rows < limit:
        _beyond_time(log, rules, walk.findings)
    return Advance(walk.findings, tuple(sealing.changed.values()), reached)


def rest(log: Log, checkpoint: Seal | None, rules: Rules) -> Findings:
    """Verify what is too young to be sealed."""
    walk = rules.walk(log)
    for rows in log.rows(Range(after=checkpoint.last if checkpoint else None)):
        walk.place(unplaced := walk.read(rows), log.around(unplaced))
    return walk.findings


def again(log: Log, former: Seal | None, seal: Seal, rules: Rules) -> Findings:
    """Read a sealed stretch again, and compare it with its seal."""
    walk = rules.walk(log)
    digest = ""
    for rows in log.rows(Range(after=former.last if former else None, upto=seal.last)):
        walk.place(unplaced := walk.read(rows), log.around(unplaced))
        for row in rows:
            digest = content.sealed(digest, row)
    if digest != seal.digest:
        _say_difference(walk.findings, former, seal)
    return walk.findings


def verdict(
    log: Log, findings: Findings, rules: Rules, seconds: float, sealed: int = 0, sealed_until: datetime | None = None
) -> Verdict:
    """Put what was found into words."""
    return Verdict(
        source=log.name,
        kind=log.source.kind,
        rows=findings.rows,
        breaks=tuple(sorted(findings.breaks, key=lambda one: (one.at, one.row))),
        broken=findings.broken,
        remarks=remarks(findings, log.circumstances(), empty=not (findings.rows or sealed)),
        unchecked=findings.unchecked,
        signatures=bool(rules.keys),
        seconds=seconds,
        sealed=sealed,
        sealed_until=sealed_until,
    )


def _require_kept(log: Log, checkpoint: Seal | None, findings: Findings) -> None:
    """The checkpoint's row must be what it was: else everything before it may have been written anew."""
    if checkpoint is None:
        return
    id_, at = checkpoint.last.id, checkpoint.last.at
    row = log.at(id_)
    if row is None:
        said = "it was the last row that was verified, and is gone"
        findings.add(Break(id_, at, "", Kind.REMOVED, said))
    elif row.hash != checkpoint.last_hash or row.at != at:
        said = "it was the last row that was verified, and has another hash or time since: the history was rewritten"
        findings.add(Break(id_, at, row.tenant, Kind.REWRITTEN, said))


def _say_difference(findings: Findings, former: Seal | None, seal: Seal) -> None:
    """What the walk named itself is not said twice."""
    since = f"after row {former.last.id}" if former else "from the beginning"
    stretch = f"of the rows {since} up to this one, {seal.rows} were verified and {findings.rows} are there"
    named = {one.kind for one in findings.breaks}
    if findings.rows == seal.rows:
        kind = Kind.REWRITTEN
        stretch = (
            f"one of the {seal.rows} rows {since} up to this one is not what it was when it was verified, in a column "
            "that FraiseQL's hash does not cover, or was exchanged"
        )
        if named:
            return
    else:
        kind = Kind.INSERTED if findings.rows > seal.rows else Kind.REMOVED
    if kind not in named:
        findings.add(Break(seal.last.id, seal.last.at, "", kind, stretch))


def _beyond_time(log: Log, rules: Rules, findings: Findings) -> None:
    """Say which rows stand where no reading comes to them."""
    for found in log.beyond_time(rules.longest_transaction):
        findings.add(found)
