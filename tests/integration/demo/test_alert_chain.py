"""The whole chain: PostgreSQL is stopped, four destinations hear of it, somebody takes it on, PostgreSQL is back."""

from __future__ import annotations

import http.cookiejar
import random
import re
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from fraiseql_observe.audit import catalogue
from fraiseql_observe.demo import configuration
from fraiseql_observe.demo.alerting import CONSOLE_TOKEN
from fraiseql_observe.demo.ports import NAMES, Ports
from fraiseql_observe.demo.servers.server import port_is_free
from fraiseql_observe.demo.sinks.mail import plain_text
from fraiseql_observe.demo.stack import Stack
from fraiseql_observe.mixin import knobs, render

pytestmark = [pytest.mark.fraiseql, pytest.mark.timeout(200)]

WITHIN = 45.0  # seconds that each part of the chain may take on a busy machine
TITLE = "PostgreSQL does not answer."
WATCHDOG = "fraiseql_observe_watchdog_last_seen_timestamp_seconds"
WATCHED = {"DatabaseDown", "Watchdog"}
# A minute of the rules lasts a second; Alertmanager tells of a group's changes within one.
FAST = {
    "timeScale": 60,
    "scrapeInterval": 60,
    "evaluationInterval": 60,
    "alerts": {name: {"enabled": False} for name in knobs.defaults()["alerts"] if name not in WATCHED},
}


class ChainStack(Stack):
    """The demo without traffic, its rules sixty times as fast."""

    def begin(self):
        self.start_postgres()
        self.prepare_database()
        self.set_up_audit()
        self.start_redis()
        self.start_blog()
        self.start_exporters()
        self.start_sinks(lambda _arrival: None)
        self.start_backend()
        rendered = self.render()
        self.start_alertmanager(rendered)
        self.start_prometheus(rendered)

    def render(self):
        config = configuration.mixin_config(self.ports, self.folder) | FAST
        config["deploy"] |= {"groupWait": 30, "groupInterval": 60, "repeatInterval": 24 * 60 * 60}
        rendered = render(config, catalogue=catalogue.load().as_json())
        # Without PostgreSQL, its exporter needs over a second to say so.
        for job in rendered.deploy["bundle/prometheus/prometheus.yml"]["scrape_configs"]:
            if job["job_name"] == "postgres":
                job |= {"scrape_interval": "2s", "scrape_timeout": "2s"}
        return rendered

    def watchdog_came_in(self):
        """Whether the dead man's switch has reached the backend by way of Prometheus and Alertmanager."""
        with urllib.request.urlopen(f"{self.backend.url}/metrics", timeout=10) as answer:
            seen = re.search(
                r"^fraiseql_observe_watchdog_last_seen_timestamp_seconds (\S+)", answer.read().decode(), re.MULTILINE
            )
        return bool(seen) and float(seen[1]) > 0


class Browser:
    """The console as a person without JavaScript uses it: cookies, forms, hidden fields."""

    def __init__(self, url):
        self.url = url
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())).open

    def read(self, path):
        with self._open(self.url + path, timeout=10) as answer:
            return answer.read().decode()

    def send(self, path, **fields):
        request = urllib.request.Request(self.url + path, urllib.parse.urlencode(fields).encode(), {"Origin": self.url})
        with self._open(request, timeout=10) as answer:
            return answer.read().decode()


@pytest.fixture
def stack():
    pytest.importorskip("fraiseql")
    bases = random.sample(range(44000, 56000, 20), 50)
    ports = next(Ports(base) for base in bases if all(port_is_free(Ports(base).of(name)) for name in NAMES))
    with tempfile.TemporaryDirectory(prefix="chain-test-") as folder:
        Path(folder).chmod(0o711)
        with ChainStack(ports, Path(folder)) as started:
            started.begin()
            yield started


def wait_for(stack, question, what):
    """The first answer to the question that is not empty."""
    deadline = time.monotonic() + WITHIN
    while not (answer := question()):
        stack.backend.check()
        assert time.monotonic() < deadline, f"{what}: " + "\n".join(map(str, stack.sinks.arrivals.kept))
        time.sleep(0.1)
    return answer


def slack(stack):
    return next((each for each in stack.sinks.slack.messages.values() if TITLE in each.headline), None)


def pagerduty(stack):
    return next((each for each in stack.sinks.pagerduty.alerts.values() if TITLE in each.summary), None)


def told(stack, kind):
    """The webhooks of one kind about PostgreSQL."""
    return [
        said
        for said in stack.sinks.hooks.received
        if said["type"] == f"incident.{kind}" and TITLE in said["data"]["incident"]["title"]
    ]


def mails(stack, word):
    found = [mail for mail in stack.sinks.mailbox.mails if TITLE.rstrip(".") in f"{mail['subject']} {plain_text(mail)}"]
    return [mail for mail in found if word in str(mail["subject"]).lower() + plain_text(mail).lower()]


def acknowledge(stack, incident):
    """Log in with the token, open the incident, press the button."""
    browser = Browser(stack.backend.url)
    browser.send("/login", token=(stack.folder / CONSOLE_TOKEN).read_text(), next="/")
    page = browser.read(f"/incidents/{incident}")
    proof = re.search(r'name="form_token" value="([^"]+)"', page)[1]
    browser.send(f"/incidents/{incident}/acknowledge", form_token=proof, comment="I am on it")
    return browser


def test_a_fault_is_told_taken_on_and_resolved_everywhere(stack):
    wait_for(stack, stack.watchdog_came_in, "the watchdog does not arrive")
    stack.postgres.stop()

    message = wait_for(stack, lambda: slack(stack), "nothing in Slack")
    alert = wait_for(stack, lambda: pagerduty(stack), "nothing at PagerDuty")
    (opened,) = wait_for(stack, lambda: told(stack, "trigger"), "no signed webhook")
    (mail,) = wait_for(stack, lambda: mails(stack, "firing"), "no email")
    assert alert.state == "triggered"
    assert opened["data"]["incident"]["severity"] == "critical"
    assert {each["labels"]["alertname"] for each in opened["data"]["alerts"]} == {"FraiseQLDatabaseDown"}
    assert "FraiseQLDatabaseDown.md" in plain_text(mail)
    incident = opened["data"]["incident"]["id"]

    browser = acknowledge(stack, incident)
    wait_for(stack, lambda: "visitor" in str(message.replies), "Slack does not say who took it on")
    assert message.edits
    assert "Acknowledge" not in str(message.buttons)
    wait_for(stack, lambda: alert.state == "acknowledged", "PagerDuty is not told of the acknowledgement")
    (taken,) = wait_for(stack, lambda: told(stack, "acknowledge"), "no webhook about the acknowledgement")
    assert taken["data"]["incident"]["acknowledged_by"] == "visitor"
    assert "I am on it" in browser.read(f"/incidents/{incident}")

    stack.postgres.start()
    wait_for(stack, lambda: alert.state == "resolved", "PagerDuty is not told of the resolution")
    wait_for(stack, lambda: "resolved" in message.text.lower(), "Slack still shows it")
    wait_for(stack, lambda: told(stack, "resolve"), "no webhook about the resolution")
    wait_for(stack, lambda: mails(stack, "resolved"), "no email about the resolution")

    posts = [each for each in stack.sinks.slack.messages.values() if TITLE in each.headline]
    assert posts == [message], "one incident is one message"
    assert message.edits >= 2
    assert message.replies
    assert [event["event_action"] for event in alert.events] == ["trigger", "acknowledge", "resolve"]
    assert stack.sinks.hooks.refused == 0
