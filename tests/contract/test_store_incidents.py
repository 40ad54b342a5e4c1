"""Incidents come back as they were written, change one after the other, and are found."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from store_samples import T0, at, incident

from fraiseql_observe.errors import ConflictError, NotFoundError
from fraiseql_observe.incident.model import Severity, State
from fraiseql_observe.store import incidents
from fraiseql_observe.store.incidents import Query

FULL = incident(
    title="Errors\nrise \u2028 über 5 %",
    reopened=2,
    firing=3,
    total=9,
    acknowledged_at=at(1),
    acknowledged_by="ada",
    resolved_at=at(2),
    resolved_by="bob",
    snoozed_until=at(3),
    silenced_by="win_1",
    policy="critical",
    external_url="http://alertmanager:9093",
)


async def test_all_fields_come_back(write, read):
    await write(incidents.insert, FULL, {"steps": [{"wait": 300}]})
    assert await read(incidents.get, FULL.id) == FULL
    assert await read(incidents.snapshot, FULL.id) == {"steps": [{"wait": 300}]}


async def test_text_no_column_can_hold_is_mended(write, read):
    hostile = {"nul": "a\0b", "half": "\ud800", "quote": "';--\"\\", "line": "\n=\n"}
    await write(incidents.insert, incident(title="a\0b\ud800", group_labels=hostile, common_labels=hostile))
    found = await read(incidents.get, "inc_1")
    assert found.title == "a\ufffdb\ufffd"
    assert found.group_labels == hostile


async def test_an_unknown_incident_is_not_found(read):
    for function in (incidents.get, incidents.snapshot):
        with pytest.raises(NotFoundError, match="inc_none"):
            await read(function, "inc_none")


async def test_a_change_needs_the_version_before_it(write, read):
    await write(incidents.insert, incident())
    changed = replace(incident(), version=2, state=State.ACKNOWLEDGED, acknowledged_at=at(5), title="New")
    await write(incidents.update, changed)
    assert await read(incidents.get, "inc_1") == changed
    with pytest.raises(ConflictError, match="version 2"):
        await write(incidents.update, replace(changed, state=State.RESOLVED))
    with pytest.raises(NotFoundError):
        await write(incidents.update, incident("inc_none", version=2))
    assert await read(incidents.get, "inc_1") == changed


async def test_a_group_has_one_unresolved_incident(write, read):
    await write(incidents.insert, incident("inc_1", key="k", state=State.RESOLVED))
    await write(incidents.insert, incident("inc_2", key="k", opened_at=at(1)))
    with pytest.raises(ConflictError):
        await write(incidents.insert, incident("inc_3", key="k", opened_at=at(2)))
    assert (await read(incidents.latest, ["k", "other"]))["k"].id == "inc_2"
    assert await read(incidents.latest, []) == {}


async def test_the_latest_and_the_earlier_ones_of_a_group(write, read):
    for number in range(4):
        one = incident(f"inc_{number}", key="k", state=State.RESOLVED, opened_at=at(number))
        await write(incidents.insert, one)
    assert (await read(incidents.latest, ["k", "other"]))["k"].id == "inc_3"
    assert [i.id for i in await read(incidents.previous, "k", at(3), 2)] == ["inc_2", "inc_1"]
    assert await read(incidents.recurring, ["inc_0", "inc_1", "inc_3", "inc_9"]) == {"inc_1", "inc_3"}


async def test_who_is_held_back(write, read):
    await write(incidents.insert, incident("inc_1"))
    await write(incidents.insert, incident("inc_2", silenced_by="win_1"))
    await write(incidents.insert, incident("inc_3", silenced_by="win_1", state=State.RESOLVED))
    assert [i.id for i in await read(incidents.silenced, "win_1")] == ["inc_2"]
    assert await read(incidents.silenced, "") == []


async def test_the_policy_is_kept_with_its_incident(write, read):
    await write(incidents.insert, incident(), {"name": "night"})
    assert await read(incidents.snapshot, "inc_1") == {"name": "night"}


async def test_counts_and_means(write, read):
    assert await read(incidents.statistics, T0) == incidents.Statistics(0, 0, 0, None, None)
    await write(incidents.insert, incident("inc_0", opened_at=at(-1), resolved_at=at(9000), state=State.RESOLVED))
    await write(incidents.insert, incident("inc_1", acknowledged_at=at(10), resolved_at=at(100), state=State.RESOLVED))
    await write(incidents.insert, incident("inc_2", acknowledged_at=at(30), state=State.ACKNOWLEDGED))
    await write(incidents.insert, incident("inc_3"))
    assert await read(incidents.counts) == {State.FIRING: 1, State.ACKNOWLEDGED: 1, State.RESOLVED: 2}
    assert await read(incidents.statistics, T0) == incidents.Statistics(3, 2, 1, 20.0, 100.0)


@pytest.fixture
async def many(write):
    """Twelve incidents, a second apart but for two of one instant."""
    for number in range(12):
        await write(
            incidents.insert,
            incident(
                f"inc_{number:02}",
                opened_at=at(min(number, 10)),
                state=State.RESOLVED if number % 3 == 0 else State.FIRING,
                severity=Severity.WARNING if number % 2 else Severity.CRITICAL,
                title="Disk_full 100%" if number == 5 else "Errors rise",
                common_labels={"team": "Ä" if number < 4 else "b", "n": str(number)},
            ),
        )


async def _ids(read, **query) -> list[int]:
    page = await read(incidents.search, Query(**query))
    return [int(found.id.removeprefix("inc_")) for found in page.incidents]


async def test_pages_follow_each_other(many, read):
    pages, cursor = [], ""
    while cursor or not pages:
        page = await read(incidents.search, Query(limit=5, cursor=cursor))
        pages.append([found.id for found in page.incidents])
        cursor = page.next
    assert [len(page) for page in pages] == [5, 5, 2]
    ids = [id_ for page in pages for id_ in page]
    assert all(first > second for first, second in pairwise(ids))


async def test_what_people_search_for(many, read):
    assert await _ids(read, states=(State.RESOLVED,)) == [9, 6, 3, 0]
    assert await _ids(read, severities=(Severity.WARNING,), states=(State.RESOLVED, State.RESOLVED)) == [9, 3]
    assert await _ids(read, labels={"team": "Ä"}) == [3, 2, 1, 0]
    assert await _ids(read, labels={"team": "ä"}) == []
    assert await _ids(read, labels={"team": "Ä", "n": "1"}) == [1]
    assert await _ids(read, labels={"n": "1"}) == [1]
    assert await _ids(read, text="disk_FULL 100%") == [5]
    assert await _ids(read, text="di_k%") == []
    assert await _ids(read, text="TEAM=ä") == [3, 2, 1, 0]
    assert await _ids(read, since=at(9)) == [11, 10, 9]
    assert await _ids(read, until=at(1)) == [0]
    assert await _ids(read, since=at(2), until=at(4)) == [3, 2]
    assert await _ids(read, text="' or 1=1 --") == []


async def test_a_cursor_of_somebody_else_is_refused(read):
    for cursor in ("x", "1", "-1.inc", "٣.inc_1", "99999999999999999999999.inc_1", "."):
        with pytest.raises(ConflictError, match="cursor"):
            await read(incidents.search, Query(cursor=cursor))


async def test_a_page_is_bounded(many, read):
    assert len(await _ids(read, limit=10**9)) == 12
    assert len(await _ids(read, limit=-1)) == 1
