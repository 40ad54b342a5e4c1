"""The rehearsal says where its alert is missing."""

from __future__ import annotations

from email.message import EmailMessage
from types import SimpleNamespace

import pytest

from fraiseql_observe.demo import rehearsal
from fraiseql_observe.demo.sinks.slack import Posted
from fraiseql_observe.errors import DemoError


def sinks(pressed=200):
    mail = EmailMessage()
    mail["Subject"] = f"Firing: {rehearsal.ALERT}"
    event = {"payload": {"summary": rehearsal.ALERT}}
    return SimpleNamespace(
        slack=SimpleNamespace(messages={"1.000001": Posted("1.000001", rehearsal.ALERT, [])}),
        mailbox=SimpleNamespace(mails=[mail]),
        pagerduty=SimpleNamespace(alerts={"inc_1": SimpleNamespace(events=[event])}),
        hooks=SimpleNamespace(received=[{"data": {"title": rehearsal.ALERT}}]),
        press=lambda _ts, _action: pressed,
    )


def stack(**places):
    return SimpleNamespace(
        sinks=sinks(**places),
        check=lambda: None,
        prometheus=SimpleNamespace(url="http://prometheus"),
        alertmanager=SimpleNamespace(url="http://alertmanager"),
        backend=SimpleNamespace(log="/scratch/backend.log"),
    )


@pytest.fixture
def sent(monkeypatch):
    """What was sent to Alertmanager, in place of an Alertmanager."""
    found = []
    monkeypatch.setattr(rehearsal, "_asked", lambda _prometheus, _query: [{}])
    monkeypatch.setattr(rehearsal, "_send", found.append)
    return found


def test_each_place_is_looked_at():
    there = sinks()
    assert rehearsal.missing(there) == []
    there.slack.messages.clear()
    there.mailbox.mails.clear()
    there.pagerduty.alerts.clear()
    there.hooks.received.clear()
    assert rehearsal.missing(there) == ["Slack", "email", "PagerDuty", "webhook"]


def test_the_alert_goes_to_alertmanager_and_the_button_is_pressed(sent):
    rehearsal.rehearse(stack())
    assert sent == ["http://alertmanager"]


def test_a_refused_press_is_said(sent):
    with pytest.raises(DemoError, match="answered 401 to a press of Acknowledge"):
        rehearsal.rehearse(stack(pressed=401))


def test_what_does_not_arrive_is_named(sent, monkeypatch):
    monkeypatch.setattr(rehearsal, "PATIENCE", 0.0)
    broken = stack()
    broken.sinks.mailbox.mails.clear()
    with pytest.raises(DemoError, match=r"No alert arrived at: email\.") as caught:
        rehearsal.rehearse(broken)
    assert "/scratch/backend.log" in caught.value.hint
