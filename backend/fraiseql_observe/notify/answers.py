"""What an HTTP answer means: the one place that says which status is worth another try."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fraiseql_observe.errors import DeliveryError, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

SAID = 300  # characters of a destination's own explanation that are kept
LONGEST_REST = timedelta(hours=1)  # whatever a destination asks for
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]+)?", re.ASCII)
_FIRST_FAILURE = 300

_REASONS = {
    HTTPStatus.UNAUTHORIZED: Reason.AUTH,
    HTTPStatus.FORBIDDEN: Reason.AUTH,
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED: Reason.AUTH,
    HTTPStatus.NOT_FOUND: Reason.NOT_FOUND,
    HTTPStatus.REQUEST_TIMEOUT: Reason.TIMEOUT,
    HTTPStatus.GONE: Reason.GONE,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Reason.TOO_LARGE,
    HTTPStatus.TOO_EARLY: Reason.SERVER_ERROR,
    HTTPStatus.TOO_MANY_REQUESTS: Reason.RATE_LIMITED,
}
_RETRYABLE = frozenset({Reason.TIMEOUT, Reason.SERVER_ERROR, Reason.RATE_LIMITED})
_HINTS = {
    Reason.AUTH: "Check the credentials of this destination.",
    Reason.NOT_FOUND: "Check the address of this destination.",
    Reason.GONE: "The endpoint wants nothing more: give its new address or remove the destination.",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` holds at most `http.BODY` bytes; header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def ok(self) -> bool:
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    def mapping(self) -> Mapping[str, Any]:
        """Return the body's JSON object; empty when it is none, whatever it is instead."""
        try:
            said = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return said if isinstance(said, dict) else {}


def failure(answer: Answer, now: datetime, *, said: str = "") -> DeliveryError:
    """Classify an answer that is no success.

    `said` is the destination's own explanation; it is cut and printable here, and must hold no secret.
    """
    reason = _reason(answer.status)
    redirect = _FIRST_FAILURE <= answer.status < HTTPStatus.BAD_REQUEST
    return DeliveryError(
        f"It answered {answer.status}{_phrase(answer.status)}{_explained(said)}.",
        reason=reason,
        retryable=reason in _RETRYABLE,
        retry_after=retry_after(answer.headers.get("retry-after", ""), now) if reason in _RETRYABLE else None,
        status=answer.status,
        hint="Redirects are not followed: give the final address." if redirect else _HINTS.get(reason, ""),
    )


def retry_after(value: str, now: datetime) -> timedelta | None:
    """Read a `Retry-After` header, seconds or an HTTP date (RFC 9110, 10.2.3); None when it is neither."""
    value = value.strip()
    if _SECONDS.fullmatch(value):
        wanted = timedelta(seconds=float(value))
    else:
        try:
            date = parsedate_to_datetime(value)
        except ValueError:
            return None
        wanted = (date if date.tzinfo else date.replace(tzinfo=UTC)) - now
    return min(max(wanted, timedelta(0)), LONGEST_REST)


def _reason(status: int) -> Reason:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Reason.SERVER_ERROR
    return _REASONS.get(HTTPStatus(status), Reason.CLIENT_ERROR) if _known(status) else Reason.CLIENT_ERROR


def _phrase(status: int) -> str:
    return f" {HTTPStatus(status).phrase}" if _known(status) else ""


def _known(status: int) -> bool:
    return status in HTTPStatus._value2member_map_


def _explained(said: str) -> str:
    plain = " ".join("".join(each if each.isprintable() else " " for each in said[: SAID * 4]).split())
    return f": {plain[:SAID].rstrip('. ')}" if plain else ""
