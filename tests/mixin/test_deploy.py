"""The files around the mixin fit the configuration they were rendered with."""

from __future__ import annotations

import re

import pytest

from fraiseql_observe.audit import catalogue
from fraiseql_observe.mixin import render


def deployed(**config):
    return render(config, catalogue=catalogue.load().as_json()).deploy


def jobs(files):
    return [each["job_name"] for each in files["bundle/prometheus/prometheus.yml"]["scrape_configs"]]


@pytest.mark.parametrize(
    ("selector", "job"),
    [
        ('job="shop"', "shop"),
        ('env="live", job="shop"', "shop"),
        ('job="shop",env="live"', "shop"),
        ('job=~"shop-.*"', "fraiseql"),
        ('env="live"', "fraiseql"),
    ],
)
def test_the_application_is_scraped_under_the_name_that_the_selector_asks_for(selector, job):
    files = deployed(fraiseqlSelector=selector)
    assert job in jobs(files)
    for kind, endpoints in {"service": "endpoints", "pod": "podMetricsEndpoints"}.items():
        monitor = files[f"bundle/kubernetes/{kind}-monitor.yaml"]["spec"]
        assert monitor[endpoints][0]["relabelings"] == [{"targetLabel": "job", "replacement": job}]


def test_exporters_too():
    assert "pg" in jobs(deployed(postgresSelector='job="pg"'))


def test_version_two_shows_its_metrics_only_with_a_token():
    scraped = deployed(flavour="v2")["bundle/prometheus/prometheus.yml"]["scrape_configs"]
    authorized = {each["job_name"]: each["authorization"] for each in scraped if "authorization" in each}
    file = "/etc/prometheus/fraiseql-metrics-token"
    assert authorized == {"fraiseql": {"type": "Bearer", "credentials_file": file}}


def test_no_token_file_sends_no_token():
    files = deployed(deploy={"webhookTokenFile": ""})
    receivers = files["bundle/alertmanager/alertmanager.yml"]["receivers"]
    hooks = [each["webhook_configs"][0] for each in receivers if "webhook_configs" in each]
    assert [hook["http_config"] for hook in hooks] == [{"follow_redirects": False}] * 2


def test_one_thing_never_mutes_another_of_its_kind():
    """A critical alert about one machine, disk or database leaves the warnings about the others alone."""
    rules = deployed()["bundle/alertmanager/alertmanager.yml"]["inhibit_rules"]
    by_severity = [rule for rule in rules if any("severity" in each for each in rule["target_matchers"])]
    assert len(by_severity) == 2
    for rule in by_severity:
        assert {"alertname", "job", "instance", "mountpoint", "datname", "check"} <= set(rule["equal"])


def test_the_backend_is_scraped_under_the_name_that_its_selector_asks_for():
    files = deployed(observeSelector='job="pager"')
    assert "pager" in jobs(files)
    monitor = files["bundle/kubernetes/backend-service-monitor.yaml"]["spec"]
    assert monitor["endpoints"][0]["relabelings"] == [{"targetLabel": "job", "replacement": "pager"}]


def test_alerts_about_the_backend_go_past_it_and_to_it_when_there_is_a_way_around():
    receiver = {"email_configs": [{"to": "on-call@example.com"}]}
    alertmanager = deployed(deploy={"fallback": receiver})["bundle/alertmanager/alertmanager.yml"]
    past, to = alertmanager["route"]["routes"][2:]
    assert alertmanager["receivers"][-1] == {"name": past["receiver"], **receiver}
    assert past["continue"]
    assert to["receiver"] == "fraiseql-observe"
    assert past["matchers"] == to["matchers"]
    assert "FraiseQLBackendDown" in past["matchers"][0]


def test_without_a_way_around_everything_goes_to_the_backend():
    alertmanager = deployed()["bundle/alertmanager/alertmanager.yml"]
    assert [route["receiver"] for route in alertmanager["route"]["routes"]] == ["fraiseql-observe-watchdog", "nobody"]


def test_what_only_mutes_others_is_told_to_nobody():
    alertmanager = deployed()["bundle/alertmanager/alertmanager.yml"]
    (route,) = [route for route in alertmanager["route"]["routes"] if route["receiver"] == "nobody"]
    assert {"name": "nobody"} in alertmanager["receivers"]
    assert route["matchers"] == ['alertname=~"FraiseQLDatabaseRecovering|FraiseQLCacheRecovering"']
    muting = [rule for rule in alertmanager["inhibit_rules"] if "Recovering" in str(rule["source_matchers"])]
    assert len(muting) == 2


# What the instrument says and what SQL says of the same


def matches(matchers, labels):
    """As Alertmanager reads a file's matchers: = and =~, each of the whole value."""
    for matcher in matchers:
        name, operator, value = re.fullmatch(r'(\w+)(=~|=)"(.*)"', matcher).groups()
        if not re.fullmatch(value if operator == "=~" else re.escape(value), labels.get(name, "")):
            return False
    return True


def mutes(source, target):
    """Whether an alert that fires keeps another quiet, by the labels of both; their names come without FraiseQL."""
    source, target = ({**each, "alertname": "FraiseQL" + each["alertname"]} for each in (source, target))
    rules = deployed()["bundle/alertmanager/alertmanager.yml"]["inhibit_rules"]
    return any(
        matches(rule["source_matchers"], source)
        and matches(rule["target_matchers"], target)
        and all(source.get(label) == target.get(label) for label in rule["equal"])
        for rule in rules
    )


@pytest.mark.parametrize(
    ("first", "second", "labels"),
    [
        ("HighFailedAuthAttempts", "AuditFailedLogins", {}),
        ("UnauthorizedDataAccess", "AuditDeniedAccess", {}),
        ("AuditLogLag", "AuditRowsLate", {}),
        ("DatabaseGrowth", "AuditDatabaseGrowth", {"datname": "app"}),
    ],
)
def test_one_witness_is_enough_but_a_warning_never_mutes_what_is_critical(first, second, labels):
    application = {"alertname": first, "job": "fraiseql", "severity": "warning"} | labels
    sql = {"alertname": second, "job": "fraiseql-observe", "severity": "warning"} | labels
    assert mutes(application, sql)
    assert not mutes(sql, application)
    assert not mutes(application, sql | {"severity": "critical"})
    assert mutes(application | {"severity": "critical"}, sql | {"severity": "critical"})


def test_another_database_that_grows_is_told_of():
    growing = {"alertname": "DatabaseGrowth", "job": "postgres", "severity": "warning", "datname": "app"}
    assert not mutes(growing, growing | {"alertname": "AuditDatabaseGrowth", "datname": "audit"})


@pytest.mark.parametrize("name", ["AuditDatabaseUnread", "AuditMaintenanceMissing", "AuditRollUpLag", "AuditRowsLate"])
def test_a_database_that_is_down_explains_what_cannot_be_read_or_maintained(name):
    down = {"alertname": "DatabaseDown", "job": "postgres", "severity": "critical"}
    assert mutes(down, {"alertname": name, "job": "fraiseql-observe", "severity": "warning"})


def test_missing_maintenance_explains_what_it_leaves_undone_and_no_sign_of_an_attack():
    missing = {"alertname": "AuditMaintenanceMissing", "job": "fraiseql-observe", "severity": "warning"}
    assert mutes(missing, missing | {"alertname": "AuditRollUpLag"})
    assert mutes(missing, missing | {"alertname": "AuditStrayRows"})
    assert not mutes(missing, missing | {"alertname": "AuditFailedLogins"})
    assert not mutes(missing, missing | {"alertname": "AuditChainBroken", "severity": "critical"})
