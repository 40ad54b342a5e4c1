"""Occurrences of alerts and the timeline."""

from __future__ import annotations

from dataclasses import replace

from store_samples import T0, at, event, incident, kept

from fraiseql_observe.incident.model import AlertStatus, EventKind
from fraiseql_observe.store import alerts, events, incidents

RESOLVED = {"status": AlertStatus.RESOLVED, "ended_at": at(60)}


async def test_occurrences_come_back(write, read):
    first = kept("a1", 2**62)
    hostile = kept("a2", 1, labels={"l\0": "\ud800 <b>*x*"}, annotations={"long": "x" * 100_000}, **RESOLVED)
    await write(alerts.upsert, [first, hostile])
    found = await read(alerts.by_identity, [("a1", 2**62), ("a2", 1), ("a2", 2)])
    assert found == {("a1", 2**62): first, ("a2", 1): hostile}
    assert await read(alerts.by_identity, []) == {}


async def test_a_known_occurrence_keeps_when_it_was_first_seen(write, read):
    await write(alerts.upsert, [kept("a1", 1)])
    later = kept("a1", 1, incident_id="inc_2", seen=at(9), **RESOLVED)
    await write(alerts.upsert, [later])
    assert await read(alerts.by_identity, [("a1", 1)]) == {("a1", 1): replace(later, first_seen=T0)}


async def test_thousands_in_one_go(write, read):
    await write(alerts.upsert, [kept(f"f{n}", 1) for n in range(3000)])
    found = await read(alerts.by_identity, [(f"f{n}", 1) for n in range(3000)])
    assert len(found) == 3000
    pages, after = [], None
    while page := await read(alerts.all_firing, after, 1000):
        pages.append(page)
        after = page[-1].identity
    assert [len(page) for page in pages] == [1000, 1000, 1000]
    assert len({one.identity for page in pages for one in page}) == 3000


async def test_the_latest_occurrence_and_those_that_fire(write, read):
    await write(alerts.upsert, [kept("a1", 1), kept("a1", 3, **RESOLVED), kept("a1", 2), kept("a2", 1, **RESOLVED)])
    assert {f: k.identity for f, k in (await read(alerts.latest, ["a1", "a2", "a3"])).items()} == {
        "a1": ("a1", 3),
        "a2": ("a2", 1),
    }
    assert [k.alert.starts_ns for k in await read(alerts.all_firing)] == [1, 2]


async def test_an_incident_shows_those_that_fire_first(write, read):
    await write(alerts.upsert, [kept("a1", 1, **RESOLVED), kept("a2", 3), kept("a3", 2), kept("b", 1, incident_id="i")])
    assert [k.alert.fingerprint for k in await read(alerts.of, "inc_1")] == ["a3", "a2", "a1"]
    assert len(await read(alerts.of, "inc_1", 2)) == 2


async def test_silence_is_measured_from_the_last_word(write, read):
    await write(alerts.upsert, [kept("a1", 1), kept("a2", 1), kept("a3", 1, **RESOLVED)])
    await write(alerts.touch, [("a1", 1), ("none", 1)], at(100))
    await write(alerts.touch, [("a1", 1)], at(50))  # the clock went back
    await write(alerts.touch, [], at(500))
    assert [k.identity for k in await read(alerts.stale, at(99))] == [("a2", 1)]
    assert [k.identity for k in await read(alerts.stale, at(101))] == [("a2", 1), ("a1", 1)]


async def test_the_timeline_is_read_from_its_end(write, read):
    lines = [event(id=f"evt_{n}", at=at(-n), comment=f"{n}\0") for n in range(5)]
    await write(events.append, [*lines, event("inc_2", kind=EventKind.OPENED)])
    await write(events.append, [])
    newest = await read(events.of, "inc_1", 2)
    assert [line.id for line in newest] == ["evt_3", "evt_4"]
    assert newest[0] == replace(lines[3], comment="3\ufffd")
    assert [line.id for line in await read(events.of, "inc_1", 10, "evt_3")] == ["evt_0", "evt_1", "evt_2"]
    assert len(await read(events.of, "inc_1", 10, "evt_none")) == 5


async def test_the_timelines_of_several_incidents_are_read_at_once(write, read):
    for number in (1, 2, 3):
        await write(incidents.insert, incident(f"inc_{number}", key=f"k{number}"))
    await write(events.append, [event(f"inc_{n % 2 + 1}", id=f"evt_{n}") for n in range(7)])
    found = await read(events.newest, ["inc_1", "inc_2", "inc_3"], 3)
    assert {name: [line.id for line in lines] for name, lines in found.items()} == {
        "inc_1": ["evt_2", "evt_4", "evt_6"],
        "inc_2": ["evt_1", "evt_3", "evt_5"],
        "inc_3": [],
    }
    assert found["inc_1"] == await read(events.of, "inc_1", 3)


async def test_the_alerts_of_several_incidents_are_read_at_once(write, read):
    several = [kept("a1", 1, **RESOLVED), kept("a2", 3), kept("a3", 2), kept("b", 1, incident_id="inc_2")]
    await write(alerts.upsert, several)
    found = await read(alerts.of_all, ["inc_1", "inc_2", "inc_3"])
    assert found == {name: await read(alerts.of, name) for name in ("inc_1", "inc_2", "inc_3")}
    assert [len(found[name]) for name in sorted(found)] == [3, 1, 0]
