"""A press of a button in the demo's Slack: what Slack would send to the backend, signed as Slack signs it.

https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from fraiseql_observe.demo.sinks.slack import CHANNEL, CHANNEL_NAME, TEAM, Posted

if TYPE_CHECKING:
    from collections.abc import Mapping

USER, USER_NAME = "U0DEMOADA", "ada"


def button(message: Posted, action: str) -> Mapping[str, Any] | None:
    """Return the button whose action ends in `action`, None where the message has none."""
    return next((each for each in message.buttons if str(each.get("action_id", "")).endswith(action)), None)


def payload(message: Posted, pressed: Mapping[str, Any], response_url: str) -> dict[str, Any]:
    """Return what Slack says about the press of a button."""
    return {
        "type": "block_actions",
        "user": {"id": USER, "username": USER_NAME, "name": USER_NAME, "team_id": TEAM},
        "team": {"id": TEAM, "domain": "demo"},
        "api_app_id": "A0DEMO",
        "container": {"type": "message", "message_ts": message.ts, "channel_id": CHANNEL, "is_ephemeral": False},
        "channel": {"id": CHANNEL, "name": CHANNEL_NAME},
        "message": {"type": "message", "ts": message.ts, "text": message.text, "blocks": message.all_blocks},
        "response_url": response_url,
        "actions": [{**pressed, "action_ts": message.ts}],
    }


def request(said: Mapping[str, Any], secret: str, stamp: int) -> tuple[bytes, dict[str, str]]:
    """Return body and headers: a form with one field, under Slack's signature."""
    body = urlencode({"payload": json.dumps(said)}).encode()
    signature = hmac.new(secret.encode(), b"v0:%d:%b" % (stamp, body), hashlib.sha256).hexdigest()
    return body, {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": str(stamp),
        "X-Slack-Signature": f"v0={signature}",
    }
