"""Slack as a destination, against a server shaped like Slack."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fake_slack import TOKEN, Failure, SlackServer

from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.slack import SlackDestination
from fraiseql_observe.errors import DeliveryError, Reason
from fraiseql_observe.incident.model import Action, Actor, Event, EventKind, State
from fraiseql_observe.notify.examples import example
from fraiseql_observe.notify.http import Http
from fraiseql_observe.notify.slack import Slack, SlackWebhook, create
from fraiseql_observe.notify.templates import Templates
from fraiseql_observe.notify.tools import Tools

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BOB = Actor("Bob", "console")


@pytest.fixture
async def slack():
    async with SlackServer() as server:
        yield server


@pytest.fixture
async def tools():
    http = Http(clock=lambda: NOW)
    yield Tools(http, Templates(), lambda: NOW)
    await http.close()


@pytest.fixture
def bot(slack, tools):
    settings = SlackDestination(
        token=Secret(TOKEN), channel="#alerts", api_url=slack.api_url, timeout=timedelta(seconds=1), mention="here"
    )
    return create("team", settings, tools)


@pytest.fixture
def hook(slack, tools):
    return create("lesser", SlackDestination(webhook_url=Secret(slack.webhook_url)), tools)


def firing(**changes):
    return replace(example("critical", State.FIRING, NOW), **changes)


def then(state, sent, **changes):
    message = example("critical", state, NOW + timedelta(minutes=5))
    return replace(message, receipt=sent.ref, delivery_id=f"dlv_{state}", **changes)


def happened(message, *events):
    kinds = [Event("inc_example", NOW, kind, BOB, comment, id=f"evt_{n}") for n, (kind, comment) in enumerate(events)]
    return replace(message, history=(*message.history, *kinds), change=kinds[-1])


async def test_one_message_is_posted_with_buttons_and_a_call_to_the_people(bot, slack):
    sent = await bot.send(firing())
    [message] = slack.channel("C0ALERTS")
    assert sent.ref == {"channel": "C0ALERTS", "ts": message.ts, "told": "evt_example_1"}
    assert list(message.buttons()) == ["View dashboard", "Runbook", "Open incident", "Acknowledge", "Resolve"]
    assert message.buttons()["Acknowledge"]["value"] == "inc_example:1"
    assert "<!here>" in message.words()
    for shown in (
        "CRITICAL: Example: 14 % of operations fail",
        "FraiseQLHighErrorRate",
        "14 %",
        "10 %",
        "17 min",
        "42",
        "GetOrders, CreateOrder",
    ):
        assert shown in message.words()
    assert message.body["metadata"]["event_payload"]["delivery_id"] == "dlv_example_critical"
    assert slack.refused == []


async def test_acknowledge_and_resolve_edit_the_message_and_reply_in_its_thread(bot, slack):
    first = await bot.send(firing())
    second = await bot.send(then(State.ACKNOWLEDGED, first))
    third = await bot.send(then(State.RESOLVED, second))
    [message] = slack.channel("C0ALERTS")
    assert third.ref["ts"] == message.ts == first.ref["ts"]
    assert len(message.edits) == 2
    assert list(message.buttons()) == ["View dashboard", "Runbook", "Open incident"]
    assert "RESOLVED: Example: 14 % of operations fail" in message.words()
    replies = [reply.text for reply in message.replies]
    assert replies == [
        ":eyes: acknowledged by Ada Lovelace: looking at it (11:56 UTC)",
        ":white_check_mark: resolved (12:05 UTC)",
    ]
    assert not any(reply.body["reply_broadcast"] for reply in message.replies)


async def test_an_acknowledged_incident_can_still_be_resolved_by_a_button_that_asks(bot, slack):
    await bot.send(then(State.ACKNOWLEDGED, await bot.send(firing())))
    [message] = slack.channel("C0ALERTS")
    assert "Acknowledge" not in message.buttons()
    assert message.buttons()["Resolve"]["confirm"]["confirm"]["text"] == "Resolve"


async def test_a_reopened_incident_is_said_loudly_in_the_same_thread(bot, slack):
    sent = await bot.send(then(State.RESOLVED, await bot.send(firing())))
    again = happened(then(State.FIRING, sent, action=Action.REOPEN), (EventKind.REOPENED, ""))
    await bot.send(again)
    [message] = slack.channel("C0ALERTS")
    assert message.replies[-1].body["reply_broadcast"] is True
    assert "firing again" in message.replies[-1].text
    assert "<!here>" in message.replies[-1].text
    assert "Acknowledge" in message.buttons()


async def test_the_reply_tells_all_that_happened_since_the_last_one(bot, slack):
    sent = await bot.send(firing())
    collapsed = happened(
        then(State.FIRING, sent, action=Action.UPDATE),
        (EventKind.SNOOZED, ""),
        (EventKind.DELIVERED, ""),
        (EventKind.COMMENTED, "wait for the deploy"),
    )
    await bot.send(collapsed)
    [message] = slack.channel("C0ALERTS")
    assert message.replies[0].text.splitlines() == [
        ":zzz: snoozed by Bob (12:00 UTC)",
        ":speech_balloon: Bob says: wait for the deploy (12:00 UTC)",
    ]


async def test_an_enrichment_only_edits(bot, slack):
    sent = await bot.send(firing())
    await bot.send(happened(then(State.FIRING, sent, action=Action.UPDATE), (EventKind.ENRICHED, "")))
    [message] = slack.channel("C0ALERTS")
    assert len(message.edits) == 1
    assert message.replies == []


async def test_the_message_names_the_last_change_where_the_state_does_not(bot, slack):
    sent = await bot.send(firing())
    await bot.send(happened(then(State.FIRING, sent, action=Action.UPDATE), (EventKind.COMMENTED, "wait")))
    [message] = slack.channel("C0ALERTS")
    assert "_Last change:_ Bob says: wait" in message.words()
    await bot.send(happened(then(State.FIRING, sent, action=Action.UPDATE), (EventKind.ENRICHED, "")))
    assert "Last change" not in message.words()
    await bot.send(then(State.RESOLVED, sent))
    assert "Last change" not in message.words()


async def test_a_repeated_escalation_reminds_in_the_thread(bot, slack):
    sent = await bot.send(firing())
    await bot.send(happened(then(State.FIRING, sent), (EventKind.ENRICHED, "")))
    [message] = slack.channel("C0ALERTS")
    assert message.replies[0].body["reply_broadcast"] is True
    assert "Still firing." in message.replies[0].text


@pytest.mark.parametrize("code", ["message_not_found", "edit_window_closed", "cant_update_message"])
async def test_a_message_that_cannot_be_edited_is_posted_anew(bot, slack, code):
    first = await bot.send(firing())
    slack.fail("chat.update", Failure(code))
    second = await bot.send(then(State.ACKNOWLEDGED, first))
    assert second.ref["ts"] != first.ref["ts"]
    assert len(slack.channel("C0ALERTS")) == 2


@pytest.mark.parametrize("code", ["invalid_blocks", "msg_blocks_too_long", "msg_too_long", "invalid_attachments"])
async def test_refused_blocks_become_text_alone(bot, slack, code):
    slack.fail("chat.postMessage", Failure(code))
    await bot.send(firing())
    [message] = slack.channel("C0ALERTS")
    assert message.blocks == []
    assert "Example: 14 % of operations fail" in message.text
    assert "https://observe.example.com/incidents/inc_example" in message.text


async def test_a_refused_edit_removes_the_old_blocks_and_a_refused_reply_keeps_its_words(bot, slack):
    sent = await bot.send(firing())
    slack.fail("chat.update", Failure("invalid_blocks"))
    slack.fail("chat.postMessage", Failure("invalid_blocks"))
    await bot.send(then(State.ACKNOWLEDGED, sent))
    [message] = slack.channel("C0ALERTS")
    assert message.blocks == []
    assert message.replies[0].text.startswith(":eyes: acknowledged")


PERMANENT = {
    "invalid_auth": Reason.AUTH,
    "account_inactive": Reason.AUTH,
    "token_revoked": Reason.AUTH,
    "restricted_action": Reason.AUTH,
    "not_in_channel": Reason.NOT_FOUND,
    "channel_not_found": Reason.NOT_FOUND,
    "is_archived": Reason.NOT_FOUND,
    "no_text": Reason.CLIENT_ERROR,
}


@pytest.mark.parametrize("code", PERMANENT)
async def test_what_will_never_succeed_is_said_to_be_so(bot, slack, code):
    slack.fail("chat.postMessage", Failure(code))
    with pytest.raises(DeliveryError) as caught:
        await bot.send(firing())
    error = caught.value
    assert (error.retryable, error.ambiguous, error.reason) == (False, False, PERMANENT[code])
    assert code in error.message


@pytest.mark.parametrize(
    ("failure", "after"),
    [
        (Failure("ratelimited", status=429, retry_after="7"), 7),
        (Failure("rate_limited", retry_after="9"), 9),
        (Failure("ratelimited"), 30),
    ],
)
async def test_a_rate_limit_rests_as_long_as_slack_says(bot, slack, failure, after):
    slack.fail("chat.postMessage", failure)
    with pytest.raises(DeliveryError) as caught:
        await bot.send(firing())
    assert caught.value.reason is Reason.RATE_LIMITED
    assert caught.value.retryable
    assert caught.value.retry_after == timedelta(seconds=after)


@pytest.mark.parametrize(
    "failure",
    [Failure("internal_error", after_work=True), Failure("fatal_error"), Failure(raw=b"<html>"), Failure(raw=b"[1]")],
)
async def test_nobody_knows_what_became_of_a_post(bot, slack, failure):
    slack.fail("chat.postMessage", failure)
    with pytest.raises(DeliveryError) as caught:
        await bot.send(firing())
    assert caught.value.retryable
    assert caught.value.ambiguous


@pytest.mark.parametrize("failure", [Failure(hang=2), Failure(reset=True)])
async def test_a_silent_server_is_ambiguous_too(bot, slack, failure):
    slack.fail("chat.postMessage", failure)
    with pytest.raises(DeliveryError) as caught:
        await bot.send(firing())
    assert caught.value.ambiguous


async def test_an_edit_may_simply_be_done_again(bot, slack):
    sent = await bot.send(firing())
    slack.fail("chat.update", Failure("internal_error", after_work=True))
    with pytest.raises(DeliveryError) as caught:
        await bot.send(then(State.ACKNOWLEDGED, sent))
    assert caught.value.retryable
    assert not caught.value.ambiguous


@pytest.mark.parametrize(("status", "reason"), [(503, Reason.SERVER_ERROR), (401, Reason.AUTH)])
async def test_a_bare_status_counts(bot, slack, status, reason):
    slack.fail("chat.postMessage", Failure(status=status, raw=b"oops"))
    with pytest.raises(DeliveryError) as caught:
        await bot.send(firing())
    assert (caught.value.reason, caught.value.status) == (reason, status)


async def test_a_second_try_finds_what_the_first_one_posted(slack, tools):
    settings = SlackDestination(token=Secret(TOKEN), channel="C0ALERTS", api_url=slack.api_url)
    bot = Slack("team", settings, tools)
    slack.fail("chat.postMessage", Failure("internal_error", after_work=True))
    with pytest.raises(DeliveryError):
        await bot.send(firing())
    sent = await bot.send(firing(attempt=2))
    [message] = slack.channel("C0ALERTS")
    assert sent.ref["ts"] == message.ts

    slack.fail("chat.postMessage", Failure("internal_error", after_work=True))
    with pytest.raises(DeliveryError):
        await bot.send(then(State.ACKNOWLEDGED, sent))
    await bot.send(then(State.ACKNOWLEDGED, sent, attempt=2))
    assert len(message.replies) == 1


async def test_without_the_scope_to_look_a_second_try_posts(bot, slack):
    slack.fail("conversations.history", Failure("missing_scope"))
    await bot.send(firing(attempt=2))
    assert slack.methods() == ["conversations.history", "chat.postMessage"]


async def test_an_incoming_webhook_posts_each_change_with_links_and_no_buttons(hook, slack):
    first = await hook.send(firing())
    await hook.send(then(State.RESOLVED, first))
    assert first.ref == {}
    assert len(slack.hooked) == 2
    shown = str(slack.hooked)
    assert "https://observe.example.com/runbooks/FraiseQLHighErrorRate|Runbook" in shown
    assert "'type': 'actions'" not in shown
    assert isinstance(hook, SlackWebhook)
    assert Action.UPDATE not in hook.traits.says
    assert not hook.traits.edits


@pytest.mark.parametrize(
    ("status", "text", "reason", "retryable"),
    [
        (403, "invalid_token", Reason.AUTH, False),
        (403, "action_prohibited", Reason.CLIENT_ERROR, False),
        (404, "channel_not_found", Reason.NOT_FOUND, False),
        (410, "channel_is_archived", Reason.NOT_FOUND, False),
        (429, "rate_limited", Reason.RATE_LIMITED, True),
        (502, "<html>", Reason.SERVER_ERROR, True),
    ],
)
async def test_a_refusal_of_the_incoming_webhook_is_classified(hook, slack, status, text, reason, retryable):
    slack.fail("webhook", Failure(status=status, raw=text.encode()))
    with pytest.raises(DeliveryError) as caught:
        await hook.send(firing())
    assert (caught.value.reason, caught.value.retryable) == (reason, retryable)


async def test_the_incoming_webhook_falls_back_to_text_too(hook, slack):
    slack.fail("webhook", Failure(status=400, raw=b"invalid_blocks"))
    await hook.send(firing())
    assert slack.hooked[0]["blocks"] == []


async def test_no_secret_is_ever_shown(bot, hook, slack):
    slack.fail("chat.postMessage", Failure("invalid_auth"))
    with pytest.raises(DeliveryError) as caught:
        await bot.send(firing())
    for said in (repr(bot), repr(hook), bot.channel, hook.channel, str(caught.value), repr(bot.settings)):
        assert TOKEN not in said
        assert "/services/" not in said


def test_destinations_of_one_channel_share_its_rate_limit(tools):
    def made(channel, token="a"):
        return Slack("x", SlackDestination(token=Secret(token), channel=channel), tools).channel

    assert made("C1") == made("C1")
    assert len({made("C1"), made("C2"), made("C1", "b")}) == 3


async def test_closing_closes_nothing_of_others(bot):
    await bot.close()
    await bot.send(firing())
