"""From what a mail says to its bytes: parts, headers, threading and size. Pure but for the templates' files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING

from fraiseql_observe.errors import DeliveryError, Reason
from fraiseql_observe.incident.model import Severity, State
from fraiseql_observe.notify import escape
from fraiseql_observe.notify.email import view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from fraiseql_observe.config.email import EmailDestination
    from fraiseql_observe.incident.message import Message

    Render = Callable[[str, Mapping[str, object]], str]

ROOT, SUBJECT = "message_id", "subject"  # what the receipt keeps of an incident's first mail
FEW_ROWS = 5
PICTURE = "trend.png"
_ID = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Content:
    text: str
    html: str


def ascii_address(address: str) -> str:
    """The address with its domain as DNS knows it."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain if domain.isascii() else domain.encode('idna').decode('ascii')}"


def domain_of(address: str) -> str:
    return ascii_address(address).rpartition("@")[2]


def message_id(message: Message, domain: str) -> str:
    """The same for every try of a delivery, so that servers and readers know a repeat."""
    return f"<{_ID.sub('-', message.delivery_id)}@{domain}>"


def subject(message: Message, settings: EmailDestination, render: Render) -> str:
    """One line; all mails of an incident have the same when the settings ask for that."""
    first = message.receipt.get(SUBJECT, "")
    if settings.one_subject and first:
        return f"Re: {first}"
    return escape.header(render("email/subject.txt.j2", view.variables(message)))


def compose(
    message: Message, name: str, settings: EmailDestination, render: Render, *, picture: bytes = b"", largest: int
) -> tuple[bytes, dict[str, str]]:
    """The mail's bytes, and what the next mail of the incident wants to know of the first.

    Args:
        message: what to say.
        name: of the destination.
        settings: from whom, to whom.
        render: makes text of a template's name and its variables.
        picture: a PNG; empty without one.
        largest: bytes; the picture is left out first, then most alerts.

    Raises:
        TemplateError: a template cannot be rendered.
        DeliveryError: even the shortest form is too large.
    """
    title = subject(message, settings, render)
    for pictured, rows in ((picture, view.ROWS), (b"", view.ROWS), (b"", FEW_ROWS)):
        mail = EmailMessage(policy=SMTP)
        for key, value in _headers(message, name, settings, title):
            mail[key] = value
        _fill(mail, message, render, pictured, rows)
        written = mail.as_bytes()
        if len(written) <= largest:
            root = {ROOT: message_id(message, domain_of(settings.sender)), SUBJECT: title}
            return written, {} if message.receipt.get(ROOT) else root
    raise DeliveryError(
        f"The mail has {len(written)} bytes, and {largest} are allowed.", reason=Reason.TOO_LARGE, retryable=False
    )


def _headers(message: Message, name: str, settings: EmailDestination, title: str) -> Iterator[tuple[str, object]]:
    domain, incident = domain_of(settings.sender), message.incident
    yield "From", Address(escape.header(settings.sender_name, 80), addr_spec=ascii_address(settings.sender))
    yield "To", [Address(addr_spec=ascii_address(address)) for address in settings.to]
    if settings.reply_to:
        yield "Reply-To", Address(addr_spec=ascii_address(settings.reply_to))
    yield "Subject", title
    yield "Date", format_datetime(message.now)
    yield "Message-ID", message_id(message, domain)
    if root := escape.header(message.receipt.get(ROOT, "")):
        yield "In-Reply-To", root
        yield "References", root
    yield "Auto-Submitted", "auto-generated"
    yield "X-Auto-Response-Suppress", "All"
    yield "List-Id", f"<{_ID.sub('-', name)}.fraiseql-observe.{domain}>"
    if incident.severity is Severity.CRITICAL and incident.state is State.FIRING:
        yield "Importance", "high"
        yield "X-Priority", "1"
    yield "X-FraiseQL-Observe-Incident", escape.header(incident.id)
    yield "X-FraiseQL-Observe-State", incident.state.value
    yield "X-FraiseQL-Observe-Severity", incident.severity.value
    yield "X-FraiseQL-Observe-Action", message.action.value
    yield "X-FraiseQL-Observe-Delivery", escape.header(message.delivery_id)


def content(message: Message, render: Render, *, picture: str = "", rows: int = view.ROWS) -> Content:
    """The two forms of a mail; `picture` is the content id of its picture, empty without one."""
    variables = view.variables(message, picture=picture, rows=rows)
    return Content(render("email/body.txt.j2", variables), render("email/body.html.j2", variables))


def _fill(mail: EmailMessage, message: Message, render: Render, picture: bytes, rows: int) -> None:
    """Plain text, or HTML with its picture: multipart/alternative, the better one last."""
    cid = message_id(message, f"picture.{domain_of(str(mail['From'].addresses[0].addr_spec))}") if picture else ""
    said = content(message, render, picture=cid[1:-1], rows=rows)
    mail.set_content(said.text, cte="quoted-printable")
    mail.add_alternative(said.html, subtype="html", cte="quoted-printable")
    if picture:
        html = mail.get_payload()[1]  # type: ignore[index]
        html.add_related(picture, "image", "png", cid=cid, filename=PICTURE, disposition="inline")  # type: ignore[union-attr]
