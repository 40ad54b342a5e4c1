"""A mail server (SMTP) that keeps what it gets instead of sending it on."""

from __future__ import annotations

import email
import email.policy
from collections import deque
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller

from fraiseql_observe.demo.sinks.arrivals import KEPT

if TYPE_CHECKING:
    from email.message import EmailMessage

    from fraiseql_observe.demo.sinks.arrivals import Arrivals

LARGEST = 10_000_000  # bytes of one mail


class Mailbox:
    """What arrived, newest last."""

    def __init__(self, arrivals: Arrivals) -> None:
        self._arrivals = arrivals
        self.mails: deque[EmailMessage] = deque(maxlen=KEPT)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        """Take one mail; the answer is SMTP's."""
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append(mail)
        self._arrivals.add(f"Email to {', '.join(envelope.rcpt_tos)}", "arrived", str(mail["subject"]))
        return "250 Message accepted for delivery"


def controller(mailbox: Mailbox, host: str, port: int) -> Controller:
    """Return the server, not yet started; it has a thread of its own."""
    return Controller(mailbox, hostname=host, port=port, data_size_limit=LARGEST, ready_timeout=10.0)


def plain_text(mail: EmailMessage) -> str:
    """Return the mail as somebody without HTML reads it."""
    part = mail.get_body(preferencelist=("plain",))
    return str(part.get_content()) if part else ""


def has_picture(mail: EmailMessage) -> bool:
    return any(part.get_content_type() == "image/png" for part in mail.walk())
