"""A mistake in the alerts' settings stops the build, with the key and what to write instead."""

from __future__ import annotations

import mixin_rules
import pytest

from fraiseql_observe.errors import ObserveError

WRONG = [
    ({"alerts": {"HighErorRate": {"enabled": False}}}, "_config.alerts.HighErorRate: there is no such alert"),
    ({"alerts": {"HighErrorRate": False}}, "_config.alerts.HighErrorRate: give an object"),
    (
        {"alerts": {"HighErrorRate": {"treshold": 0.1}}},
        "_config.alerts.HighErrorRate.treshold: there is no such setting",
    ),
    ({"alerts": {"HighErrorRate": {"enabled": "no"}}}, '.enabled: \\"no\\" is neither true nor false'),
    ({"alerts": {"HighErrorRate": {"thresholds": {"warning": 5}}}}, "5 is not a share; write 0.05 for 5 %"),
    ({"alerts": {"HighErrorRate": {"thresholds": {"warning": "5%"}}}}, "is not a number of at least 0"),
    ({"alerts": {"HighLatency": {"thresholds": {"fatal": 5}}}}, ".fatal: there is no such severity"),
    ({"alerts": {"HighLatency": {"thresholds": 5}}}, "give one number for each severity"),
    ({"alerts": {"HighLatency": {"window": "5m"}}}, '.window: \\"5m\\" is not a number above 0'),
    ({"alerts": {"HighLatency": {"for": -1}}}, ".for: -1 is not a number of seconds"),
    ({"alerts": {"DatabaseDown": {"severity": "urgent"}}}, '\\"urgent\\" is none of critical, warning, info, none'),
    ({"slo": {"availability": {"objective": 99.9}}}, "_config.slo.availability.objective: 99.9 is not a share"),
    ({"slo": {"latency": {"threshold": 0}}}, "_config.slo.latency.threshold: 0 is not a number of seconds"),
    ({"slo": {"windows": [{"long": 3600}]}}, "_config.slo.windows[0]: severity, short, factor, for missing"),
    (
        {"slo": {"windows": [{"severity": "critical", "long": 300, "short": 3600, "factor": 1, "for": 60}]}},
        "the short window must be shorter",
    ),
    ({"evaluationInterval": 0}, "_config.evaluationInterval: 0 is not a number of seconds"),
    ({"minimumTraffic": -1}, "_config.minimumTraffic: -1 is not a number"),
    ({"runbookUrlPattern": "https://example.com"}, "_config.runbookUrlPattern: has no %s"),
]


@pytest.mark.parametrize(("config", "sentence"), WRONG, ids=[sentence for _, sentence in WRONG])
def test_a_mistake_is_told_with_its_key(config, sentence):
    with pytest.raises(ObserveError) as told:
        mixin_rules.rendered(config)
    assert sentence.replace('\\"', '"') in str(told.value).replace('\\"', '"')
