"""What a click in Slack is, and whether to believe it. Pure: bytes in, a `Click` or a refusal out.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from fraiseql_observe.errors import PayloadError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from fraiseql_observe.config.slack import SlackSettings

FRESH = 300  # seconds; an older request may be one that somebody kept
LARGEST = 256 * 1024  # bytes; a payload repeats the whole message
TIMESTAMP = "X-Slack-Request-Timestamp"
SIGNATURE = "X-Slack-Signature"
PREFIX = "fraiseql_observe."


class ClickAction(StrEnum):
    """What the buttons ask for; `LOOK` is a link button, which Slack reports too."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    LOOK = "look"


@dataclass(frozen=True, slots=True)
class Click:
    """One click. `version` is that of the incident when the button was drawn; `user_team` is the clicker's home."""

    action: ClickAction
    incident_id: str
    version: int
    user: str
    user_name: str
    team: str
    user_team: str
    channel: str
    ts: str
    response_url: str


def verify(headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> bool:
    """Did Slack sign exactly these bytes, within the last five minutes? Never raises, whatever was sent."""
    stamp, given = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
    if not secret or not (stamp.isascii() and stamp.isdigit()) or len(stamp) > 12:  # noqa: PLR2004
        return False
    if abs(now.timestamp() - int(stamp)) > FRESH:
        return False
    return hmac.compare_digest(sign(body, secret, int(stamp)).encode(), given.encode("utf-8", "replace"))


def sign(body: bytes, secret: str, stamp: int) -> str:
    """The signature as Slack writes it."""
    return "v0=" + hmac.new(secret.encode(), b"v0:%d:%b" % (stamp, body), hashlib.sha256).hexdigest()


def parse(body: bytes) -> Click:
    """Read the form that Slack posts.

    Raises:
        PayloadError: it is not a click on one of our buttons: says what is wrong with it.
    """
    raise NotImplementedError


def refusal(click: Click, settings: SlackSettings) -> str:
    """Why this person may not do that, one sentence to show; empty when they may."""
    raise NotImplementedError
