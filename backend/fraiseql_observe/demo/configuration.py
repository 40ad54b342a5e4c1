"""How the mixin is configured for the demo, and what Grafana must know; pure functions of the ports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fraiseql_observe.demo.servers.server import HOST

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fraiseql_observe.demo.ports import Ports

SCRAPE_INTERVAL = 2  # seconds; a newcomer does not wait for minutes
EVALUATION_INTERVAL = 4
GROUP_INTERVAL = 5
RANGE = 15 * 60  # seconds that dashboards look back
REFRESH = 5
WEBHOOK_TOKEN = "webhook-token"  # noqa: S105  the file's name
DASHBOARDS = "provisioning/grafana/dashboards"
TARGETS = {
    "fraiseql": "blog",
    "postgres": "postgres_exporter",
    "node": "node_exporter",
    "redis": "redis_exporter",
    "prometheus": "prometheus",
    "alertmanager": "alertmanager",
    "fraiseql-observe": "backend",
}


def mixin_config(ports: Ports, folder: Path) -> dict[str, Any]:
    """Return the `_config` overrides under which the mixin is rendered into `folder` for the demo."""
    return {
        "scrapeInterval": SCRAPE_INTERVAL,
        "evaluationInterval": EVALUATION_INTERVAL,
        "dashboards": {"from": RANGE, "refresh": REFRESH},
        "slo": {"availability": {"objective": 0.99}},  # a blog with bugs on purpose keeps no three nines
        "alerts": {  # and gives and takes roles all day, or tries to
            "AuditPermissionChanges": {"thresholds": {"warning": 5000}},
            "AuditAdminActionsFailing": {"thresholds": {"warning": 1000}},
        },
        "grafanaUrl": f"http://{HOST}:{ports.of('grafana')}",
        "deploy": {
            "targets": {job: [address(ports, server)] for job, server in TARGETS.items()},
            "alertmanager": address(ports, "alertmanager"),
            "webhookUrl": f"http://{address(ports, 'backend')}/webhooks/alertmanager",
            "webhookTokenFile": str(folder / WEBHOOK_TOKEN),
            "groupInterval": GROUP_INTERVAL,
            "auditSslMode": "disable",
            "dashboardsPath": str(folder / DASHBOARDS),
        },
    }


def grafana_environment(
    prometheus_url: str, alertmanager_url: str, reader_url: str, webhook_token: str
) -> dict[str, str]:
    """Return what the provisioned data sources read from Grafana's environment."""
    reader = urlsplit(reader_url)
    return {
        "PROMETHEUS_URL": prometheus_url,
        "ALERTMANAGER_URL": alertmanager_url,
        "FRAISEQL_OBSERVE_TOKEN": webhook_token,
        "AUDIT_DATABASE_HOST": f"{reader.hostname}:{reader.port}",
        "AUDIT_DATABASE_NAME": reader.path.lstrip("/"),
        "AUDIT_DATABASE_USER": reader.username or "",
        "AUDIT_DATABASE_PASSWORD": reader.password or "",
    }


def below(files: Mapping[str, bytes], prefix: str) -> dict[str, bytes]:
    """Return the files below a folder, by their path inside it."""
    return {path.removeprefix(prefix): content for path, content in files.items() if path.startswith(prefix)}


def address(ports: Ports, server: str) -> str:
    return f"{HOST}:{ports.of(server)}"
