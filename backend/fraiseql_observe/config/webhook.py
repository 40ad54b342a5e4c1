"""What a webhook destination is told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from fraiseql_observe.config.declare import NO_SECRET, Secret, Size, setting
from fraiseql_observe.config.destinations import DestinationSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDestination(DestinationSettings):
    """An endpoint of your own."""

    kind: ClassVar[str] = "webhook"

    url: str = setting("Where messages are posted.", pattern=r"https?://.+", example="https://example.org/hooks/alerts")
    template: str = setting(
        "Template of the body, a file under `templates.folder`; JSON as documented when empty.",
        default="",
        example="webhook/ticket.json.j2",
    )
    content_type: str = setting("Of the templated body.", default="application/json")
    signing_secret: Secret = setting(
        "Signs each message as Standard Webhooks 1.0 says: `whsec_` and 24 to 64 random bytes in base64. Several, with"
        " blanks between, while you change it.",
        default=NO_SECRET,
    )
    token: Secret = setting("Sent as `Authorization: Bearer …`.", default=NO_SECRET)
    username: str = setting("For basic authentication.", default="")
    password: Secret = setting("For basic authentication.", default=NO_SECRET)
    header: str = setting("Name of a header of your own that carries `header_value`.", default="", example="X-Api-Key")
    header_value: Secret = setting("Value of that header.", default=NO_SECRET)
    headers: Mapping[str, str] = setting("More headers, not secret.", factory=dict, example="{X-Team: databases}")
    allow_private: bool = setting(
        "Also post to private, loopback and link-local addresses.",
        default=False,
    )
    allowed_networks: tuple[str, ...] = setting(
        "Networks that it may post to although they are private.", default=(), example="[10.20.0.0/16]"
    )
    max_body: Size = setting(
        "Longer bodies are cut: alerts are left out first.", default=Size(256 * 1024), minimum=4096, maximum=8_388_608
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what does not go together."""
        if self.token and self.username:
            yield "token", "give either a token or a user name with its password"
        if bool(self.header) != bool(self.header_value):
            yield "header", "`header` and `header_value` go together"
