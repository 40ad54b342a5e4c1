"""What a click in Slack is, and whether to believe it. Pure: bytes in, a `Click` or a refusal out.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qs, urlsplit

import msgspec

from fraiseql_observe.errors import PayloadError
from fraiseql_observe.notify.slack.blocks import ACKNOWLEDGE, LOOK, RESOLVE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from fraiseql_observe.config.slack import SlackSettings

FRESH = 300  # seconds; an older request may be one that somebody kept
LARGEST = 256 * 1024  # bytes; a payload repeats the whole message
TIMESTAMP = "X-Slack-Request-Timestamp"
SIGNATURE = "X-Slack-Signature"
DIGITS = 12  # of a timestamp
VALUE = re.compile(r"(?P<incident>[A-Za-z0-9_-]{1,64}):(?P<version>[0-9]{1,12})", re.ASCII)


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
    if not secret or not (stamp.isascii() and stamp.isdigit()) or len(stamp) > DIGITS:
        return False
    if abs(now.timestamp() - int(stamp)) > FRESH:
        return False
    return hmac.compare_digest(sign(body, secret, stamp).encode(), given.encode("utf-8", "replace"))


def sign(body: bytes, secret: str, stamp: str) -> str:
    """The signature as Slack writes it; `stamp` is the text of the header."""
    signed = b"v0:" + stamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


class _Named(msgspec.Struct):
    id: str = ""
    username: str = ""
    name: str = ""
    team_id: str = ""


class _Pressed(msgspec.Struct):
    action_id: str = ""
    value: str = ""


class _Container(msgspec.Struct):
    message_ts: str = ""
    channel_id: str = ""


class _Payload(msgspec.Struct):
    type: str
    user: _Named
    team: _Named | None = None
    channel: _Named | None = None
    container: _Container = msgspec.field(default_factory=_Container)
    actions: list[_Pressed] = msgspec.field(default_factory=list)
    response_url: str = ""


def parse(body: bytes) -> Click:
    """Read the form that Slack posts.

    Raises:
        PayloadError: it is not a click on one of our buttons: says what is wrong with it.
    """
    payload = _payload(body)
    if payload.type != "block_actions" or not payload.actions:
        raise PayloadError("The payload is no click on a button (type block_actions).")
    pressed = payload.actions[0]
    action = _action(pressed.action_id)
    incident, version = ("", 0) if action is ClickAction.LOOK else _target(pressed.value)
    team = payload.team.id if payload.team else payload.user.team_id  # none where an app is installed for a whole org
    return Click(
        action=action,
        incident_id=incident,
        version=version,
        user=payload.user.id,
        user_name=payload.user.username or payload.user.name,
        team=team,
        user_team=payload.user.team_id or team,
        channel=payload.channel.id if payload.channel else payload.container.channel_id,
        ts=payload.container.message_ts,
        response_url=payload.response_url,
    )


def _payload(body: bytes) -> _Payload:
    try:
        form = parse_qs(body.decode("utf-8"), max_num_fields=10, strict_parsing=True)
        return msgspec.json.decode(form["payload"][0], type=_Payload)
    except (UnicodeError, ValueError, KeyError, RecursionError, msgspec.MsgspecError) as error:
        raise PayloadError("The form has no field `payload` that holds a click of Slack's.") from error


def _action(action_id: str) -> ClickAction:
    if action_id.startswith(LOOK):
        return ClickAction.LOOK
    known = {ACKNOWLEDGE: ClickAction.ACKNOWLEDGE, RESOLVE: ClickAction.RESOLVE}
    if action_id not in known:
        raise PayloadError("The button is none of ours.")
    return known[action_id]


def _target(value: str) -> tuple[str, int]:
    found = VALUE.fullmatch(value)
    if found is None:
        raise PayloadError("The button names no incident.")
    return found["incident"], int(found["version"])


def refusal(click: Click, settings: SlackSettings) -> str:
    """Why this person may not do that, one sentence to show; empty when they may."""
    if settings.teams and click.team not in settings.teams:
        return "Clicks from this workspace are not accepted here."
    if click.user_team not in (settings.teams or (click.team,)):
        return "You are a guest from another workspace: only members of this one may do that."
    if settings.users and click.user not in settings.users:
        return f"You may not do that: your member id {click.user} is not among `slack.users`."
    return ""


def name_of(click: Click, settings: SlackSettings) -> str:
    """What the timeline calls the person: as configured, else as Slack does, with the id that cannot be chosen."""
    return settings.users.get(click.user) or (f"{click.user_name} ({click.user})" if click.user_name else click.user)


def answer_address(click: Click, settings: SlackSettings) -> str:
    """Where an answer to the click may be sent; empty unless it is Slack's own place."""
    try:
        given, own = urlsplit(click.response_url), urlsplit(settings.hooks_url)
        same = _origin(given) == _origin(own)
    except ValueError:
        return ""
    return click.response_url if same and given.username is None and given.hostname else ""


def _origin(url: SplitResult) -> tuple[str, str | None, int | None]:
    return url.scheme, url.hostname, url.port
