"""The reconciler: compares what fires here with Alertmanager's own list, so that a resolve lost on the way is found.

It asks on a timer, after our own start, and at once when a group was told in part or not as expected. What it finds
goes in by the inbox, like everything else.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import aiohttp

from fraiseql_observe.alerts import comparison
from fraiseql_observe.alerts.alertmanager import Alertmanager
from fraiseql_observe.alerts.watchdog import RECEIVER
from fraiseql_observe.errors import ReconcileError
from fraiseql_observe.incident import payload
from fraiseql_observe.incident.ids import new_id
from fraiseql_observe.incident.model import Incident
from fraiseql_observe.store import alerts, inbox, incidents, leases

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from fraiseql_observe.alerts.alertmanager import Listed, ListedGroup
    from fraiseql_observe.config.alertmanager import AlertmanagerSettings
    from fraiseql_observe.config.settings import Settings
    from fraiseql_observe.store.alerts import Kept
    from fraiseql_observe.store.engine import Engine
    from fraiseql_observe.telemetry import Telemetry

log = logging.getLogger(__name__)

LEASE = "reconciler"
PAGE = 1000  # alerts read at once
SOONEST = timedelta(seconds=2)  # between two comparisons, however many suspicions


@dataclass(frozen=True, slots=True)
class _Answer:
    """What has not ended at `asked`; `settled`: a peer answered that runs for long enough."""

    asked: datetime
    alerts: list[Listed]
    settled: bool


class Reconciler:
    """Only the replica that holds the lease compares.

    Args:
        engine: the store.
        settings: gives the settings that hold now.
        clock: gives the present.
        telemetry: counts comparisons and what they correct.
        found: is called when something was put into the inbox.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Callable[[], Settings],
        *,
        clock: Callable[[], datetime],
        telemetry: Telemetry,
        found: Callable[[], None],
    ) -> None:
        self._engine, self._settings, self._clock = engine, settings, clock
        self._telemetry, self._found = telemetry, found
        self._holder = new_id("rec", clock())
        self._last = datetime.min.replace(tzinfo=UTC)
        self._memory = comparison.Memory()
        self._suspects: set[str] = set()
        self._doubtful: set[str] = set()

    def suspect(self, incident_ids: Iterable[str], fingerprints: Iterable[str]) -> None:
        """Remember incidents whose alerts were not all told, and alerts that fire against our knowledge."""
        self._suspects |= set(incident_ids)
        self._doubtful |= set(fingerprints)

    async def turn(self) -> float:
        """Compare once, if it is our turn; return the seconds until the next comparison.

        Raises:
            ReconcileError: no Alertmanager could be asked.
        """
        given, now = self._settings().alertmanager, self._clock()
        early = SOONEST - abs(now - self._last)
        if early > timedelta(0):
            return early.total_seconds()
        self._last, until = now, now + given.interval * 3
        if await self._engine.write(lambda tx: leases.take(tx, LEASE, self._holder, until, now=now)):
            ours = await self._firing()
            known = await self._incidents({kept.incident_id for kept in ours})
            judged = set(given.receivers) - {RECEIVER} if given.urls else set()
            listed = [kept for kept in ours if _receiver(kept, known) in judged]
            groups = await self._compared(given, listed, ours, known) if given.urls else []
            groups += self._stale(ours, listed, known, now)
            await self._report(groups, now)
        return given.interval.total_seconds()

    async def _compared(
        self, given: AlertmanagerSettings, listed: list[Kept], ours: list[Kept], known: dict[str, Incident]
    ) -> list[payload.Group]:
        """Compare those of ours that Alertmanager should list, and all that it lists with ours."""
        suspects, doubtful, waits = set(self._suspects), set(self._doubtful), given.confirm_after
        async with aiohttp.ClientSession() as session:
            peers = [Alertmanager(url, given, session) for url in given.urls]
            answer = await self._ask(peers, given.settle)
            groups = await _groups(peers) if suspects else []
            doubtful |= comparison.members(groups, {known[one].key for one in suspects & known.keys()})
            over = comparison.lost_resolves(
                listed if answer.settled else [],
                {one.print() for one in answer.alerts},
                self._memory,
                suspects=suspects,
                asked=answer.asked,
                confirm_after=waits,
            )
            firing = {kept.alert.fingerprint for kept in ours}
            lost = comparison.lost_alerts(
                firing, answer.alerts, self._memory, doubtful=doubtful, asked=answer.asked, confirm_after=waits
            )
            added = await self._told_again(lost, groups or await _groups(peers), answer.asked) if lost else []
        self._suspects -= suspects if answer.settled else set()
        self._doubtful -= doubtful
        self._count(len(over), len(lost))
        return [*comparison.resolving(over, known, answer.asked), *added]

    async def _ask(self, peers: list[Alertmanager], settle: timedelta) -> _Answer:
        """Ask all peers: what one of them lists has not ended, and one that began lately says nothing by its silence.

        Raises:
            ReconcileError: none answers.
        """
        asked = self._clock()
        answers = await asyncio.gather(*(_ask_one(peer, asked - settle) for peer in peers), return_exceptions=True)
        good = [answer for answer in answers if not isinstance(answer, BaseException)]
        if not good:
            self._telemetry.reconciliations.labels("failed").inc()
            known = (error for error in answers if isinstance(error, ReconcileError))
            raise next(known, ReconcileError("No Alertmanager could be asked."))
        alerts_by_print = {one.print(): one for listed, _ in good for one in listed}
        return _Answer(asked, list(alerts_by_print.values()), any(settled for _, settled in good))

    async def _told_again(
        self, lost: Collection[str], groups: list[ListedGroup], asked: datetime
    ) -> list[payload.Group]:
        """Tell ourselves what nobody told us."""
        kept = await self._engine.read(lambda tx: alerts.latest(tx, lost))
        return comparison.firing(lost, groups, {name: one.alert for name, one in kept.items()}, asked)

    def _stale(
        self, ours: list[Kept], listed: list[Kept], known: dict[str, Incident], now: datetime
    ) -> list[payload.Group]:
        """The last resort, for alerts that no Alertmanager can be asked about; a program ends its own."""
        after = self._settings().incidents.stale_after
        asked = {kept.identity for kept in listed}
        stale = [
            kept
            for kept in ours
            if after
            and now - kept.last_seen > after
            and kept.identity not in asked
            and _receiver(kept, known) != RECEIVER
        ]
        self._telemetry.reconciled_alerts.labels("resolved").inc(len(stale))
        return comparison.resolving(stale, known, now)

    def _count(self, resolved: int, added: int) -> None:
        self._telemetry.reconciliations.labels("ok").inc()
        self._telemetry.reconciled_alerts.labels("resolved").inc(resolved)
        self._telemetry.reconciled_alerts.labels("added").inc(added)

    async def _firing(self) -> list[Kept]:
        found: list[Kept] = []
        while True:
            after = found[-1].identity if found else None
            page = await self._engine.read(partial(alerts.all_firing, after=after, limit=PAGE))
            found += page
            if len(page) < PAGE:
                return found

    async def _incidents(self, ids: Collection[str]) -> dict[str, Incident]:
        ordered, known = sorted(ids), dict[str, Incident]()
        for at in range(0, len(ordered), PAGE):
            known |= await self._engine.read(partial(incidents.find, ids=ordered[at : at + PAGE]))
        return known

    async def _report(self, groups: list[payload.Group], now: datetime) -> None:
        if groups:
            log.warning("%d groups of alerts are not as we were told", len(groups))
            rows = [inbox.row(new_id("box", now), "reconciler", now, payload.render(group)) for group in groups]
            await self._engine.append(inbox.INSERT, rows)
            self._found()


async def _ask_one(peer: Alertmanager, before: datetime) -> tuple[list[Listed], bool]:
    started = await peer.started()
    return await peer.alerts(), started <= before


async def _groups(peers: list[Alertmanager]) -> list[ListedGroup]:
    """Ask for groups; the first peer that answers is believed."""
    answers = await asyncio.gather(*(peer.groups() for peer in peers), return_exceptions=True)
    return next((answer for answer in answers if isinstance(answer, list)), [])


def _receiver(kept: Kept, known: dict[str, Incident]) -> str:
    return known[kept.incident_id].receiver if kept.incident_id in known else ""
