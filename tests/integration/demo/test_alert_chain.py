"""The whole chain: a server is stopped, four destinations hear of it, somebody takes it on, the server is back."""

from __future__ import annotations

import http.cookiejar
import json
import random
import re
import tempfile
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fraiseql_observe.audit import catalogue
from fraiseql_observe.demo import configuration
from fraiseql_observe.demo.alerting import CONSOLE_TOKEN
from fraiseql_observe.demo.ports import NAMES, Ports
from fraiseql_observe.demo.servers.server import port_is_free
from fraiseql_observe.demo.sinks.mail import has_picture, plain_text
from fraiseql_observe.demo.stack import Stack
from fraiseql_observe.mixin import knobs, render

if TYPE_CHECKING:
    from fraiseql_observe.demo.sinks import Sinks

pytestmark = [pytest.mark.fraiseql, pytest.mark.timeout(200)]

WITHIN = 45.0  # seconds that each part of the chain may take on a busy machine
DATABASE = "PostgreSQL does not answer."
CACHE = "Redis does not answer."
WATCHDOG = "fraiseql_observe_watchdog_last_seen_timestamp_seconds"
WATCHED = {"DatabaseDown", "CacheConnectionLost", "BackendDown", "Watchdog"}
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

    def alerting(self):
        """The names of the alerts that Alertmanager has."""
        with urllib.request.urlopen(f"{self.alertmanager.url}/api/v2/alerts", timeout=10) as answer:
            return {alert["labels"]["alertname"] for alert in json.load(answer)}


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


@pytest.fixture(scope="module")
def stack():
    pytest.importorskip("fraiseql")
    bases = random.sample(range(44000, 56000, 20), 50)
    ports = next(Ports(base) for base in bases if all(port_is_free(Ports(base).of(name)) for name in NAMES))
    with tempfile.TemporaryDirectory(prefix="chain-test-") as folder:
        Path(folder).chmod(0o711)
        with ChainStack(ports, Path(folder)) as started:
            started.begin()
            wait_for(started, started.watchdog_came_in, "the watchdog does not arrive")
            yield started


def wait_for(stack, question, what):
    """The first answer to the question that is not empty."""
    deadline = time.monotonic() + WITHIN
    while not (answer := question()):
        assert time.monotonic() < deadline, f"{what}: " + "\n".join(map(str, stack.sinks.arrivals.kept))
        time.sleep(0.1)
    return answer


@dataclass
class Told:
    """What the four destinations know of one incident, by its title."""

    sinks: Sinks
    title: str

    def slack(self):
        return [each for each in self.sinks.slack.messages.values() if self.title in each.headline]

    def pagerduty(self):
        return next((each for each in self.sinks.pagerduty.alerts.values() if self.title in each.summary), None)

    def webhooks(self, kind):
        about = [each for each in self.sinks.hooks.received if self.title in each["data"]["incident"]["title"]]
        return [each for each in about if each["type"] == f"incident.{kind}"]

    def mails(self, word):
        about = [each for each in self.sinks.mailbox.mails if self.title.rstrip(".") in str(each["subject"])]
        return [each for each in about if word in str(each["subject"])]

    def everywhere(self):
        return self.slack() and self.pagerduty() and self.webhooks("trigger") and self.mails("]")

    def resolved_everywhere(self):
        (message,) = self.slack()
        in_chat = "resolved" in message.text.lower() and any("resolved" in reply for reply in message.replies)
        return (
            in_chat and self.pagerduty().state == "resolved" and self.webhooks("resolve") and self.mails("[Resolved]")
        )


def acknowledge(stack, incident):
    """Log in to the console with the token, open the incident, press the button."""
    browser = Browser(stack.backend.url)
    browser.send("/login", token=(stack.folder / CONSOLE_TOKEN).read_text(), next="/")
    page = browser.read(f"/incidents/{incident}")
    proof = re.search(r'name="form_token" value="([^"]+)"', page)[1]
    browser.send(f"/incidents/{incident}/acknowledge", form_token=proof, comment="I am on it")
    return browser


def test_a_fault_is_told_taken_on_and_resolved_everywhere(stack):
    told = Told(stack.sinks, DATABASE)
    stack.postgres.stop()
    wait_for(stack, told.everywhere, "not everybody hears of the fault")
    (message,), (opened,), (mail,) = told.slack(), told.webhooks("trigger"), told.mails("[Critical]")
    assert told.pagerduty().state == "triggered"
    assert opened["data"]["incident"]["severity"] == "critical"
    assert {each["labels"]["alertname"] for each in opened["data"]["alerts"]} == {"FraiseQLDatabaseDown"}
    assert "FraiseQLDatabaseDown.md" in plain_text(mail)
    assert has_picture(mail)

    incident = opened["data"]["incident"]["id"]
    browser = acknowledge(stack, incident)
    wait_for(stack, lambda: "visitor" in str(message.replies), "Slack does not say who took it on")
    wait_for(stack, lambda: told.pagerduty().state == "acknowledged", "PagerDuty is not told who took it on")
    (taken,) = wait_for(stack, lambda: told.webhooks("acknowledge"), "no webhook says who took it on")
    assert message.edits
    assert "Acknowledge" not in str(message.buttons)
    assert taken["data"]["incident"]["acknowledged_by"] == "visitor"
    assert "I am on it" in browser.read(f"/incidents/{incident}")

    stack.postgres.start()
    wait_for(stack, told.resolved_everywhere, "not everybody hears of the end")
    assert told.slack() == [message], "one incident is one message"
    assert [event["event_action"] for event in told.pagerduty().events] == ["trigger", "acknowledge", "resolve"]
    assert stack.sinks.hooks.refused == 0


def test_what_fires_while_the_backend_is_away_is_told_when_it_is_back(stack):
    told = Told(stack.sinks, CACHE)
    stack.backend.stop()
    stack.redis.stop()
    both = {"FraiseQLCacheConnectionLost", "FraiseQLBackendDown"}
    wait_for(stack, lambda: both <= stack.alerting(), "Alertmanager does not hear of the faults")
    assert not told.slack()

    stack.backend.start()
    wait_for(stack, told.everywhere, "not everybody hears of the fault")
    (message,) = told.slack()
    assert stack.sinks.press(message.ts, "acknowledge") == 200
    wait_for(stack, lambda: "ada" in str(message.replies), "Slack does not say who pressed the button")
    wait_for(stack, lambda: told.pagerduty().state == "acknowledged", "PagerDuty is not told who took it on")

    stack.redis.start()
    wait_for(stack, told.resolved_everywhere, "not everybody hears of the end")
    assert told.slack() == [message], "one incident is one message"
