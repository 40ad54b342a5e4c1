"""The reconciler: compares what fires here with Alertmanager's own list, so that a resolve lost on the way is found.

It asks on a timer, after our own start, and at once when a group was told in part or not as expected. What it finds
goes in by the inbox, like everything else.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import aiohttp

from fraiseql_observe.alerts import comparison
from fraiseql_observe.alerts.alertmanager import Alertmanager
from fraiseql_observe.alerts.comparison import Fires
from fraiseql_observe.alerts.watchdog import RECEIVER
from fraiseql_observe.errors import ReconcileError
from fraiseql_observe.incident import payload
from fraiseql_observe.incident.ids import new_id
from fraiseql_observe.store import alerts, inbox, incidents, leases

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from datetime import datetime, timedelta

    from fraiseql_observe.alerts.alertmanager import Listed, ListedGroup
    from fraiseql_observe.config.alertmanager import AlertmanagerSettings
    from fraiseql_observe.config.settings import Settings
    from fraiseql_observe.store.alerts import Identity
    from fraiseql_observe.store.engine import Engine, Transaction
    from fraiseql_observe.telemetry import Telemetry

log = logging.getLogger(__name__)

LEASE = "reconciler"
PAGE = 1000  # alerts read at once
STALE = 10_000  # alerts that are found stale at once
SOONEST = 2.0  # seconds between two comparisons, however many suspicions
SLOWEST = 60.0  # seconds between two tries while they fail


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
        until = now + given.interval * 3
        if await self._engine.write(lambda tx: leases.take(tx, LEASE, self._holder, until, now=now)):
            judged = set(given.receivers) - {RECEIVER} if given.urls else set()
            groups = await self._compared(given, judged) if judged else []
            groups += await self._stale(judged, now)
            await self._report(groups, now)
        return given.interval.total_seconds()

    async def _compared(self, given: AlertmanagerSettings, judged: Collection[str]) -> list[payload.Group]:
        """Compare those of ours that Alertmanager should list, and all that it lists with ours."""
        suspects, doubtful, waits = set(self._suspects), set(self._doubtful), given.confirm_after
        ours = await self._firing()
        async with aiohttp.ClientSession() as session:
            peers = [Alertmanager(url, given, session) for url in given.urls]
            answer = await self._ask(peers, given.settle)
            over = comparison.lost_resolves(
                [one for one in ours if one.receiver in judged] if answer.settled else [],
                {one.fingerprint for one in answer.alerts},
                self._memory,
                suspects=suspects,
                asked=answer.asked,
                confirm_after=waits,
            )
            groups = await _groups(peers) if suspects else []
            doubtful |= comparison.members(groups, await self._keys(suspects))
            lost = comparison.lost_alerts(
                {one.fingerprint for one in ours},
                answer.alerts,
                self._memory,
                doubtful=doubtful,
                asked=answer.asked,
                confirm_after=waits,
            )
            added = await self._told_again(lost, groups or await _groups(peers), answer.asked) if lost else []
        self._suspects -= suspects if answer.settled else set()
        self._doubtful -= doubtful
        self._count(len(over), len(lost))
        return [*await self._resolving([one.identity for one in over], answer.asked), *added]

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
        alerts_by_print = {one.fingerprint: one for listed, _ in good for one in listed}
        return _Answer(asked, list(alerts_by_print.values()), any(settled for _, settled in good))

    async def _told_again(
        self, lost: Collection[str], groups: list[ListedGroup], asked: datetime
    ) -> list[payload.Group]:
        """Tell ourselves what nobody told us."""
        kept = await self._engine.read(lambda tx: alerts.latest(tx, lost))
        return comparison.firing(lost, groups, {name: one.alert for name, one in kept.items()}, asked)

    async def _stale(self, judged: Collection[str], now: datetime) -> list[payload.Group]:
        """The last resort, for alerts that no Alertmanager can be asked about; a program ends its own."""
        after = self._settings().incidents.stale_after
        if not after:
            return []

        def work(tx: Transaction) -> list[Identity]:
            old = alerts.stale(tx, now - after, STALE)
            known = incidents.find(tx, {kept.incident_id for kept in old})
            asked = {*judged, RECEIVER}
            return [kept.identity for kept in old if known[kept.incident_id].receiver not in asked]

        stale = await self._engine.read(work)
        self._telemetry.reconciled_alerts.labels("resolved").inc(len(stale))
        return await self._resolving(stale, now)

    async def _resolving(self, over: list[Identity], now: datetime) -> list[payload.Group]:
        """Give groups that tell the end of these alerts, read whole a page at a time."""

        def work(tx: Transaction, page: list[Identity]) -> list[payload.Group]:
            kept = alerts.by_identity(tx, page)
            known = incidents.find(tx, {one.incident_id for one in kept.values()})
            return comparison.resolving(kept.values(), known, now)

        groups: list[payload.Group] = []
        for at in range(0, len(over), PAGE):
            groups += await self._engine.read(partial(work, page=over[at : at + PAGE]))
        return groups

    async def _keys(self, incident_ids: Collection[str]) -> set[str]:
        known = await self._engine.read(lambda tx: incidents.find(tx, incident_ids)) if incident_ids else {}
        return {incident.key for incident in known.values()}

    def _count(self, resolved: int, added: int) -> None:
        self._telemetry.reconciliations.labels("ok").inc()
        self._telemetry.reconciled_alerts.labels("resolved").inc(resolved)
        self._telemetry.reconciled_alerts.labels("added").inc(added)

    async def _firing(self) -> list[Fires]:
        """Read what fires here, a page at a time, and keep little of it."""
        found: list[Fires] = []
        while True:
            after = found[-1].identity if found else None
            page = await self._engine.read(partial(_page, after=after))
            found += page
            if len(page) < PAGE:
                return found

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


def _page(tx: Transaction, after: Identity | None) -> list[Fires]:
    page = alerts.all_firing(tx, after, PAGE)
    known = incidents.find(tx, {kept.incident_id for kept in page})
    return [
        Fires(
            kept.alert.fingerprint,
            kept.alert.starts_ns,
            kept.incident_id,
            sys.intern(known[kept.incident_id].receiver),
            kept.last_seen,
        )
        for kept in page
    ]
