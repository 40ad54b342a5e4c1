"""Settings of an email destination."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from fraiseql_observe.config.declare import NO_SECRET, Secret, Size, setting
from fraiseql_observe.config.destinations import DestinationSettings

# A local part in ASCII: most servers do not speak SMTPUTF8. The domain may be international.
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,253}")


class Encryption(StrEnum):
    """How the connection to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailDestination(DestinationSettings):
    """Mails in HTML and plain text, one thread an incident."""

    kind: ClassVar[str] = "email"

    host: str = setting("Mail server that takes our messages.", example="smtp.example.com")
    port: int = setting(
        "Its port: 587 for `starttls`, 465 for `tls`, 25 for a relay.", default=587, minimum=1, maximum=65535
    )
    encryption: Encryption = setting(
        "`starttls` demands it after connecting, `tls` speaks it from the first byte, `none` sends in the clear.",
        default=Encryption.STARTTLS,
    )
    ca_file: str = setting(
        "File of certificates to trust instead of the system's, for a server with a private authority.", default=""
    )
    username: str = setting("User name; without one nobody logs in.", default="")
    password: Secret = setting("Password of that user.", default=NO_SECRET)
    sender: str = setting("Address that the messages are from.", example="alerts@example.com", pattern=ADDRESS.pattern)
    sender_name: str = setting("Name beside that address.", default="FraiseQL Observe")
    to: tuple[str, ...] = setting("Addresses that get the messages.", example="[oncall@example.com]")
    reply_to: str = setting("Address that answers go to, when it is another.", default="")
    one_subject: bool = setting(
        "Repeat the first message's subject in all later ones of an incident, after `Re:`. Gmail shows a thread only "
        "then; otherwise the subject says the state.",
        default=False,
    )
    picture: bool = setting("Put a picture of the metric into the message.", default=True)
    largest: Size = setting(
        "Largest message; the picture is left out first, then rows of the alerts' table. The server's own limit "
        "counts too.",
        default=Size(1024 * 1024),
        minimum=32768,
        maximum=25 * 1024 * 1024,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield (key, sentence) for what cannot work."""
        if not self.to:
            yield "to", "name at least one address"
        for key, addresses in (("to", self.to), ("sender", (self.sender,)), ("reply_to", (self.reply_to,))):
            for address in filter(None, addresses):
                if not ADDRESS.fullmatch(address):
                    yield key, f"{address!r} is not an address such as oncall@example.com"
        if self.password and not self.username:
            yield "username", "a password needs a user name"
        if self.username and self.encryption is Encryption.NONE:
            yield "encryption", "a password is not sent in the clear: choose starttls or tls"
