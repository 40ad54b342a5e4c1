"""Dead letters, destinations and maintenance windows."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fake_server import FakeServer, Reply
from paging import eventually, tell

from fraiseql_observe.config.policy import PolicySettings, RouteSettings, StepSettings
from fraiseql_observe.config.webhook import WebhookDestination
from fraiseql_observe.incident.model import Actor

KIM = Actor("kim", "console")


@pytest.fixture
async def server():
    async with FakeServer() as server:
        yield server


@pytest.fixture
def settings(settings, server):
    """One destination, whose server does as the test says, and a policy that tells it at once."""
    return replace(
        settings,
        destinations={"hook": WebhookDestination(url=server.url, allow_private=True)},
        policies={"on-call": PolicySettings(steps=(StepSettings(destinations=("hook",)),))},
        routes=(RouteSettings(policy="on-call"),),
    )


async def dead_letter(manager):
    return (await eventually(manager.dead_letters))[0]


async def test_what_arrived_is_told(kim, manager, server) -> None:
    incident = await tell(manager, "Full")

    async def arrived() -> bool:
        return ">sent</span> <b>hook</b>" in (await kim.get(f"/incidents/{incident.id}")).text

    assert await eventually(arrived)
    assert "None. Every message arrived" in (await kim.get("/dead-letters")).text


async def test_a_dead_letter_says_why_and_is_sent_again(kim, manager, server) -> None:
    server.script(Reply(404, body=b"no such hook"))
    incident = await tell(manager, "Full")
    dead = await dead_letter(manager)
    page = await kim.get("/dead-letters")
    assert "Full" in page.text
    assert "given up" in page.text
    assert dead.detail.replace('"', "&#34;").split(",")[0] in page.text
    page = await kim.send(f"/deliveries/{dead.id}/replay", next="/dead-letters")
    assert page.url == "/dead-letters"
    assert "It will be sent again now." in page.text

    async def sent_again() -> bool:
        return len(server.requests) == 2

    assert await eventually(sent_again)
    page = await kim.send(f"/deliveries/{dead.id}/replay")
    assert "was not sent again" in page.text
    assert "404" in (await kim.get(f"/incidents/{incident.id}")).text


async def test_who_may_only_look_sends_nothing_again(guest, manager, server) -> None:
    server.script(Reply(404))
    await tell(manager, "Full")
    dead = await dead_letter(manager)
    assert "<button formaction" not in (await guest.get("/dead-letters")).text
    assert (await guest.send(f"/deliveries/{dead.id}/replay")).status == 403


async def test_a_delivery_that_is_not_there(kim) -> None:
    await kim.get("/")
    assert (await kim.send("/deliveries/dlv_none/replay")).status == 404


async def test_destinations_and_a_test(kim, server) -> None:
    page = await kim.get("/destinations")
    assert 'id="destination-hook"' in page.text
    assert "ready" in page.text
    page = await kim.send("/destinations/hook/test")
    assert "The test message was sent." in page.text
    assert server.requests


async def test_a_test_that_fails_says_why(kim, server) -> None:
    server.script(Reply(401))
    await kim.get("/destinations")
    page = await kim.send("/destinations/hook/test")
    assert page.status == 502
    assert 'role="alert"' in page.text
    assert "401" in page.text


async def test_a_destination_that_is_gone_is_served_again_by_hand(kim, manager, server) -> None:
    server.script(Reply(410))
    await tell(manager, "Full")
    await dead_letter(manager)
    page = await kim.get("/destinations")
    assert "disabled" in page.text
    page = await kim.send("/destinations/hook/enable")
    assert "It is served again." in page.text
    assert "disabled" not in page.text


async def test_destinations_that_are_not_there(kim, guest) -> None:
    await kim.get("/")
    await guest.get("/")
    assert (await kim.send("/destinations/nowhere/test")).status == 404
    assert (await guest.send("/destinations/hook/test")).status == 403
    assert "Send a test" not in (await guest.get("/destinations")).text


def local(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M}"


async def test_a_window_is_set_and_ended(kim, manager) -> None:
    await kim.get("/maintenance")
    ends = datetime.now(UTC) + timedelta(hours=2)
    page = await kim.send(
        "/maintenance", matchers='team="core"\r\n\r\nregion=~"eu.*"', ends=local(ends), comment="Upgrade"
    )
    assert "The window is set." in page.text
    assert "holds now" in page.text
    (window,) = await manager.windows()
    assert (window.matchers, window.comment, window.created_by) == (('team="core"', 'region=~"eu.*"'), "Upgrade", "kim")
    assert abs(window.ends_at - ends) < timedelta(minutes=1)
    page = await kim.send(f"/maintenance/{window.id}/end")
    assert "The window is over." in page.text
    assert "No window holds" in page.text


async def test_a_windows_times_are_those_of_the_person(kim, manager) -> None:
    await kim.get("/maintenance")
    begins = (datetime.now(UTC) + timedelta(days=1)).replace(second=0, microsecond=0)
    there = begins.replace(tzinfo=None) + timedelta(hours=9)
    times = {"starts": local(there), "ends": local(there + timedelta(hours=1)), "zone": "Asia/Tokyo"}
    await kim.send("/maintenance", matchers="team=core", **times)
    (window,) = await manager.windows()
    assert window.starts_at == begins
    assert "to come" in (await kim.get("/maintenance")).text


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"ends": ""}, "needs a time at which it ends"),
        ({"ends": "whenever"}, "needs a time at which it ends"),
        ({"ends": "2001-01-01T00:00"}, "window"),
        ({"ends": "2090-01-01T00:00"}, "window"),
        ({"matchers": ""}, "matcher"),
        ({"matchers": "not a matcher"}, "matcher"),
    ],
)
async def test_a_window_that_cannot_be_keeps_what_was_written(kim, manager, changed, sentence: str) -> None:
    await kim.get("/maintenance")
    given = {"matchers": "team=core", "ends": local(datetime.now(UTC) + timedelta(hours=1)), "comment": "Upgrade <now>"}
    page = await kim.send("/maintenance", **(given | changed))
    assert page.status == 400
    assert re.search(rf'role="alert">[^<]*{sentence}', page.text)
    assert "Upgrade &lt;now&gt;" in page.text
    assert await manager.windows() == ()


async def test_who_may_only_look_sets_no_window(guest, manager) -> None:
    window = await manager.add_window(
        ["team=core"], datetime.now(UTC), datetime.now(UTC) + timedelta(hours=1), KIM, "x"
    )
    page = await guest.get("/maintenance")
    assert "team=core" in page.text
    assert "<textarea" not in page.text
    assert (await guest.send("/maintenance", matchers="a=b")).status == 403
    assert (await guest.send(f"/maintenance/{window.id}/end")).status == 403
