"""No alert and no record goes without its cases, and no case without its rule."""

from __future__ import annotations

from collections import defaultdict

import mixin_rules
import pytest
import rule_cases

RULES = mixin_rules.rendered()
ALERTS = sorted({rule["alert"] for rule in RULES.all if "alert" in rule})
RECORDS = sorted({rule["record"] for rule in RULES.all if "record" in rule})


def by_name(folder):
    found = defaultdict(list)
    for subject in rule_cases.load(folder):
        found[subject.name].append(subject)
    return found


ALERT_CASES = by_name("alerts")
RECORD_CASES = by_name("records")


def cases(name, kind):
    return [case for subject in ALERT_CASES[name] for case in getattr(subject, kind)]


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_fires_and_resolves(alert):
    fires = cases(alert, "fires")
    assert fires
    assert not any(case.always_quiet for case in fires)
    never_rests = any(subject.said.get("never_rests") for subject in ALERT_CASES[alert])
    assert never_rests or all(case.ends_quiet for case in fires)


@pytest.mark.parametrize("alert", [alert for alert in ALERTS if alert != "FraiseQLWatchdog"])
@pytest.mark.parametrize("kind", ["boundary", "quiet"])
def test_an_alert_is_quiet_at_its_boundary_and_when_all_is_well(alert, kind):
    quiet = cases(alert, kind)
    assert quiet
    assert all(case.always_quiet for case in quiet)


@pytest.mark.parametrize("alert", ALERTS)
def test_every_severity_of_an_alert_fires_in_a_case(alert):
    severities = {rule["labels"]["severity"] for rule in RULES.named(alert)}
    expected = [said for case in cases(alert, "fires") for said in case.expect.values()]
    seen = {each.split()[0] for said in expected for each in said.split(" and ")}
    assert severities <= seen


@pytest.mark.parametrize("record", RECORDS)
def test_a_record_has_a_value_worked_out_by_hand(record):
    assert any(subject.values for subject in RECORD_CASES[record])


def test_no_case_is_left_over_from_a_rule_that_is_gone():
    assert set(ALERT_CASES) <= set(ALERTS)
    assert set(RECORD_CASES) <= set(RECORDS)


def test_names_of_cases_are_sentences_that_tell_them_apart():
    for subjects in [*ALERT_CASES.values(), *RECORD_CASES.values()]:
        names = [case.it for subject in subjects for case in subject.cases]
        assert len(set(names)) == len(names)
        assert all(len(name.split()) > 3 for name in names)
