"""The page that a link in a message opens: it asks, it acts once, and it refuses kindly."""

from __future__ import annotations

from datetime import timedelta

import pytest
from paging import tell

from fraiseql_observe.incident.model import Actor, EventKind, State

COLLEAGUE = Actor("alex", "slack")


@pytest.fixture
async def incident(manager):
    return await tell(manager, "DiskFull", service="checkout")


@pytest.fixture
async def anyone(visit):
    return await visit()


def link(manager, clock, incident, action: str = "acknowledge") -> str:
    return "/act/" + manager.action_tokens.sign(action, incident.id, clock() + timedelta(days=7))


async def test_opening_the_link_changes_nothing(anyone, manager, clock, incident) -> None:
    page = await anyone.get(link(manager, clock, incident))
    assert page.status == 200
    assert "Nothing has been done yet" in page.text
    assert "DiskFull" in page.text
    async with anyone.client.head(link(manager, clock, incident)) as answer:
        assert answer.status == 200
    assert (await manager.incident(incident.id)).incident.state is State.FIRING


async def test_its_button_acknowledges(anyone, manager, clock, incident) -> None:
    page = await anyone.send(link(manager, clock, incident), name=" Kim\n Lee ")
    assert "Done." in page.text
    detail = await manager.incident(incident.id)
    assert (detail.incident.state, detail.incident.acknowledged_by) == (State.ACKNOWLEDGED, "Kim Lee")
    event = next(event for event in detail.events if event.kind is EventKind.ACKNOWLEDGED)
    assert (event.actor.source, event.actor.address) == ("email", "127.0.0.1")


async def test_its_button_resolves(anyone, manager, clock, incident) -> None:
    page = await anyone.send(link(manager, clock, incident, "resolve"))
    assert "Done." in page.text
    detail = await manager.incident(incident.id)
    assert (detail.incident.state, detail.incident.resolved_by) == (State.RESOLVED, "a link in a message")


async def test_the_second_time_there_is_nothing_to_do(anyone, manager, clock, incident) -> None:
    here = link(manager, clock, incident)
    await manager.acknowledge_alert(incident.id, COLLEAGUE)
    for page in (await anyone.get(here), await anyone.send(here)):
        assert page.status == 200
        assert "Somebody was first" in page.text
        assert "by alex" in page.text
        assert "<button" not in page.text


async def test_what_is_over_stays_over(anyone, manager, clock, incident) -> None:
    here = link(manager, clock, incident)
    await manager.resolve_alert(incident.id, COLLEAGUE)
    for page in (await anyone.get(here), await anyone.send(here)):
        assert page.status == 200
        assert "It is over already" in page.text


async def test_an_acknowledged_one_can_be_resolved(anyone, manager, clock, incident) -> None:
    await manager.acknowledge_alert(incident.id, COLLEAGUE)
    assert "<button" in (await anyone.get(link(manager, clock, incident, "resolve"))).text


async def test_an_old_link_says_so(anyone, manager, clock, incident) -> None:
    here = link(manager, clock, incident)
    clock.offset += timedelta(days=8)
    for page in (await anyone.get(here), await anyone.send(here)):
        assert page.status == 403
        assert "expired" in page.text
    assert (await manager.incident(incident.id)).incident.state is State.FIRING


@pytest.mark.parametrize("token", ["x", "a.b.c", "%00", "%F0%9F", "x" * 3000])
async def test_a_forged_link_says_so(anyone, token: str) -> None:
    page = await anyone.get(f"/act/{token}")
    assert page.status == 403
    assert "<button" not in page.text


async def test_a_link_to_what_is_gone_says_so(anyone, manager, clock) -> None:
    token = manager.action_tokens.sign("acknowledge", "inc_pruned", clock() + timedelta(days=1))
    assert (await anyone.get(f"/act/{token}")).status == 404


async def test_another_site_cannot_press_the_button(anyone, manager, clock, incident) -> None:
    anyone.headers = {"Origin": "https://evil.example"}
    assert (await anyone.send(link(manager, clock, incident))).status == 403
    assert (await manager.incident(incident.id)).incident.state is State.FIRING


async def test_the_page_gives_the_token_to_nobody(anyone, manager, clock, incident) -> None:
    page = await anyone.get(link(manager, clock, incident))
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["Cache-Control"] == "no-store"
    assert "<script" not in page.text
