"""Verifies hash chains to their end with the help of the store, and tells people about it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fraiseql_observe.audit.chain.model import Findings, Verdict
from fraiseql_observe.audit.chain.source import logs
from fraiseql_observe.audit.chain.verify import again, rest, verdict
from fraiseql_observe.errors import ConflictError
from fraiseql_observe.store import audit_chain
from fraiseql_observe.web import chain_views
from fraiseql_observe.web.chain_work import keep, keep_missing, known, turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from fraiseql_observe.audit.chain.model import Seal
    from fraiseql_observe.audit.chain.source import Log
    from fraiseql_observe.audit.chain.verify import Rules
    from fraiseql_observe.store.audit_chain import Kept
    from fraiseql_observe.store.engine import Engine

    Progress = Callable[[str, int, datetime], object]


@dataclass(frozen=True, slots=True)
class Told:
    """A verdict, with its breaks as they are kept: with ids, when there is a store."""

    verdict: Verdict
    kept: tuple[Kept, ...] = ()
    accepted: int = 0

    @classmethod
    def of(cls, verdict: Verdict) -> Told:
        """A verdict that nothing is kept of."""
        return cls(verdict)

    @property
    def broken(self) -> int:
        return self.verdict.broken

    @property
    def state(self) -> str:
        return self.verdict.state

    def as_json(self) -> dict[str, Any]:
        found = dict(self.verdict.as_json()) | {"accepted": self.accepted}
        return found | ({"breaks": [chain_views.kept(one) for one in self.kept]} if self.kept else {})

    def lines(self) -> Iterator[str]:
        """For a terminal."""
        one = self.verdict
        breaks = f", {_number(one.broken, 'break')}" if one.broken else ""
        yield f"{one.source}: {one.state}{breaks}"
        yield f"  {_number(one.rows, 'row')} read in {one.seconds:.1f} s; {_signatures(one)}."
        if one.sealed:
            until = f"{one.sealed_until:%Y-%m-%d %H:%M:%S} UTC" if one.sealed_until else ""
            yield f"  {_number(one.sealed, 'row')} verified before, up to {until}; --again reads them too."
        if self.kept:
            yield from (f"  {line}" for line in kept_lines(self.kept))
        else:
            yield from (
                f"  {line}"
                for found in one.breaks
                for line in _lines(found.at, found.kind, found.row, found.tenant, found.detail)
            )
        if one.broken > len(self.kept or one.breaks):
            yield f"  … and {one.broken - len(self.kept or one.breaks)} more."
        if self.accepted:
            yield f"  {_number(self.accepted, 'break')} accepted before: fraiseql-observe audit breaks --all"
        for remark in one.remarks:
            yield f"  Note: {remark}"


def kept_lines(found: Iterable[Kept]) -> Iterator[str]:
    """Breaks for a terminal."""
    for one in found:
        yield from _lines(one.at, one.kind, one.row_id, one.tenant, one.detail, one.id)
        if one.accepted_at:
            yield f"    accepted {one.accepted_at:%Y-%m-%d %H:%M} by {one.accepted_by}: {_clean(one.comment)}"


async def go_on(
    engine: Engine, url: str, rules: Rules, *, source: str = "", again: bool = False, progress: Progress | None = None
) -> list[Told]:
    """Verify every log, or one, from its checkpoint to its end, and keep what was found.

    What is too young to be sealed is read too. With `again`, so is every sealed stretch.

    Raises:
        AuditError: the audit database does not answer, or not all of a log may be read.
        StoreError: the store cannot be written.
    """
    with logs(url) as found:
        before = await engine.read(audit_chain.states)
        there = {log.name for log in found}
        if not source:
            await engine.write(lambda tx: keep_missing(tx, before, there, datetime.now(UTC)))
        told = [
            await _one(engine, log, rules, again=again, progress=progress) for log in found if source in {"", log.name}
        ]
    gone = [one for one in before if one.source not in there and source in {"", one.source}]
    return [*told, *[await _gone(engine, one) for one in gone]]


async def _one(engine: Engine, log: Log, rules: Rules, *, again: bool, progress: Progress | None) -> Told:
    began, total = time.perf_counter(), Findings()
    start = await engine.read(lambda tx: audit_chain.last(tx, log.name))
    sealed = sum(one.sealed for one in await engine.read(audit_chain.states) if one.source == log.name)
    if again:
        await _again(engine, log, rules, total, progress)
        sealed = 0
    await _new(engine, log, rules, total, progress)
    checkpoint = await engine.read(lambda tx: audit_chain.last(tx, log.name))
    tail = rest(log, checkpoint, rules)
    await engine.write(lambda tx: audit_chain.add_breaks(tx, log.name, tail.breaks, datetime.now(UTC)))
    total.include(tail)
    return await _told(engine, log, rules, total, time.perf_counter() - began, sealed, start if sealed else None)


async def _again(engine: Engine, log: Log, rules: Rules, total: Findings, progress: Progress | None) -> None:
    former: Seal | None = None
    number = 1
    while seal := await engine.read(lambda tx: audit_chain.seal(tx, log.name, number)):  # noqa: B023  awaited at once
        found, now = again(log, former, seal, rules), datetime.now(UTC)

        def write(tx: Any, seal: Seal = seal, found: Findings = found, now: datetime = now) -> None:
            audit_chain.add_breaks(tx, log.name, found.breaks, now)
            audit_chain.checked(tx, log.name, seal.number, now)

        await engine.write(write)
        total.include(found)
        _progress(progress, log, total, seal.last.at)
        former, number = seal, number + 1


async def _new(engine: Engine, log: Log, rules: Rules, total: Findings, progress: Progress | None) -> None:
    reached = False
    while not reached:
        now = datetime.now(UTC)
        given = await engine.read(lambda tx: known(tx, log.name, None))
        done = turn(log, given, rules, now)
        try:
            await engine.write(lambda tx: keep(tx, done, now))  # noqa: B023  awaited at once
        except ConflictError:  # the backend went on from the same checkpoint: go on from where it is now
            continue
        total.include(done.new.findings)
        if done.new.seals:
            _progress(progress, log, total, done.new.seals[-1].last.at)
        reached = done.new.reached


async def _told(
    engine: Engine, log: Log, rules: Rules, total: Findings, seconds: float, sealed: int, start: Seal | None
) -> Told:
    unchecked = next((one.unchecked for one in await engine.read(audit_chain.states) if one.source == log.name), 0)
    found = verdict(log, total, rules, seconds, sealed, start.last.at if start else None)
    kept, accepted = await _kept(engine, log.name)
    broken = len(kept) + max(0, total.broken - len(total.breaks))
    found = replace(found, breaks=(), broken=broken, unchecked=max(unchecked, total.unchecked))
    return Told(found, kept, accepted)


async def _gone(engine: Engine, one: audit_chain.State) -> Told:
    kept, accepted = await _kept(engine, one.source)
    gone = Verdict(one.source, one.kind, 0, (), len(kept), (), 0, False, 0.0, one.sealed, one.sealed_until)  # noqa: FBT003
    return Told(gone, kept, accepted)


async def _kept(engine: Engine, source: str) -> tuple[tuple[Kept, ...], int]:
    """The breaks that nobody has accepted, and how many somebody has."""
    found = [one for one in await engine.read(audit_chain.breaks) if one.source == source]
    open_ = tuple(one for one in found if one.accepted_at is None)
    return open_, len(found) - len(open_)


def _progress(progress: Progress | None, log: Log, total: Findings, at: datetime) -> None:
    if progress:
        progress(log.name, total.rows, at)


def _lines(at: datetime, kind: str, row: str, tenant: str, detail: str, id: str = "") -> Sequence[str]:  # noqa: A002
    whose = f", tenant {tenant}" if tenant else ""
    return (
        f"{kind.upper()} row {row or '-'} of {at:%Y-%m-%d %H:%M:%S} UTC{whose}{f' [{id}]' if id else ''}",
        f"  {_clean(detail)}",
    )


def _signatures(one: Verdict) -> str:
    return "signatures were checked" if one.signatures else "signatures were not checked (--keys FILE)"


def _number(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _clean(text: str) -> str:
    """Without what steers a terminal."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
