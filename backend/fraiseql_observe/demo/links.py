"""Where to look, and what to break: the lines a visitor reads when everything runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fraiseql_observe.demo.alerting import CONSOLE_TOKEN
from fraiseql_observe.demo.configuration import DASHBOARDS

if TYPE_CHECKING:
    from fraiseql_observe.demo.stack import Stack


def lines(stack: Stack) -> list[str]:
    """Return the lines; secrets are named by the files that hold them."""
    return [*_places(stack), "", *_faults(stack)]


def _places(stack: Stack) -> list[str]:
    prometheus, folder = stack.prometheus.url, stack.folder
    rows = [
        ("Blog (GraphiQL)", f"{stack.blog.url}/graphql"),
        ("  its header", f'{{"Authorization": "Bearer <the content of {folder}/token>"}}'),
        ("Metrics", f"{stack.blog.url}/metrics"),
        ("Prometheus", prometheus),
        ("Alerts and rules", f"{prometheus}/alerts  {prometheus}/rules"),
        ("Alertmanager", stack.alertmanager.url),
        ("Alert console", stack.backend.url),
        ("  log in with", f"the content of {folder}/{CONSOLE_TOKEN}"),
        ("  its settings", str(stack.backend.settings_file)),
        ("Slack stand-in", f"{stack.sinks.url}/slack"),
        *([("Grafana", f"{stack.grafana.url}/dashboards")] if stack.grafana else []),
        ("Dashboards", f"{folder}/{DASHBOARDS}"),
        ("Audit log", f"PGPASSFILE={folder}/pgpass psql {stack.reader_address}"),
        ("  for example", "table fraiseql_observe.error_groups;"),
    ]
    return [f"  {name:<18}{value}" for name, value in rows]


def _faults(stack: Stack) -> list[str]:
    servers = {server.name: server for server in stack.servers}
    return [
        "  To see an alert fire, break something, and watch the alerts:",
        f"    kill {servers['redis'].pid}   the cache is gone      (FraiseQLCacheConnectionLost)",
        f"    kill -INT {servers['postgresql'].pid}   the database is gone   (FraiseQLDatabaseDown)",
        f"    kill {servers['blog'].pid}   the application is gone (FraiseQLDown)",
        f"    kill {servers['backend'].pid}   alerts wait, none is lost",
        "  What died is started again by:",
        f"    kill -HUP {os.getpid()}",
    ]
