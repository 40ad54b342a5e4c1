"""A small mixin that breaks no rule, for tests to spoil in one place each."""

from __future__ import annotations

import copy
from typing import Any

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
AUDIT = {"type": "grafana-postgresql-datasource", "uid": "${audit_datasource}"}
CHOSEN = 'job=~"$job",instance=~"$instance"'


def _variable(name: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "type": "query",
        "label": name.capitalize(),
        "datasource": DATASOURCE,
        "query": f"label_values(up, {name})",
        "refresh": 2,
        "multi": True,
        "allValue": ".+",
        **more,
    }


def _source(name: str, kind: str) -> dict[str, Any]:
    return {"name": name, "type": "datasource", "label": "Data source", "query": kind}


def _panel(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "type": "timeseries",
        "title": f"Panel {number}",
        "description": "What is shown. What to do about it.",
        "datasource": DATASOURCE,
        "gridPos": {"x": 0, "y": 8 * number, "w": 12, "h": 8},
        "fieldConfig": {"defaults": {"unit": "reqps"}, "overrides": []},
        "targets": [{"refId": "A", "expr": f"sum(rate(requests_total{{{CHOSEN}}}[$__rate_interval]))"}],
        **more,
    }


DASHBOARD: dict[str, Any] = {
    "title": "House",
    "uid": "house",
    "editable": False,
    "schemaVersion": 42,
    "timezone": "utc",
    "time": {"from": "now-3h", "to": "now"},
    "graphTooltip": 1,
    "refresh": "30s",
    "tags": ["house"],
    "links": [{"type": "dashboards", "title": "More", "includeVars": True, "keepTime": True}],
    "templating": {
        "list": [
            _source("datasource", "prometheus"),
            _source("audit_datasource", "grafana-postgresql-datasource"),
            _variable("job"),
            _variable("instance"),
        ]
    },
    "panels": [
        _panel(1),
        _panel(
            2,
            type="table",
            datasource=AUDIT,
            targets=[
                {
                    "refId": "A",
                    "rawQuery": True,
                    "format": "table",
                    "rawSql": "select * from t where at > $__timeFrom() and job in (${job:sqlstring})",
                }
            ],
        ),
    ],
}

GROUPS: list[dict[str, Any]] = [
    {
        "name": "house",
        "interval": "30s",
        "rules": [
            {"record": "job:requests:rate5m", "expr": 'sum by (job) (rate(requests_total{job="house"}[5m]))'},
            {
                "record": "job:failures_per_request:ratio_rate5m",
                "expr": 'sum by (job) (rate(failures_total{job="house"}[5m])) / (job:requests:rate5m > 0)',
            },
            {
                "alert": "FraiseQLHouseOnFire",
                "expr": "job:failures_per_request:ratio_rate5m > 0.05",
                "for": "5m",
                "labels": {"severity": "critical"},
                "annotations": {
                    "summary": "The house is on fire.",
                    "description": "{{ $labels.job }} fails {{ $value | humanizePercentage }}.",
                    "runbook_url": "https://example.org/runbooks/FraiseQLHouseOnFire",
                },
            },
        ],
    }
]


class House:
    """Copies that a test may spoil."""

    def __init__(self) -> None:
        self.dashboard = copy.deepcopy(DASHBOARD)
        self.groups = copy.deepcopy(GROUPS)
        self.dashboards = [self.dashboard]

    @property
    def variables(self) -> list[dict[str, Any]]:
        return self.dashboard["templating"]["list"]

    @property
    def panel(self) -> dict[str, Any]:
        return self.dashboard["panels"][0]

    @property
    def table(self) -> dict[str, Any]:
        return self.dashboard["panels"][1]

    @property
    def target(self) -> dict[str, Any]:
        return self.panel["targets"][0]

    @property
    def sql(self) -> dict[str, Any]:
        return self.table["targets"][0]

    @property
    def group(self) -> dict[str, Any]:
        return self.groups[0]

    @property
    def record(self) -> dict[str, Any]:
        return self.group["rules"][0]

    @property
    def ratio(self) -> dict[str, Any]:
        return self.group["rules"][1]

    @property
    def alert(self) -> dict[str, Any]:
        return self.group["rules"][2]
