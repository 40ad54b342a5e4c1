"""Clicks: signature, freshness, shape, team and user."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from fake_slack import SECRET, signed
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.signature import SignatureVerifier

from fraiseql_observe.config.slack import SlackSettings
from fraiseql_observe.errors import PayloadError
from fraiseql_observe.notify.slack.actions import (
    SIGNATURE,
    TIMESTAMP,
    ClickAction,
    answer_address,
    name_of,
    parse,
    refusal,
    sign,
    verify,
)

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BODY = b"payload=%7B%7D"


def click(**more):
    payload = {
        "type": "block_actions",
        "user": {"id": "U1", "username": "ada", "team_id": "T1"},
        "team": {"id": "T1"},
        "channel": {"id": "C1"},
        "container": {"message_ts": "1700000000.000100"},
        "actions": [{"action_id": "fraiseql_observe.acknowledge", "value": "inc_01:4"}],
        "response_url": "https://hooks.slack.com/actions/T1/1/x",
        **more,
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


@settings(deadline=None)
@given(st.text(max_size=200), st.text("0123456789abcdef", min_size=1, max_size=40))
def test_it_signs_as_slacks_own_sdk_does(text, secret):
    body, stamp = text.encode(), str(int(NOW.timestamp()))
    assert sign(body, secret, stamp) == SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body)


@pytest.mark.parametrize(("age", "fresh"), [(0, True), (300, True), (301, False), (-300, True), (-301, False)])
def test_an_old_or_future_request_is_refused(age, fresh):
    headers, body = signed(BODY, now=NOW.timestamp() - age)
    assert verify(headers, body, SECRET, NOW) is fresh


@pytest.mark.parametrize(
    "changes",
    [
        {TIMESTAMP: "soon"},
        {TIMESTAMP: "9" * 5000},
        {TIMESTAMP: "-5"},
        {TIMESTAMP: "1e9"},
        {TIMESTAMP: "\u0661\u0662"},
        {TIMESTAMP: ""},
        {SIGNATURE: ""},
        {SIGNATURE: "v0=\u00e9"},
        {SIGNATURE: "v0=\udcff"},
        {SIGNATURE: "v1=" + "0" * 64},
    ],
)
def test_hostile_headers_are_refused_and_never_raise(changes):
    headers, body = signed(BODY, now=NOW.timestamp())
    assert verify({**headers, **changes}, body, SECRET, NOW) is False


def test_a_body_of_other_bytes_is_refused():
    headers, body = signed(BODY, now=NOW.timestamp())
    binary = {**headers, SIGNATURE: sign(b"\xff\xfe", SECRET, headers[TIMESTAMP])}
    assert verify(binary, b"\xff\xfe", SECRET, NOW)
    assert verify(headers, body, SECRET, NOW)
    assert not verify(headers, body + b" ", SECRET, NOW)
    assert not verify(headers, body, "another secret", NOW)
    assert not verify(headers, body, "", NOW)
    assert not verify({}, body, SECRET, NOW)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([TIMESTAMP, SIGNATURE]), st.text()), st.binary())
def test_nothing_makes_the_check_raise(headers, body):
    assert verify(headers, body, SECRET, NOW) is False


def test_a_click_is_read():
    read = parse(click())
    assert read.action is ClickAction.ACKNOWLEDGE
    assert (read.incident_id, read.version, read.user, read.user_name) == ("inc_01", 4, "U1", "ada")
    assert (read.team, read.user_team, read.channel, read.ts) == ("T1", "T1", "C1", "1700000000.000100")


def test_an_app_of_a_whole_organisation_names_the_clickers_workspace():
    assert parse(click(team=None, channel=None)).team == "T1"


def test_a_link_button_is_only_a_look():
    assert parse(click(actions=[{"action_id": "fraiseql_observe.look.runbook"}])).action is ClickAction.LOOK


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"payload",
        b"other=1",
        b"payload=" + b"[" * 100_000,
        b"payload=%7B%22type%22%3A1%7D",
        b"payload=null",
        b"a=1&" * 50,
        click(type="view_submission"),
        click(actions=[]),
        click(actions=[{"action_id": "somebody.elses", "value": "inc_01:4"}]),
        click(actions=[{"action_id": "fraiseql_observe.resolve", "value": "inc_01"}]),
        click(actions=[{"action_id": "fraiseql_observe.resolve", "value": "../x:1"}]),
        click(actions=[{"action_id": "fraiseql_observe.resolve", "value": "inc_01:" + "9" * 99}]),
        click(user=None),
        click(user="U1"),
    ],
)
def test_what_is_no_click_on_our_buttons_is_refused_with_a_sentence(body):
    with pytest.raises(PayloadError) as caught:
        parse(body)
    assert caught.value.message.endswith(".")


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_parsing_gives_a_click_or_a_sentence(body):
    with pytest.raises(PayloadError):
        parse(b"payload=" + body)


def test_who_may_click():
    everyone, here, ada = SlackSettings(), SlackSettings(teams=("T1",)), SlackSettings(users={"U1": "Ada"})
    own, other = parse(click()), parse(click(team={"id": "T2"}, user={"id": "U2", "team_id": "T2"}))
    guest = parse(click(user={"id": "U3", "username": "eve", "team_id": "T9"}))
    assert refusal(own, everyone) == refusal(own, here) == refusal(own, ada) == refusal(other, everyone) == ""
    assert "workspace" in refusal(other, here)
    assert "guest" in refusal(guest, everyone)
    assert "guest" in refusal(guest, here)
    assert "U2" in refusal(other, ada)


def test_a_person_has_the_configured_name_or_slacks_with_the_id():
    assert name_of(parse(click()), SlackSettings(users={"U1": "Ada"})) == "Ada"
    assert name_of(parse(click()), SlackSettings()) == "ada (U1)"
    assert name_of(parse(click(user={"id": "U7"})), SlackSettings()) == "U7"


@pytest.mark.parametrize(
    ("url", "believed"),
    [
        ("https://hooks.slack.com/actions/T1/1/x", True),
        ("http://hooks.slack.com/actions/x", False),
        ("https://hooks.slack.com.evil.example/x", False),
        ("https://evil.example/hooks.slack.com", False),
        ("https://hooks.slack.com:8443/x", False),
        ("https://hooks.slack.com@evil.example/x", False),
        ("https://me@hooks.slack.com/x", False),
        ("https://[::1/x", False),
        ("https://hooks.slack.com:port/x", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_an_answer_goes_to_slack_and_nowhere_else(url, believed):
    assert bool(answer_address(parse(click(response_url=url)), SlackSettings())) is believed


def test_tests_may_answer_elsewhere_by_configuration():
    elsewhere = SlackSettings(hooks_url="http://127.0.0.1:8080")
    assert answer_address(parse(click(response_url="http://127.0.0.1:8080/actions/x")), elsewhere)


def test_freshness_holds_over_a_clock_that_jumps():
    headers, body = signed(BODY, now=NOW.timestamp())
    assert not verify(headers, body, SECRET, NOW + timedelta(hours=1))
