"""Hand messages to a mail server: a few connections, each kept for a while and for so many messages."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aiosmtplib

from fraiseql_observe.config.email import Encryption
from fraiseql_observe.errors import ConfigError
from fraiseql_observe.notify.email import refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fraiseql_observe.config.email import EmailDestination

IDLE = 2  # connections that are kept
IDLE_SECONDS = 20.0  # servers hang up after minutes; between bursts nobody needs us
MESSAGES = 50  # for one connection; many servers end it at a hundred
QUIT_SECONDS = 2.0
CLOSING = 421  # the server ends the connection


@dataclass(frozen=True, slots=True)
class Taken:
    """The server has the message for all recipients but the refused (address -> code and words)."""

    code: int
    said: str
    refused: dict[str, tuple[int, str]]


@dataclass(slots=True)
class _Connection:
    client: aiosmtplib.SMTP
    messages: int = 0
    since: float = 0.0  # last used
    written: bool = field(default=False)  # the message was sent, its answer is missing


class Mailer:
    """One mail server as one user. All methods are for one event loop.

    Args:
        settings: where it is and how to log in.
        helo: the name we greet with.

    Raises:
        ConfigError: the file of certificates cannot be read.
    """

    def __init__(self, settings: EmailDestination, *, helo: str) -> None:
        self._settings = settings
        self._helo = helo
        self._tls = _context(settings)
        self._idle: list[_Connection] = []
        self._leaving: set[asyncio.Task[None]] = set()
        self.largest = 0  # bytes, as the server says; 0 when it does not

    async def send(self, message: bytes, sender: str, recipients: Sequence[str], seconds: float) -> Taken:
        """Send within so many seconds.

        Raises:
            DeliveryError: nobody got it, or nobody knows; when some addresses are refused, the others got it.
        """
        connection: _Connection | None = None
        try:
            async with asyncio.timeout(seconds):
                connection = self._reusable()
                taken = await self._reused(connection, message, sender, recipients) if connection else None
                if taken is None:
                    connection = await self._connect(seconds)
                    taken = await _transfer(connection, message, sender, recipients)
        except (aiosmtplib.SMTPException, TimeoutError, OSError) as error:
            written = connection.written if connection else False
            raise refusal.of_error(error, written=written) from error
        finally:
            if connection:
                self._give_back(connection)
        if len(taken.refused) == len(recipients):
            raise refusal.of_recipients(taken.refused, len(recipients))
        return taken

    async def close(self) -> None:
        """Take leave of the server."""
        for connection in self._idle:
            self._leave(connection)
        self._idle.clear()
        if self._leaving:
            await asyncio.wait(self._leaving)

    async def _reused(
        self, connection: _Connection, message: bytes, sender: str, recipients: Sequence[str]
    ) -> Taken | None:
        """Nothing when the server had ended the connection meanwhile, before it got the message."""
        try:
            return await _transfer(connection, message, sender, recipients)
        except aiosmtplib.SMTPSenderRefused as error:
            if error.code != CLOSING:
                raise
        except ConnectionError:
            if connection.written:
                raise
        self._leave(connection)
        return None

    def _reusable(self) -> _Connection | None:
        now = asyncio.get_running_loop().time()
        while self._idle:
            connection = self._idle.pop()
            if connection.client.is_connected and now - connection.since < IDLE_SECONDS:
                return connection
            self._leave(connection)
        return None

    async def _connect(self, seconds: float) -> _Connection:
        settings = self._settings
        client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            username=settings.username or None,
            password=settings.password.reveal() or None,
            local_hostname=self._helo,
            timeout=seconds,
            use_tls=settings.encryption is Encryption.TLS,
            start_tls=settings.encryption is Encryption.STARTTLS,
            tls_context=self._tls,
        )
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await _greet(client)
        except BaseException:
            client.close()
            raise
        said = client.esmtp_extensions.get("size", "")
        self.largest = int(said) if said.isdigit() else 0
        return _Connection(client)

    def _give_back(self, connection: _Connection) -> None:
        """Keep a connection that is between two messages; end any other."""
        connection.since = asyncio.get_running_loop().time()
        usable = connection.client.is_connected and connection.messages < MESSAGES and connection.messages > 0
        if usable and not connection.written and len(self._idle) < IDLE:
            self._idle.append(connection)
        else:
            self._leave(connection)

    def _leave(self, connection: _Connection) -> None:
        """Say goodbye in the background: nobody waits for that."""
        if connection.written or not connection.client.is_connected:
            connection.client.close()
            return
        task = asyncio.create_task(_quit(connection.client))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)


async def _transfer(connection: _Connection, message: bytes, sender: str, recipients: Sequence[str]) -> Taken:
    client = connection.client
    sized = [f"SIZE={len(message)}"] if client.supports_extension("size") else []
    await client.mail(sender, options=sized)
    refused: dict[str, tuple[int, str]] = {}
    for recipient in recipients:
        try:
            await client.rcpt(recipient)
        except aiosmtplib.SMTPRecipientRefused as error:
            refused[recipient] = (error.code, error.message)
    if len(refused) == len(recipients):
        await client.rset()
        connection.messages += 1
        return Taken(0, "", refused)
    connection.written = True
    try:
        answer = await client.data(message)
    except aiosmtplib.SMTPDataError:
        connection.written = False
        raise
    connection.written = False
    connection.messages += 1
    return Taken(answer.code, answer.message, refused)


async def _greet(client: aiosmtplib.SMTP) -> None:
    """As RFC 5321 has it: a server that does not know EHLO is greeted the old way."""
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        await client.helo()


async def _quit(client: aiosmtplib.SMTP) -> None:
    with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
        await client.quit(timeout=QUIT_SECONDS)
    client.close()


def _context(settings: EmailDestination) -> ssl.SSLContext | None:
    if settings.encryption is Encryption.NONE:
        return None
    try:
        return ssl.create_default_context(cafile=settings.ca_file or None)
    except OSError as error:
        raise ConfigError(
            f"The certificates in {settings.ca_file} cannot be read: {error.strerror or type(error).__name__}.",
            hint="`ca_file` is a PEM file that this user may read",
        ) from None
