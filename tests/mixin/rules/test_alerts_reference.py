"""The page about the alerts says what the rules do."""

from __future__ import annotations

from pathlib import Path

from fraiseql_observe.mixin import alerts_reference

PAGE = Path(__file__).parents[3] / "docs/reference/alerts.md"


def test_the_page_is_what_the_rules_render_to():
    command = "python -m fraiseql_observe.mixin.alerts_reference > docs/reference/alerts.md"
    assert PAGE.read_text(encoding="utf-8") == alerts_reference.page(), f"run: {command}"


def test_every_severity_and_every_window_has_its_row():
    rule = {"alert": "FraiseQLSlow", "expr": "a > 1", "for": "5m", "labels": {"severity": "warning", "long": "1d"}}
    rule["annotations"] = {"summary": "It is slow.", "description": "{{ $value }} is slow."}
    urgent = rule | {"expr": "a > 2", "keep_firing_for": "1m", "labels": {"severity": "critical", "long": "1h"}}
    groups = [{"name": "speed", "rules": [rule, urgent]}]
    records = [{"rules": [{"record": "job:a:rate5m", "expr": "rate(a[5m])"}]}]
    settings = {"Slow": {"enabled": True, "thresholds": {"warning": 1}}}
    page = alerts_reference.markdown(groups, records, settings)
    assert "| warning | 5m |  | long=1d |" in page
    assert "| critical | 5m | 1m | long=1h |" in page
    assert "It is slow. [Runbook](../runbooks/FraiseQLSlow.md)." in page
    assert "`enabled: true`, `thresholds: { warning: 1 }`" in page
    assert "| `job:a:rate5m` | `rate(a[5m])` |" in page
