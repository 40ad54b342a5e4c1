"""Settings of Slack: the destinations that post, and the section that says who may click."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from fraiseql_observe.config.declare import NO_SECRET, Secret, setting
from fraiseql_observe.config.destinations import DestinationSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackSettings:
    """Who may press the buttons of our messages."""

    signing_secret: Secret = setting(
        "Signing secret of the Slack app (Basic Information, App Credentials). Without it no click is believed.",
        default=NO_SECRET,
    )
    teams: tuple[str, ...] = setting(
        "Workspaces whose members may click, by their id. Empty: every workspace that the app is installed in, but "
        "no guest who came through a channel shared with another workspace.",
        default=(),
        example="[T024BE7LD]",
    )
    users: Mapping[str, str] = setting(
        "People who may click, by their Slack member id, with the name that the timeline shows. Empty: every member "
        "of these workspaces.",
        factory=dict,
        example="{U061F7AUR: Ada Lovelace}",
    )
    hooks_url: str = setting(
        "Where answers to a click may be sent; an address of another scheme, host or port is not believed.",
        default="https://hooks.slack.com",
        pattern=r"https?://[^\s/?#@]+",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackDestination(DestinationSettings):
    """A Slack channel: by bot token, or by incoming webhook as the lesser choice."""

    kind: ClassVar[str] = "slack"

    token: Secret = setting(
        "Bot token (xoxb-…) with the scope chat:write. One message an incident, edited to its newest state, with a "
        "thread and buttons.",
        default=NO_SECRET,
    )
    channel: str = setting(
        "Channel to post to, with `token`; best its id (the name breaks when somebody renames it).",
        default="",
        example="C024BE91L",
    )
    webhook_url: Secret = setting(
        "Incoming webhook, where there can be no bot token. Slack then tells us no message id: each change is a new "
        "message, nothing is edited or threaded, and there are no Acknowledge and Resolve buttons.",
        default=NO_SECRET,
    )
    mention: str = setting(
        "Whom the first message about a critical incident calls: here, channel, a member (U…) or a user group (S…). "
        "Empty: nobody.",
        default="",
        example="here",
        pattern=r"(here|channel|everyone|[UWS][A-Z0-9]{4,20})?",
    )
    buttons: bool = setting(
        "Acknowledge and Resolve buttons, with `token`. They need `slack.signing_secret`, and Slack must reach "
        "/webhooks/slack/actions.",
        default=True,
    )
    api_url: str = setting(
        "Slack's Web API; another address for tests, a proxy or GovSlack.",
        default="https://slack.com/api",
        pattern=r"https?://[^\s?#@]+",
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        """What contradicts itself."""
        if self.token and self.webhook_url:
            yield "webhook_url", "`token` and `webhook_url` exclude each other; the token can do more."
        elif self.token and not self.channel:
            yield "channel", "`token` needs the `channel` to post to."
        elif self.webhook_url and self.channel:
            yield "channel", "An incoming webhook posts to the channel it was made for; leave `channel` out."
        elif not self.token and not self.webhook_url:
            yield "token", "Give `token` and `channel` (edited, threaded, with buttons) or `webhook_url`."
