"""From Alertmanager's webhook to a message in Slack, from a click to the edited message."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from fake_slack import Failure, signed
from slack_service import ADMIN, until

ACTIONS = "/webhooks/slack/actions"


async def test_a_click_acknowledges_and_the_message_says_who(service):
    await service.alert("shop-1")
    message = await service.message()
    assert "Acknowledge" in message.buttons()
    assert await service.press("Acknowledge") == 200
    await until(lambda: message.replies)
    assert "Acknowledged by Ada" in message.words()
    assert "acknowledged by Ada" in message.replies[0].text
    assert "Acknowledge" not in message.buttons()
    assert service.slack.answers == []
    assert service.slack.refused == []


async def test_alertmanagers_resolve_and_its_return_edit_the_same_message(service):
    await service.alert("shop-1")
    message = await service.message()
    await service.alert("shop-1", status="resolved")
    await until(lambda: "RESOLVED" in message.words())
    await service.alert("shop-1", start=datetime.now(UTC).isoformat())
    await until(lambda: "CRITICAL: " in message.words())
    await until(lambda: len(message.replies) >= 2)
    await asyncio.sleep(0.5)  # for a reply too many
    resolved, again = message.replies
    assert "resolved" in resolved.text
    assert "firing again" in again.text
    assert again.body["reply_broadcast"] is True
    assert len(service.slack.channel("C0ALERTS")) == 1


async def test_people_who_click_at_once_are_told_who_was_first(service):
    await service.alert("shop-1")
    message = await service.message()
    clicks = [service.slack.click(message, "Acknowledge", user=user) for user in ("U0ADA", "U0BOB", "U0ADA")]
    answers = await asyncio.gather(*(service.client.post(ACTIONS, data=body, headers=head) for head, body in clicks))
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert [await answer.text() for answer in answers] == ["", "", ""]
    await until(lambda: len(service.slack.answers) == 2)
    first = next(name for name in ("Ada", "Bob") if f"acknowledged by {name}" in service.slack.answers[0]["text"])
    assert all(f"already acknowledged by {first}" in each["text"] for each in service.slack.answers)
    assert all(each["response_type"] == "ephemeral" for each in service.slack.answers)
    await until(lambda: message.replies)
    assert len(message.replies) == 1


async def test_resolve_ends_it_and_a_late_click_hears_so(service):
    await service.alert("shop-1")
    message = await service.message()
    late = service.slack.click(message, "Acknowledge", user="U0BOB")
    assert await service.press("Resolve") == 200
    await until(lambda: "RESOLVED" in message.words())
    assert "by Ada" in message.words()
    answer = await service.client.post(ACTIONS, data=late[1], headers=late[0])
    assert answer.status == 200
    await until(lambda: service.slack.answers)
    assert "resolved" in service.slack.answers[0]["text"]


async def test_strangers_change_nothing(service):
    await service.alert("shop-1")
    message = await service.message()
    assert await service.press("Acknowledge", user="U0EVE") == 200
    assert await service.press("Acknowledge", team={"id": "T0OTHER"}) == 200
    await until(lambda: len(service.slack.answers) == 2)
    assert "U0EVE" in service.slack.answers[0]["text"]
    [incident] = await service.manager.get_active_alerts()
    assert incident.state == "firing"
    assert message.edits == []


async def test_what_slack_did_not_sign_is_refused(service):
    await service.alert("shop-1")
    headers, body = service.slack.click(await service.message(), "Acknowledge")
    for wrong in (
        ({}, body),
        ({**headers, "X-Slack-Signature": "v0=00"}, body),
        ({**headers, "X-Slack-Request-Timestamp": "soon"}, body),
        signed(body, now=1),
        signed(body, secret="another"),
        (headers, body + b"x"),
    ):
        answer = await service.client.post(ACTIONS, data=wrong[1], headers=wrong[0])
        assert answer.status == 401
        assert (await answer.json())["ok"] is False
    [incident] = await service.manager.get_active_alerts()
    assert incident.state == "firing"


async def test_hostile_bodies_are_refused_with_a_sentence(service):
    for body in (b"payload=" + b"[" * 100_000, b"\xff" * 100, b"x" * 300_000, b""):
        try:
            head, content = signed(body)
        except UnicodeDecodeError:  # Slack's own SDK cannot sign it
            head, content = signed(b"")
            content = body
        answer = await service.client.post(ACTIONS, data=content, headers=head)
        assert answer.status in {400, 401}
        assert (await answer.json())["error"]


async def test_a_link_button_is_only_answered(service):
    await service.alert("shop-1")
    assert await service.press("Runbook") == 200
    assert service.slack.answers == []


async def test_a_limit_and_a_fault_of_slacks_lose_nothing(service):
    service.slack.fail(
        "chat.postMessage",
        Failure("ratelimited", status=429, retry_after="1"),
        Failure(status=503, raw=b"later"),
    )
    await service.alert("shop-1")
    message = await service.message()
    assert "FraiseQLHighErrorRate" in message.words()
    assert service.slack.methods().count("chat.postMessage") == 3


async def test_a_hostile_label_cannot_speak_to_slack(service):
    evil = "<!channel> <https://evil.example|click> *bold* & \u202eback\n> quote" + "x" * 5000
    await service.alert(evil, "shop-2")
    message = await service.message()
    assert "<!channel>" not in message.words()
    assert "<https://evil" not in message.words()
    assert service.slack.refused == []


async def test_the_command_line_works_on_the_same_alerts(service, invoke):
    await service.alert("shop-1")
    message = await service.message()
    options = ["--url", service.url, "--token", ADMIN]
    [incident] = await service.manager.get_active_alerts()

    listed = await invoke("list", *options)
    assert incident.id in listed
    assert "FraiseQLHighErrorRate" in await invoke("show", incident.id, *options)
    assert "acknowledged by" in await invoke("acknowledge", incident.id, "-c", "mine", *options)
    assert "already acknowledged" in await invoke("acknowledge", incident.id, *options)
    await invoke("comment", incident.id, "wait for the deploy", *options)
    await until(lambda: any("wait for the deploy" in reply.text for reply in message.replies))
    assert "snoozed" in await invoke("snooze", incident.id, "--for", "1h", *options)
    assert "firing" in await invoke("unacknowledge", incident.id, *options)
    assert "resolved" in await invoke("resolve", incident.id, *options)
    assert "No alerts." in await invoke("list", *options)
    assert incident.id in await invoke("list", "--all", "--json", *options)
    await until(lambda: "RESOLVED" in message.words())


async def test_dead_letters_are_listed_and_sent_again(service, invoke):
    options = ["--url", service.url, "--token", ADMIN]
    assert "No dead letters." in await invoke("dead", *options)
    service.slack.fail("chat.postMessage", Failure("channel_not_found"))
    made = (await invoke("create", "Printer on fire", "--severity", "info", "--label", "room=7", *options)).strip()

    async def dead():
        return await invoke("dead", *options)

    async with asyncio.timeout(20):
        while made not in await dead():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert "channel_not_found" in await dead()
    await invoke("replay", "--all", *options)
    message = await service.message()
    assert "Printer on fire" in message.words()


async def test_a_destination_is_tried_without_the_backend(service, invoke):
    said = await invoke("test", "team", "--config", str(service.settings_file))
    assert "team took it" in said
    [message] = service.slack.channel("C0ALERTS")
    assert "This is a test message" in message.words()
    service.slack.fail("chat.postMessage", Failure("not_in_channel"))
    refused = await invoke("test", "team", "--json", "--config", str(service.settings_file), code=1)
    assert '"outcome": "failed"' in refused
    assert "Invite the app" in refused


async def test_a_preview_sends_nothing(service, invoke):
    shown = await invoke("preview", "team", "--json", "--config", str(service.settings_file))
    assert '"action_id": "fraiseql_observe.acknowledge"' in shown
    assert service.slack.calls == []
