"""How the alert backend is set up for the demo: a file of settings that one could copy, secrets in files beside it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fraiseql_observe.demo.configuration import WEBHOOK_TOKEN, address
from fraiseql_observe.demo.servers.server import HOST
from fraiseql_observe.demo.sinks.pagerduty import EventsApi
from fraiseql_observe.demo.sinks.slack import CHANNEL, TEAM, Workspace
from fraiseql_observe.demo.sinks.webhook import Hooks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fraiseql_observe.demo.ports import Ports
    from fraiseql_observe.demo.sinks import SinkSecrets

CONSOLE_TOKEN = "console-token"  # noqa: S105  the file's name
AUDITOR_TOKEN = "auditor-token"  # noqa: S105  likewise
ON_CALL = "oncall@blog.example"
EVERYBODY = ("slack", "email", "pagerduty", "webhook")


def _token() -> str:
    return f"fqo_{secrets.token_urlsafe(32)}"


@dataclass(frozen=True, slots=True)
class Keys:
    """What the backend must know, made for each run: of the sinks, of the audit log, of those who come to it."""

    sinks: SinkSecrets
    audit_url: str
    maintenance_url: str
    chain_url: str
    chain_keys: str
    webhook: str = field(default_factory=_token)
    console: str = field(default_factory=_token)
    auditor: str = field(default_factory=_token)

    def files(self) -> dict[str, str]:
        """Return the files that hold them, by name."""
        return {
            WEBHOOK_TOKEN: self.webhook,
            CONSOLE_TOKEN: self.console,
            "slack-token": self.sinks.slack_token,
            "slack-signing-secret": self.sinks.slack_signing,
            "pagerduty-routing-key": self.sinks.routing_key,
            "webhook-signing-secret": self.sinks.webhook,
            "audit-url": self.audit_url,
            "audit-maintenance-url": self.maintenance_url,
            "audit-chain-url": self.chain_url,
            "audit-chain-keys": self.chain_keys,
            AUDITOR_TOKEN: self.auditor,
        }


def settings(ports: Ports, folder: Path) -> dict[str, Any]:
    """Return what the backend's YAML file says; `folder` holds the files of `Keys`."""
    sinks = f"http://{address(ports, 'sinks')}"
    return {
        "server": {"public_url": f"http://{address(ports, 'backend')}"},
        "intake": {"token_file": str(folder / WEBHOOK_TOKEN)},
        "auth": {
            "tokens": {
                "visitor": {"token_file": str(folder / CONSOLE_TOKEN), "scopes": ["alerts:read", "alerts:write"]},
                "auditor": {"token_file": str(folder / AUDITOR_TOKEN), "scopes": ["audit:read"]},
            }
        },
        # Quicker than anybody would run it, so that a visitor sees what happens.
        "alertmanager": {
            "urls": [f"http://{address(ports, 'alertmanager')}"],
            "interval": "10s",
            "confirm_after": "30s",
        },
        "heartbeat": {"url": f"{sinks}{Hooks.heartbeat}", "interval": "5s"},
        "prometheus": {"url": f"http://{address(ports, 'prometheus')}"},
        "audit": {
            "url_file": str(folder / "audit-url"),
            "metrics_every": "2s",
            "maintenance_url_file": str(folder / "audit-maintenance-url"),
            "maintenance_every": "2s",
            "chain_url_file": str(folder / "audit-chain-url"),
            "chain_keys_file": str(folder / "audit-chain-keys"),
            "chain_every": "5s",
            "chain_longest_transaction": "5s",
        },
        "slack": {"signing_secret_file": str(folder / "slack-signing-secret"), "teams": [TEAM], "hooks_url": sinks},
        "destinations": destinations(ports, folder, sinks),
        "policies": {
            "default": {
                "steps": [
                    {"destinations": list(EVERYBODY)},
                    # Nobody took it on: say it once more.
                    {"wait": "10m", "destinations": ["email", "pagerduty"]},
                ]
            }
        },
    }


def destinations(ports: Ports, folder: Path, sinks: str) -> Mapping[str, Any]:
    """Return the four places where alerts arrive."""
    return {
        "slack": {
            "type": "slack",
            "token_file": str(folder / "slack-token"),
            "channel": CHANNEL,
            "api_url": sinks + Workspace.prefix,
        },
        "email": {
            "type": "email",
            "host": HOST,
            "port": ports.of("mail"),
            "encryption": "none",
            "sender": "alerts@blog.example",
            "to": [ON_CALL],
        },
        "pagerduty": {
            "type": "pagerduty",
            "routing_key_file": str(folder / "pagerduty-routing-key"),
            "base_url": sinks + EventsApi.prefix,
        },
        "webhook": {
            "type": "webhook",
            "url": sinks + Hooks.path,
            "signing_secret_file": str(folder / "webhook-signing-secret"),
            "allow_private": True,
        },
    }
