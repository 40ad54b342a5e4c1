"""What servers say of themselves, judged."""

from __future__ import annotations

import pytest

from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.email import EmailDestination, Encryption
from fraiseql_observe.config.opsgenie import OpsgenieDestination
from fraiseql_observe.config.pagerduty import PagerDutyDestination
from fraiseql_observe.config.slack import SlackDestination
from fraiseql_observe.config.webhook import WebhookDestination
from fraiseql_observe.doctor import alertmanager, application, destinations, others, prometheus, settings
from fraiseql_observe.doctor.finding import Level
from fraiseql_observe.verify.judge import AlertRule

CONFIG = """
route: {receiver: nobody, routes: [{matchers: ['a="b"'], routes: [{receiver: fraiseql-observe}]}]}
receivers: [{name: nobody}, {name: fraiseql-observe, webhook_configs: [{url: <secret>, send_resolved: true}]}]
"""
NAMES = ("fraiseql-observe",)


def receivers(original, names=NAMES):
    return [(one.level, one.found) for one in alertmanager.receivers("am", original, names)]


def test_a_receiver_of_ours_with_a_route_to_it():
    assert receivers(CONFIG) == [(Level.OK, "a route leads to it, and it has a webhook")]


@pytest.mark.parametrize(
    ("original", "level", "said"),
    [
        (CONFIG.replace("fraiseql-observe", "other"), Level.WRONG, "no receiver called fraiseql-observe"),
        (CONFIG.replace("{receiver: fraiseql-observe}", "{receiver: nobody}"), Level.WRONG, "no route leads to it"),
        (CONFIG.replace("webhook_configs", "email_configs"), Level.WRONG, "no webhook_configs"),
        (CONFIG.replace("send_resolved: true", "send_resolved: false"), Level.WRONG, "sends no resolves"),
        ("", Level.NOTE, "does not show its configuration"),
        ("a: [", Level.NOTE, "does not show its configuration"),
        ("receivers: [1, x]\nroute: 7", Level.WRONG, "no receiver called"),
    ],
)
def test_receivers_that_tell_us_nothing(original, level, said):
    ((found, sentence),) = receivers(original)
    assert found is level
    assert said in sentence


def rules(*loaded):
    return [(one.level, one.found) for one in prometheus.rules("p", loaded, {"A", "B"})]


def test_rules():
    assert rules(AlertRule("A", {}, ""), AlertRule("B", {}, "")) == [(Level.OK, "all 2 alerts are loaded")]
    assert rules(AlertRule("Theirs", {}, "")) == [
        (Level.WRONG, "none of our alerting rules is loaded, so nothing is ever alerted")
    ]
    found = rules(AlertRule("A", {}, "many-to-many matching"))
    assert found[0] == (Level.NOTE, "1 of our 2 alerts are not loaded: B")
    assert found[1] == (Level.WRONG, "it cannot be evaluated: many-to-many matching")


def test_the_alerts_that_ship_are_known():
    assert {"FraiseQLHighErrorRate", "FraiseQLWatchdog"} <= prometheus.shipped()


def judged(page):
    return [(one.level, one.found) for one in application.judge(page)]


def test_the_page_of_an_application():
    instrumented = b'fraiseql_build_info{version="1"} 1\nfraiseql_instrument_hook_active{hook="pool"} 1\n'
    assert judged(instrumented) == [(Level.OK, "its metrics hold our series (2 names)")]
    idle = judged(instrumented + b'fraiseql_instrument_hook_active{hook="cache"} 0.0\n')
    assert idle[1] == (Level.NOTE, "these hooks of the instrument found nothing to hook into: cache")
    assert judged(b"python_info 1\n")[0][0] is Level.WRONG
    assert judged(b"fraiseql_http_requests_total 1\n")[0][0] is Level.WRONG
    assert judged(b"<html>")[0][0] is Level.WRONG


def test_what_a_backend_says_of_itself():
    def said(**more):
        return [(one.subject, one.level) for one in others.judge({"version": "1", "failing": {}, **more})]

    assert said() == [("backend", Level.OK)]
    assert said(audit=[]) == [("backend", Level.OK)]
    assert said(warnings={"reconciler": "Alertmanager is away"}) == [("backend, reconciler", Level.WRONG)]
    assert said(failing=[], warnings=7, audit={}) == [("backend", Level.OK)]
    assert said(failing={"store": "it is full"}, audit=["a role may do too much"]) == [
        ("backend, store", Level.WRONG),
        ("backend, audit", Level.WRONG),
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (SlackDestination(token=Secret("xoxb-1"), channel="#x"), ("slack.com", 443, True)),
        (SlackDestination(webhook_url=Secret("https://hooks.slack.com/services/x")), ("hooks.slack.com", 443, True)),
        (PagerDutyDestination(routing_key=Secret("x")), ("events.pagerduty.com", 443, True)),
        (OpsgenieDestination(api_key=Secret("x")), ("api.opsgenie.com", 443, True)),
        (WebhookDestination(url="http://[::1]:8080/hook"), ("::1", 8080, False)),
        (EmailDestination(host="mail", sender="a@b.c", to=("a@b.c",)), ("mail", 587, False)),
        (
            EmailDestination(host="mail", port=465, encryption=Encryption.TLS, sender="a@b.c", to=("a@b.c",)),
            ("mail", 465, True),
        ),
    ],
)
def test_where_a_destination_is(given, expected):
    assert destinations.address(given) == expected


def test_settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found, said = settings.read(None, {})
    assert found is not None
    assert (said[0].level, said[0].found) == (Level.NOTE, "there is no file; the embedded defaults hold")
    file = tmp_path / "observe.yaml"
    file.write_text("server: {port: 9096}\n")
    found, said = settings.read(file, {})
    assert found.server.port == 9096
    assert said[0].level is Level.OK
    assert any("destinations: there are none" in one.found for one in said)
    file.write_text("server: {prot: 9096}\nstore: {url: mysql://x}\n")
    found, said = settings.read(file, {})
    assert found is None
    assert {one.level for one in said} == {Level.WRONG}
    assert "did you mean port?" in said[0].found
