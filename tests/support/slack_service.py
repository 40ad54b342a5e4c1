"""The service in this process, as tests of Slack talk to it; the fixture `service` starts it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from fake_slack import SECRET, TEAM, TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aiohttp.test_utils import TestClient
    from fake_slack import Posted, SlackServer

    from fraiseql_observe.alerts.manager import AlertManager

ADMIN = "fqo_test_token_of_the_configuration"
CHANNEL = "C0ALERTS"
BEGAN = (datetime.now(UTC) - timedelta(minutes=10)).isoformat()
PEOPLE = {"U0ADA": "Ada", "U0BOB": "Bob"}


@dataclass
class Service:
    """What a test asks for."""

    client: TestClient
    manager: AlertManager
    slack: SlackServer
    settings_file: Path

    @property
    def url(self) -> str:
        return str(self.client.make_url("")).rstrip("/")

    async def alert(self, *names: str, status: str = "firing", start: str = BEGAN) -> None:
        """What Alertmanager posts for one group."""
        answer = await self.client.post("/webhooks/alertmanager", data=json.dumps(payload(names, status, start)))
        assert answer.status == 200, await answer.text()

    async def message(self) -> Posted:
        """The one message that stands in the channel."""
        await until(lambda: self.slack.channel(CHANNEL))
        [message] = self.slack.channel(CHANNEL)
        return message

    async def press(self, button: str, **who: Any) -> int:
        headers, body = self.slack.click(await self.message(), button, **who)
        answer = await self.client.post("/webhooks/slack/actions", data=body, headers=headers)
        return answer.status


def settings(slack: SlackServer, folder: Path) -> dict[str, Any]:
    return {
        "server": {"public_url": "https://observe.example.com"},
        "store": {"url": f"sqlite:///{folder / 'alerts.db'}"},
        "auth": {"tokens": {"tests": {"token": ADMIN, "scopes": ["alerts:write"]}}},
        "slack": {
            "signing_secret": SECRET,
            "teams": [TEAM],
            "hooks_url": slack.url,
            "users": PEOPLE,
        },
        "destinations": {
            "team": {
                "type": "slack",
                "token": TOKEN,
                "channel": "#alerts",
                "api_url": slack.api_url,
                "per_second": 1000,
                "burst": 100,
            }
        },
        "policies": {"default": {"steps": [{"destinations": ["team"]}]}},
        "routes": [{"policy": "default"}],
    }


def payload(names: tuple[str, ...], status: str, start: str) -> dict[str, Any]:
    ended = datetime.now(UTC).isoformat() if status == "resolved" else "0001-01-01T00:00:00Z"
    alerts = [
        {
            "status": status,
            "labels": {"alertname": "FraiseQLHighErrorRate", "severity": "critical", "instance": name},
            "annotations": {"summary": "operations fail", "value": "14 %", "runbook_url": "https://example.com/run"},
            "startsAt": start,
            "endsAt": ended,
            "generatorURL": "",
            "fingerprint": f"{sum(name.encode()):016x}",
        }
        for name in names
    ]
    return {
        "version": "4",
        "groupKey": '{}:{alertname="FraiseQLHighErrorRate"}',
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "observe",
        "groupLabels": {"alertname": "FraiseQLHighErrorRate"},
        "commonLabels": {"alertname": "FraiseQLHighErrorRate", "severity": "critical"},
        "commonAnnotations": {"summary": "operations fail"},
        "externalURL": "http://alertmanager.example.com",
        "alerts": alerts,
    }


async def until(condition: Callable[[], Any], seconds: float = 20) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  what is watched has no event
            await asyncio.sleep(0.02)
