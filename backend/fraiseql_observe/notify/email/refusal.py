"""What a mail server's no means: whether to come again, and what to tell people. Pure.

Codes: RFC 5321 4.2; enhanced codes: RFC 3463.
"""

from __future__ import annotations

import re
import ssl
from typing import TYPE_CHECKING

import aiosmtplib

from fraiseql_observe.errors import DeliveryError, Reason
from fraiseql_observe.notify import escape

if TYPE_CHECKING:
    from collections.abc import Mapping

PERMANENT = 500
SAID = 200  # characters of the server's words
AUTH_CODES = frozenset({432, 454, 530, 534, 535, 538})
CROWDED = re.compile(r"\b4\.7\.|\brate|too many|throttl|try again later|4\.2\.1\b|4\.5\.3\b", re.IGNORECASE)
NO_MAILBOX = re.compile(r"\b5\.1\.[0-36]\b|\b5\.2\.1\b")
TOO_LARGE = re.compile(r"\b5\.3\.4\b|\b5\.2\.3\b")


def of_error(error: Exception, *, written: bool) -> DeliveryError:
    """What a failed conversation means; `written`: the whole message was sent, and only the answer is missing."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return of_answer(error.code, error.message, greeting=_before_the_message(error))
    where = "" if written else "check `host`, `port` and `encryption`"
    if isinstance(error, TimeoutError):
        return _unanswered("does not answer in time", Reason.TIMEOUT, written=written, hint=where)
    if _is_untrusted(error):
        return _unanswered(
            "has a certificate that is not trusted", Reason.CONNECTION, hint="set `ca_file`, or mend the certificate"
        )
    if isinstance(error, aiosmtplib.SMTPException) and not isinstance(error, ConnectionError):
        return _unanswered(
            f"cannot do what the settings ask: {escape.plain(error.message, SAID)}",
            Reason.CONNECTION,
            hint="check `encryption`, `port` and `username`",
        )
    return _unanswered("cannot be reached, or hung up", Reason.CONNECTION, written=written, hint=where)


def of_answer(code: int, said: str, *, greeting: bool = False) -> DeliveryError:
    """What an answer other than yes means: 4xx is for now, 5xx is for good.

    A no in place of a greeting says nothing about this message: it is for now, too.
    """
    words = escape.plain(said, SAID)
    return DeliveryError(
        f"The mail server answers {code}{': ' if words else ''}{words}",
        reason=_reason(code, said),
        retryable=code < PERMANENT or greeting,
        status=code,
    )


def of_recipients(refused: Mapping[str, tuple[int, str]], total: int) -> DeliveryError:
    """What it means that recipients were refused: one that may be accepted later makes it worth another try."""
    later = {address: answer for address, answer in refused.items() if answer[0] < PERMANENT}
    code, said = next(iter((later or refused).values()))
    error = of_answer(code, said)
    error.message = f"{len(refused)} of {total} addresses were refused: {listed(refused)}"
    return error


def listed(refused: Mapping[str, tuple[int, str]]) -> str:
    """Who was refused and why, for people."""
    shown = [f"{address} ({code} {escape.plain(said, 80)})" for address, (code, said) in list(refused.items())[:3]]
    return ", ".join(shown) + (f" and {len(refused) - 3} more" if len(refused) > 3 else "")  # noqa: PLR2004


def _before_the_message(error: aiosmtplib.SMTPResponseException) -> bool:
    return isinstance(error, aiosmtplib.SMTPConnectResponseError | aiosmtplib.SMTPHeloError)


def _is_untrusted(error: BaseException) -> bool:
    return isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError)


def _reason(code: int, said: str) -> Reason:
    if code in AUTH_CODES:
        return Reason.AUTH
    if code < PERMANENT:
        return Reason.RATE_LIMITED if CROWDED.search(said) else Reason.SERVER_ERROR
    if code == 552 or TOO_LARGE.search(said):  # noqa: PLR2004
        return Reason.TOO_LARGE
    if code in {550, 551, 553} and (NO_MAILBOX.search(said) or "5.7." not in said):
        return Reason.NOT_FOUND
    return Reason.CLIENT_ERROR


def _unanswered(what: str, reason: Reason, *, written: bool = False, hint: str = "") -> DeliveryError:
    said = f"The mail server {what}" + (" after the message was sent." if written else ".")
    return DeliveryError(said, reason=reason, retryable=True, ambiguous=written, hint=hint)
