"""HTTP that goes nowhere: it keeps what a destination would send, for previews."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.kinds import KINDS
from fraiseql_observe.notify.addresses import ANYWHERE
from fraiseql_observe.notify.http import Answer, Http

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fraiseql_observe.config.destinations import DestinationSettings
    from fraiseql_observe.notify.addresses import Guard

HIDDEN = "(hidden)"
SHORTEST = 4  # characters of a secret worth looking for

# What must be given, by kind; nothing of it is ever connected to.
REQUIRED: dict[str, dict[str, Any]] = {
    "slack": {"token": Secret("xoxb-example"), "channel": "C0EXAMPLE"},
    "email": {"host": "mail.example.com", "sender": "alerts@example.com", "to": ("on-call@example.com",)},
    "pagerduty": {"routing_key": Secret("0" * 32)},
    "opsgenie": {"api_key": Secret("example-key")},
    "webhook": {"url": "https://example.com/hook"},
}


class Recorder(Http):
    """Takes every request and says yes."""

    requests: list[tuple[str, str, bytes]]

    async def request(
        self,
        method: str,
        url: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,  # noqa: ARG002
        *,
        within: float = 15.0,  # noqa: ARG002
        guard: Guard = ANYWHERE,  # noqa: ARG002
    ) -> Answer:
        """Keep it; headers are left out, for they carry credentials."""
        self.requests = [*getattr(self, "requests", []), (method, url, body)]
        return Answer(202, {}, b'{"ok": true, "status": "success", "requestId": "example", "dedup_key": "example"}')

    def shown(self, settings: DestinationSettings) -> dict[str, Any]:
        """The last request for people, without the secrets of the settings."""
        method, url, body = self.requests[-1]
        text = body.decode("utf-8", "replace")
        for secret in _secrets(settings):
            url, text = url.replace(secret, HIDDEN), text.replace(secret, HIDDEN)
        try:
            return {"request": f"{method} {url}", "body": json.loads(text)}
        except ValueError:
            return {"request": f"{method} {url}", "body": text}


def _secrets(settings: DestinationSettings) -> list[str]:
    values = [getattr(settings, each.name) for each in dataclasses.fields(settings)]
    revealed = [value.reveal() for value in values if isinstance(value, Secret)]
    return [secret for secret in revealed if len(secret) >= SHORTEST]


def example_settings(kind: str) -> DestinationSettings:
    """Settings of a kind with examples for what must be given."""
    return KINDS[kind](**REQUIRED[kind])
