"""The places where alerts arrive are as strict as those they stand for."""

from __future__ import annotations

import http.server
import json
import smtplib
import threading
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from slack_sdk.signature import SignatureVerifier
from standardwebhooks import Webhook

from fraiseql_observe.demo.servers.server import HOST, free_port
from fraiseql_observe.demo.sinks import SinkPlaces, Sinks
from fraiseql_observe.demo.sinks.mail import plain_text
from fraiseql_observe.demo.sinks.slack import CHANNEL
from fraiseql_observe.errors import DemoError

TEXT = "*db-1* see <https://runbooks.example/a|the runbook> &amp; act"
BUTTONS = [
    {"type": "header", "text": {"type": "plain_text", "text": "PostgreSQL <down>"}},
    {"type": "section", "text": {"type": "mrkdwn", "text": TEXT}},
    {
        "type": "actions",
        "elements": [
            {"type": "button", "action_id": "observe.acknowledge", "value": "inc_1", "text": {"text": "Acknowledge"}},
            {"type": "button", "action_id": "observe.look", "url": "javascript:alert(1)", "text": {"text": "Look"}},
        ],
    },
]  # fmt: skip


class Backend(http.server.BaseHTTPRequestHandler):
    """Keeps the last request that it was sent."""

    got: tuple[dict[str, str], bytes] | None = None

    def do_POST(self):
        type(self).got = dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *details):
        """Quiet."""


@pytest.fixture(scope="module")
def backend():
    with http.server.ThreadingHTTPServer((HOST, 0), Backend) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{HOST}:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(scope="module")
def told():
    return []


@pytest.fixture(scope="module")
def sinks(backend, told):
    with Sinks(SinkPlaces(free_port(), free_port(), backend), told.append) as started:
        yield started


def posted(url, body, headers=None):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"} | (headers or {}))
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def slack(sinks, method, body, token=None):
    authorization = {"Authorization": f"Bearer {token or sinks.secrets.slack_token}"}
    status, said = posted(f"{sinks.url}/slack/api/{method}", body, authorization)
    assert status == 200
    return json.loads(said)


def test_a_message_is_posted_edited_and_answered_in_its_thread(sinks, told):
    said = slack(sinks, "chat.postMessage", {"channel": CHANNEL, "text": "fallback", "blocks": BUTTONS})
    assert said["ok"]
    slack(sinks, "chat.update", {"channel": CHANNEL, "ts": said["ts"], "text": "resolved"})
    slack(sinks, "chat.postMessage", {"channel": CHANNEL, "thread_ts": said["ts"], "text": "Ada took it"})
    message = sinks.slack.messages[said["ts"]]
    assert (message.text, message.edits, message.replies) == ("resolved", 1, ["Ada took it"])
    assert [each.what for each in told if each.place == "Slack #alerts"][-3:] == ["posted", "edited", "replied"]
    history = slack(sinks, "conversations.history", {"channel": CHANNEL})
    assert said["ts"] in {each["ts"] for each in history["messages"]}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"channel": "C0OTHER"}, "channel_not_found"),
        ({"text": ""}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]}, "invalid_blocks"),
        ({"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}]}, "invalid_blocks"),
        ({"blocks": [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11}]}, "invalid_blocks"),
        ({"blocks": [{"type": "dance"}]}, "invalid_blocks"),
        ({"attachments": [{"blocks": [{"type": "dance"}]}]}, "invalid_blocks"),
        ({"thread_ts": "1.000009"}, "thread_not_found"),
    ],
)
def test_slack_refuses_what_slack_refuses(sinks, change, error):
    assert slack(sinks, "chat.postMessage", {"channel": CHANNEL, "text": "hello"} | change) == {
        "ok": False,
        "error": error,
    }


def test_slack_wants_its_token_and_json(sinks):
    assert (
        slack(sinks, "chat.postMessage", {"channel": CHANNEL, "text": "x"}, token="xoxb-no")["error"] == "invalid_auth"
    )
    assert slack(sinks, "chat.postMessage", b"{")["error"] == "invalid_json"
    assert slack(sinks, "chat.update", {"channel": CHANNEL, "ts": "1.2", "text": "x"})["error"] == "message_not_found"


def test_the_page_shows_the_channel_and_nothing_hostile(sinks):
    attached = [{"color": "#cc0000", "blocks": BUTTONS}, {"color": "red; }", "blocks": BUTTONS}]
    said = slack(sinks, "chat.postMessage", {"channel": CHANNEL, "text": "x", "attachments": attached})
    with urllib.request.urlopen(f"{sinks.url}/slack", timeout=10) as answer:
        page = answer.read().decode()
    assert "<h2>PostgreSQL &lt;down&gt;</h2>" in page
    assert '<b>db-1</b> see <a href="https://runbooks.example/a">the runbook</a> &amp; act' in page
    assert f'name="ts" value="{said["ts"]}"' in page
    assert '<aside style="border-color: #cc0000">' in page
    assert "red; }" not in page
    assert "javascript:" not in page


def test_a_pressed_button_reaches_the_backend_as_slack_signs_it(sinks):
    ts = slack(sinks, "chat.postMessage", {"channel": CHANNEL, "text": "x", "blocks": BUTTONS})["ts"]
    assert sinks.press(ts, "acknowledge") == 200
    headers, body = Backend.got
    assert SignatureVerifier(sinks.secrets.slack_signing).is_valid_request(body, headers)
    with pytest.raises(DemoError, match="no button 'resolve'"):
        sinks.press(ts, "resolve")


def test_a_press_on_the_page_counts_only_from_the_page_itself(sinks):
    ts = slack(sinks, "chat.postMessage", {"channel": CHANNEL, "text": "x", "blocks": BUTTONS})["ts"]
    form = f"ts={ts}&action=observe.acknowledge".encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert posted(f"{sinks.url}/slack/press", form, headers | {"Origin": "http://elsewhere.example"})[0] == 403
    assert posted(f"{sinks.url}/slack/press", form, headers | {"Origin": sinks.url})[0] == 200
    assert posted(f"{sinks.url}/slack/press", b"ts=1.9&action=acknowledge", headers)[0] == 404


def event(sinks, action, **changes):
    payload = {"summary": "PostgreSQL is down", "source": "db-1", "severity": "critical"}
    head = {"routing_key": sinks.secrets.routing_key, "event_action": action, "dedup_key": "inc_7"}
    return head | ({"payload": payload} if action == "trigger" else {}) | changes


def test_pagerduty_takes_an_incident_through_its_states(sinks):
    url = f"{sinks.url}/pagerduty/v2/enqueue"
    states = []
    for action in ("resolve", "trigger", "acknowledge", "trigger", "resolve", "trigger"):
        status, said = posted(url, event(sinks, action))
        assert (status, json.loads(said)["status"]) == (202, "success")
        alert = sinks.pagerduty.alerts.get("inc_7")
        states.append(alert.state if alert else None)
    assert states == [None, "triggered", "acknowledged", "acknowledged", "resolved", "triggered"]


@pytest.mark.parametrize(
    "change",
    [
        {"event_action": "shout"},
        {"routing_key": "of nobody"},
        {"dedup_key": ""},
        {"payload": {"summary": "x", "source": "y", "severity": "fatal"}},
        {"payload": {"summary": "x", "severity": "critical"}},
        {"payload": "text"},
    ],
)
def test_pagerduty_refuses_what_its_schema_refuses(sinks, change):
    status, said = posted(f"{sinks.url}/pagerduty/v2/enqueue", event(sinks, "trigger") | change)
    assert status == 400
    assert json.loads(said)["errors"]


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"event_action": "trigger"}'])
def test_pagerduty_refuses_what_is_no_event(sinks, body):
    assert posted(f"{sinks.url}/pagerduty/v2/enqueue", body)[0] == 400


def test_pagerduty_wants_the_payload_of_a_trigger(sinks):
    bare = {name: value for name, value in event(sinks, "trigger").items() if name != "payload"}
    assert posted(f"{sinks.url}/pagerduty/v2/enqueue", bare)[0] == 400


def signed(sinks, body, at):
    signature = Webhook(sinks.secrets.webhook).sign("msg_1", at, body.decode())
    return {"webhook-id": "msg_1", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}


def test_a_webhook_must_be_signed_and_fresh(sinks, told):
    url, now = f"{sinks.url}/hooks/alerts", datetime.now(UTC)
    body = json.dumps({"type": "incident.trigger", "data": {"incident": {"title": "PostgreSQL"}}}).encode()
    assert posted(url, body, signed(sinks, body, now))[0] == 204
    assert (told[-1].what, told[-1].text) == ("incident.trigger", "PostgreSQL")
    assert posted(url, body + b" ", signed(sinks, body, now))[0] == 401
    assert posted(url, body, signed(sinks, body, now - timedelta(minutes=6)))[0] == 401
    assert posted(url, body)[0] == 401
    assert posted(url, b"{", signed(sinks, b"{", now))[0] == 400
    assert sinks.hooks.refused == 3


def test_heartbeats_are_counted(sinks):
    before = sinks.hooks.beats
    assert posted(f"{sinks.url}/hooks/heartbeat", b"")[0] == 204
    assert sinks.hooks.beats == before + 1


def test_mails_are_kept(sinks, told):
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "PostgreSQL is down", "a@blog.example", "b@blog.example"
    mail.set_content("Start it again.")
    with smtplib.SMTP(HOST, sinks.places.smtp, timeout=10) as client:
        client.send_message(mail)
    kept = sinks.mailbox.mails[-1]
    assert plain_text(kept).strip() == "Start it again."
    assert (told[-1].place, told[-1].text) == ("Email to b@blog.example", "PostgreSQL is down")
