"""The email destination: compose, send, and say what the mail server said."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from fraiseql_observe.errors import DeliveryError, Reason, TemplateError
from fraiseql_observe.incident import payload
from fraiseql_observe.notify.base import Sent, Traits
from fraiseql_observe.notify.email import compose, refusal
from fraiseql_observe.notify.email.smtp import Mailer
from fraiseql_observe.notify.picture import draw

if TYPE_CHECKING:
    from fraiseql_observe.config.email import EmailDestination
    from fraiseql_observe.incident.message import Message
    from fraiseql_observe.notify.email.smtp import Taken
    from fraiseql_observe.notify.tools import Tools

PREVIEWED = "preview"
REMEMBERED = 500  # deliveries that some addresses got and others did not yet

log = logging.getLogger(__name__)


class Email:
    """Sends through one mail server to a list of addresses.

    A repeat carries the same Message-ID, by which mail servers and readers know it; so an ambiguous sending is
    tried again: a mail twice is better than none.
    """

    traits: ClassVar[Traits] = Traits(idempotent=True, waits_for_enrichment=True, per_second=5, timeout=60)
    kind: ClassVar[str] = "email"

    def __init__(self, name: str, settings: EmailDestination, tools: Tools) -> None:
        self.name = name
        self.settings = settings
        self._render = tools.templates.render
        self._sender = compose.ascii_address(settings.sender)
        self._to = tuple(dict.fromkeys(compose.ascii_address(address) for address in settings.to))
        self._mailer = Mailer(settings, helo=compose.domain_of(settings.sender))
        self._have_it: OrderedDict[str, frozenset[str]] = OrderedDict()

    def __repr__(self) -> str:
        return f"Email({self.name!r})"

    @property
    def channel(self) -> str:
        """The mail server and its user share a pace; what one mailbox refuses says nothing about another."""
        return f"email:{self.settings.host}:{self.settings.port}:{self.settings.username}"

    async def send(self, message: Message) -> Sent:
        """Send to those addresses that do not have it yet.

        Raises:
            DeliveryError: nobody got it, some may get it later, or nobody knows.
        """
        have_it = self._have_it.get(message.delivery_id, frozenset())
        to = [address for address in self._to if address not in have_it]
        taken, ref = await self._sent(message, to)
        self._have_it.pop(message.delivery_id, None)
        later = {address for address, (code, _) in taken.refused.items() if code < refusal.PERMANENT}
        if later:
            self._remember(message.delivery_id, have_it | set(to) - later)
            raise refusal.of_recipients(taken.refused, len(self._to))
        detail = f"not taken for {refusal.listed(taken.refused)}" if taken.refused else ""
        return Sent(ref=ref, status=taken.code, detail=detail)

    def preview(self, message: Message) -> dict[str, str]:
        """Subject, text and html as they would be sent, the picture inside the page; nothing is sent.

        Raises:
            TemplateError: a template cannot be rendered.
        """
        picture = self._picture(message)
        shown = compose.content(message, self._render, picture=PREVIEWED if picture else "")
        data = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
        return {
            "subject": compose.subject(message, self.settings, self._render),
            "text": shown.text,
            "html": shown.html.replace(f"cid:{PREVIEWED}", data),
        }

    async def close(self) -> None:
        await self._mailer.close()

    async def _sent(self, message: Message, to: list[str]) -> tuple[Taken, dict[str, str]]:
        """Shorter, if it turns out too large for the server."""
        seconds = (self.settings.timeout or timedelta(seconds=self.traits.timeout)).total_seconds()
        mail, ref = await asyncio.to_thread(self._compose, message, self.settings.largest)
        try:
            return await self._mailer.send(mail, self._sender, to, seconds), ref
        except DeliveryError as error:
            if error.reason is not Reason.TOO_LARGE:
                raise
        shorter, ref = await asyncio.to_thread(self._compose, message, len(mail) // 2)
        return await self._mailer.send(shorter, self._sender, to, seconds), ref

    def _compose(self, message: Message, largest: int) -> tuple[bytes, dict[str, str]]:
        largest = min(filter(None, (largest, self._mailer.largest)))
        try:
            return compose.compose(
                message, self.name, self.settings, self._render, picture=self._picture(message), largest=largest
            )
        except TemplateError as error:
            raise DeliveryError(error.message, reason=Reason.TEMPLATE, retryable=False, hint=error.hint) from error

    def _picture(self, message: Message) -> bytes:
        """A mail without its picture is better than none, whatever a metric's values do to the drawing."""
        trend = message.enrichment.trend
        if not self.settings.picture or trend is None or not trend.points:
            return b""
        try:
            return draw(trend, started=_started(message), now=message.now)
        except (ArithmeticError, ValueError, OSError):
            log.exception("a picture could not be drawn", extra={"incident": message.incident.id})
            return b""

    def _remember(self, delivery_id: str, have_it: frozenset[str] | set[str]) -> None:
        self._have_it[delivery_id] = frozenset(have_it)
        while len(self._have_it) > REMEMBERED:
            self._have_it.popitem(last=False)


def _started(message: Message) -> datetime:
    starts = [alert.starts_ns for alert in message.alerts]
    return payload.moment(min(starts)) if starts else message.incident.opened_at
