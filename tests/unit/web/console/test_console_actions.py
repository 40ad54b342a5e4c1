"""What people do with incidents, by forms alone: every action, who may, and what cannot be forged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from paging import tell

from fraiseql_observe.errors import ConflictError, StoreError
from fraiseql_observe.incident.model import Actor, EventKind, State
from fraiseql_observe.web.console.state import CONSOLE

COLLEAGUE = Actor("alex", "slack")


@pytest.fixture
async def incident(manager):
    return await tell(manager, "DiskFull", count=2, service="checkout")


@pytest.fixture
def here(incident) -> str:
    return f"/incidents/{incident.id}"


async def test_acknowledge(kim, manager, incident, here) -> None:
    await kim.get(here)
    page = await kim.send(f"{here}/acknowledge", comment="on it")
    assert page.url == here
    assert "Acknowledged. Escalation rests." in page.text
    assert "on it" in page.text
    detail = await manager.incident(incident.id)
    assert (detail.incident.state, detail.incident.acknowledged_by) == (State.ACKNOWLEDGED, "kim")
    event = next(event for event in detail.events if event.kind is EventKind.ACKNOWLEDGED)
    assert (event.actor.source, event.comment) == ("console", "on it")
    assert event.actor.address == "127.0.0.1"


async def test_a_notice_is_said_once(kim, here) -> None:
    await kim.get(here)
    await kim.send(f"{here}/acknowledge")
    assert "Escalation rests." not in (await kim.get(here)).text


async def test_who_comes_second_is_told_who_was_first(kim, manager, incident, here) -> None:
    await kim.get(here)
    await manager.acknowledge_alert(incident.id, COLLEAGUE)
    page = await kim.send(f"{here}/acknowledge")
    assert "Somebody else was first" in page.text
    assert "by alex" in page.text


async def test_unacknowledge(kim, manager, incident, here) -> None:
    await manager.acknowledge_alert(incident.id, COLLEAGUE)
    await kim.get(here)
    assert "Escalation begins again" in (await kim.send(f"{here}/unacknowledge")).text
    assert (await manager.incident(incident.id)).incident.state is State.FIRING
    assert "Nothing had to change" in (await kim.send(f"{here}/unacknowledge")).text


async def test_resolve(kim, manager, incident, here) -> None:
    await kim.get(here)
    assert "Resolved." in (await kim.send(f"{here}/resolve")).text
    assert (await manager.incident(incident.id)).incident.state is State.RESOLVED
    assert "It was resolved already." in (await kim.send(f"{here}/resolve")).text


async def test_what_is_over_cannot_be_acknowledged(kim, manager, incident, here) -> None:
    await kim.get(here)
    await manager.resolve_alert(incident.id, COLLEAGUE)
    page = await kim.send(f"{here}/acknowledge")
    assert page.status == 200
    assert "its state does not allow that" in page.text


@pytest.mark.parametrize(
    ("how_long", "zone", "until"),
    [
        ("30m", "", lambda now: now + timedelta(minutes=30)),
        ("2h", "", lambda now: now + timedelta(hours=2)),
        ("tomorrow", "", lambda now: (now + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)),
        ("tomorrow", "Nowhere/At_All", lambda now: (now + timedelta(days=1)).replace(hour=9, minute=0, second=0)),
    ],
)
async def test_snooze(kim, manager, incident, here, how_long, zone, until) -> None:
    await kim.get(here)
    page = await kim.send(f"{here}/snooze/{how_long}", zone=zone)
    assert "Snoozed." in page.text
    snoozed = (await manager.incident(incident.id)).incident.snoozed_until
    assert abs(snoozed - until(datetime.now(UTC))) < timedelta(minutes=1)


async def test_a_snooze_of_any_other_length_does_not_exist(kim, here) -> None:
    await kim.get(here)
    assert (await kim.send(f"{here}/snooze/9999d")).status == 404


async def test_comment(kim, here) -> None:
    await kim.get(here)
    assert (
        "deploy 4711 &amp; its &lt;b&gt;" in (await kim.send(f"{here}/comment", comment="deploy 4711 & its <b>")).text
    )
    assert "Nothing was written" in (await kim.send(f"{here}/comment", comment="  ")).text


async def test_a_comment_is_cut_to_what_the_form_allows(kim, manager, incident, here) -> None:
    await kim.get(here)
    await kim.send(f"{here}/comment", comment="x" * 5000)
    (comment,) = [event.comment for event in (await manager.incident(incident.id)).events if event.comment]
    assert len(comment) == 2000


async def test_the_list_acknowledges_and_stays_the_list(kim, here) -> None:
    page = await kim.get("/?severity=critical")
    assert f'formaction="{here}/acknowledge"' in page.text
    page = await kim.send(f"{here}/acknowledge", next="/?severity=critical")
    assert page.url == "/?severity=critical"
    assert f'formaction="{here}/acknowledge"' not in page.text


async def test_who_may_only_look_has_no_buttons_and_no_power(guest, manager, incident, here) -> None:
    page = await guest.get(here)
    assert "DiskFull" in page.text
    assert "/acknowledge" not in page.text
    assert "/acknowledge" not in (await guest.get("/")).text
    page = await guest.send(f"{here}/acknowledge")
    assert page.status == 403
    assert "alerts:write" in page.text
    assert (await manager.incident(incident.id)).incident.state is State.FIRING


@pytest.mark.parametrize("token", ["", "forged", "a.b", "é.ü"])
async def test_a_form_without_the_sessions_token_does_nothing(kim, manager, incident, here, token: str) -> None:
    page = await kim.send(f"{here}/acknowledge", form_token=token)
    assert page.status == 403
    assert "nothing was done" in page.text
    assert (await manager.incident(incident.id)).incident.state is State.FIRING


async def test_a_form_token_of_another_session_does_nothing(kim, guest, here) -> None:
    await guest.get(here)
    assert (await kim.send(f"{here}/acknowledge", form_token=guest.token)).status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_another_sites_page_does_nothing(kim, here, headers) -> None:
    await kim.get(here)
    kim.headers = headers
    assert (await kim.send(f"{here}/acknowledge")).status == 403


async def test_our_own_pages_origin_is_welcome(kim, here) -> None:
    await kim.get(here)
    own = f"http://{kim.client.host}:{kim.client.port}"
    kim.headers = {"Origin": own, "Sec-Fetch-Site": "same-origin"}
    assert "Acknowledged." in (await kim.send(f"{here}/acknowledge")).text


async def test_a_form_does_not_lead_to_another_host(kim, here) -> None:
    await kim.get(here)
    assert (await kim.send(f"{here}/acknowledge", next="//evil.example/")).url == "/"


async def test_only_small_plain_forms_are_read(kim, manager, incident, here) -> None:
    await kim.get(here)
    assert (await kim.send(f"{here}/comment", comment="x" * 100_000)).status == 400
    assert (await kim.send(f"{here}/comment", **{f"f{number}": "x" for number in range(99)})).status == 400
    async with kim.client.post(f"{here}/comment", json={"form_token": kim.token, "comment": "x"}) as answer:
        assert answer.status == 400
    assert not any(event.comment for event in (await manager.incident(incident.id)).events)


async def test_bytes_that_are_no_text_are_text_all_the_same(kim, here) -> None:
    await kim.get(here)
    body = b"form_token=" + kim.token.encode() + b"&comment=%ff%00%fe+\xff"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with kim.client.post(f"{here}/comment", data=body, headers=headers) as answer:
        assert answer.status == 200
        assert "Comment added." in await answer.text()


async def test_a_store_that_does_not_answer_is_said(kim, manager, here, monkeypatch) -> None:
    async def refuse(*_: object) -> None:
        raise StoreError("The store does not answer.")

    await kim.get(here)
    monkeypatch.setattr(manager.engine, "read", refuse)
    kim.client.app[CONSOLE].forget()
    for page in (await kim.get(here), await kim.get("/")):
        assert page.status == 503
        assert "The store does not answer." in page.text


async def test_an_incident_that_is_not_there(kim) -> None:
    page = await kim.get("/incidents/inc_nothing")
    assert page.status == 404
    assert "There is no incident" in page.text
    assert "Go to the incidents" in page.text


async def test_what_cannot_be_stored_is_said(kim, manager, here, monkeypatch) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise ConflictError("The incident is of another version.")

    monkeypatch.setattr(manager, "comment", refuse)
    await kim.get(here)
    page = await kim.send(f"{here}/comment", comment="x")
    assert page.status == 409
    assert "another version" in page.text


async def test_a_fault_of_ours_shows_no_traceback(kim, manager, here, monkeypatch, caplog) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(manager, "incident", fail)
    page = await kim.get(here)
    assert page.status == 500
    assert "secret detail" not in page.text
    assert "Something went wrong on our side" in page.text
    assert "secret detail" in caplog.text
