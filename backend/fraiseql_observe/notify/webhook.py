"""Webhooks to endpoints of the user's own, signed as Standard Webhooks says."""

from __future__ import annotations

import base64
import ipaddress
import json
from typing import TYPE_CHECKING, ClassVar

from fraiseql_observe.errors import ConfigError, DeliveryError, Reason, TemplateError
from fraiseql_observe.notify import signing
from fraiseql_observe.notify.addresses import Guard
from fraiseql_observe.notify.base import Sent, Traits
from fraiseql_observe.notify.bounds import VALUE, cut_all, encode, fewer_alerts
from fraiseql_observe.notify.identity import channel
from fraiseql_observe.notify.limits import limits
from fraiseql_observe.notify.wire import document

if TYPE_CHECKING:
    from fraiseql_observe.config.webhook import WebhookDestination
    from fraiseql_observe.incident.message import Message
    from fraiseql_observe.notify.addresses import Network
    from fraiseql_observe.notify.tools import Tools

_CONTROL = frozenset("\r\n\0")


class Webhook:
    """One endpoint. Only 2xx is success; `webhook-id` is the delivery's id, the same over all retries."""

    kind: ClassVar[str] = "webhook"
    # An endpoint of one's own: a storm of alerts is told as fast as it takes them.
    traits: ClassVar[Traits] = Traits(
        idempotent=True, waits_for_enrichment=True, per_second=200, burst=500, concurrency=32
    )

    def __init__(self, name: str, settings: WebhookDestination, tools: Tools) -> None:
        self.name = name
        self.settings = settings
        self.channel = channel(self.kind, settings.url)
        self._tools = tools
        self._guard = Guard(anywhere=settings.allow_private, networks=_networks(name, settings))
        self._keys = _keys(name, settings)
        self._headers = _headers(name, settings)
        self._within = limits(self.traits, settings).timeout

    def __repr__(self) -> str:
        return f"Webhook({self.name!r})"

    async def send(self, message: Message) -> Sent:
        """Post the message.

        Raises:
            DeliveryError: it was refused, or nobody knows.
        """
        body = self._body(message)
        seconds = int(self._tools.clock().timestamp())
        headers = self._headers | signing.headers(self._keys, message.delivery_id, seconds, body)
        answer = await self._tools.http.post(self.settings.url, body, headers, within=self._within, guard=self._guard)
        return Sent(status=answer.status)

    async def close(self) -> None:
        """Nothing is held open but the shared connections."""

    def _body(self, message: Message) -> bytes:
        limit = self.settings.max_body
        make = self._templated if self.settings.template else _default
        body = fewer_alerts(message, limit, make)
        if len(body) > limit and not self.settings.template:
            body = fewer_alerts(message, limit, lambda each: encode(cut_all(document(each), VALUE)))
        if len(body) > limit:
            raise DeliveryError(
                f"The message is longer than {limit} bytes even without alerts.",
                reason=Reason.TOO_LARGE,
                retryable=False,
                hint="Raise `max_body` of this destination, or shorten its template.",
            )
        return body

    def _templated(self, message: Message) -> bytes:
        try:
            text = self._tools.templates.render(self.settings.template, document(message))
            if self.settings.content_type.partition(";")[0].strip() == "application/json":
                json.loads(text)
        except TemplateError as error:
            raise DeliveryError(error.message, reason=Reason.TEMPLATE, retryable=False, hint=error.hint) from error
        except ValueError as error:
            raise DeliveryError(
                f"{self.settings.template} did not give JSON: {error}.",
                reason=Reason.TEMPLATE,
                retryable=False,
                hint="Write values with `tojson` and no quotes around them: {{ data.incident.title | tojson }}.",
            ) from error
        return text.encode(errors="replace")


def _default(message: Message) -> bytes:
    return encode(document(message))


def _headers(name: str, settings: WebhookDestination) -> dict[str, str]:
    """Return what every request carries; secrets are in here, so it is never shown."""
    headers = {"Content-Type": settings.content_type, **settings.headers}
    if settings.token:
        headers["Authorization"] = f"Bearer {settings.token.reveal()}"
    if settings.username:
        pair = f"{settings.username}:{settings.password.reveal()}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    if settings.header:
        headers[settings.header] = settings.header_value.reveal()
    for key, value in headers.items():
        if not key or not (key.isascii() and value.isascii()) or _CONTROL & set(key + value):
            raise ConfigError(
                f"destinations.{name}: the header {key!r} is not ASCII on one line.",
                hint="A file that holds a secret must hold nothing else; a line break at its end is taken off.",
            )
    return headers


def _keys(name: str, settings: WebhookDestination) -> tuple[bytes, ...]:
    try:
        return signing.keys(settings.signing_secret.reveal())
    except ValueError as error:
        raise ConfigError(
            f"destinations.{name}.signing_secret: {error}.",
            hint='Make one with: python -c "import base64, secrets;'
            " print('whsec_' + base64.b64encode(secrets.token_bytes(32)).decode())\"",
        ) from None


def _networks(name: str, settings: WebhookDestination) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(network) for network in settings.allowed_networks)
    except ValueError as error:
        raise ConfigError(f"destinations.{name}.allowed_networks: {error}.", hint="Write 10.20.0.0/16.") from None
