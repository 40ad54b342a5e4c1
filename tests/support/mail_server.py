"""A real SMTP server in the test's loop, that answers as it is told to."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Self

from aiosmtpd.smtp import SMTP, AuthResult

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

HOLD = "hold"  # answer never
HANG_UP = "hang up"  # end the connection instead of an answer


class MailServer:
    """`mail`, `rcpt` and `data` hold answers that are used up in order; without any the answer is yes."""

    def __init__(self, *, certificate: tuple[Path, Path] | None = None, tls: bool = False, user: str = "", **options):
        self.rcpt: dict[str, list[str]] = {}
        self.mail: list[str] = []
        self.data: list[str] = []
        self.received: list[tuple[list[str], bytes]] = []
        self.connections = 0
        self.sessions: list[SMTP] = []
        self._user = user
        self._options = options
        self._context = None
        self._tls = tls
        if certificate:
            self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._context.load_cert_chain(*certificate)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._protocol, "127.0.0.1", 0, ssl=self._context if self._tls else None
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for session in self.sessions:
            if session.transport:
                session.transport.abort()
        await asyncio.sleep(0)

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, policy=default) for _, raw in self.received]

    def _protocol(self) -> SMTP:
        self.connections += 1
        options = {"ident": "test", "hostname": "localhost", **self._options}
        if self._context and not self._tls:
            options |= {"tls_context": self._context, "require_starttls": True}
        if self._user:
            options |= {"auth_required": True, "auth_require_tls": not self._tls, "authenticator": self._login}
        session = SMTP(self, **options)
        self.sessions.append(session)
        return session

    def _login(self, server, session, envelope, mechanism, data) -> AuthResult:  # noqa: ARG002  aiosmtpd's signature
        given = b":".join((data.login, data.password)).decode()
        return AuthResult(success=given == self._user, handled=False)

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: ARG002, N802
        answer = self.mail.pop(0) if self.mail else "250 OK"
        if answer == HANG_UP:
            server.transport.abort()
        if answer.startswith("250"):
            envelope.mail_from = address
        return answer

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: ARG002, N802
        answers = self.rcpt.get(address, [])
        answer = answers.pop(0) if answers else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):  # noqa: ARG002, N802
        answer = self.data.pop(0) if self.data else "250 OK"
        if answer == HOLD:
            await asyncio.sleep(60)
        self.received.append((list(envelope.rcpt_tos), envelope.original_content))
        if answer == HANG_UP:
            server.transport.abort()
        return answer


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed one for localhost: its file, and its key's."""
    files = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-out", files[0], "-keyout", files[1]],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    return files
