"""Everything this product raises on purpose.

    ObserveError                 exit 1
    ├── ConfigError              a setting or a `_config` key is wrong: says the file, the key and a suggestion
    ├── BuildError               the mixin could not be rendered
    │   ├── JsonnetError         the Jsonnet engine refused a source
    │   ├── LintError            the rendered output breaks a rule of the house
    │   └── DriftError           the committed output differs from the sources (exit 3)
    ├── AuditError               the audit database could not be set up or asked
    │   ├── CatalogueError       an audit query file is malformed: says file and line
    │   └── AskError             a question may not be asked so, or cannot be answered now: says the HTTP status
    ├── VerifyError              a server that `verify` must ask does not answer
    ├── StoreError               the alert store could not be opened, migrated or written
    │   └── OverloadError        it has as much to do as it may: the sender should come again
    ├── PayloadError             an alert webhook's body is not what it should be: says where
    ├── NotFoundError            there is no incident, delivery or window of that id
    ├── ConflictError            it changed meanwhile, or its state does not allow that
    ├── AuthError                no token, a wrong one, or one without the scope
    ├── ReconcileError           Alertmanager's own list of alerts cannot be had
    ├── TemplateError            a message template is malformed or cannot be rendered
    ├── EnrichmentError          metrics or audit log do not answer well; a message goes out without them
    ├── DeliveryError            a destination refused a message, or nobody knows whether it took it
    └── DemoError                the demo cannot start or a part of it died
        └── MissingProgramError  a program the demo needs is not installed

The message is a sentence a user can act on; `hint` is the command or change that mends it. Neither may hold a secret.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta


class ObserveError(Exception):
    """Base of all errors of this product.

    Args:
        message: what was wrong and where, one sentence, safe to show.
        hint: what to do about it, one sentence or command; empty when there is nothing to say.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class ConfigError(ObserveError):
    """A setting is unknown, missing or malformed."""


class BuildError(ObserveError):
    """The mixin could not be rendered."""


class JsonnetError(BuildError):
    """The Jsonnet engine refused a source file."""


class LintError(BuildError):
    """A rendered dashboard or rule breaks a rule of the house."""


class DriftError(BuildError):
    """The committed output is not what the sources render to."""

    exit_code = 3


class AuditError(ObserveError):
    """The audit database could not be set up or asked."""


class CatalogueError(AuditError):
    """An audit query file is malformed."""


class Outcome(StrEnum):
    """What became of a question to the audit log: a closed set, because it is a metric's label."""

    ANSWERED = "answered"  # by the database
    CACHED = "cached"  # by the cache
    REFUSED = "refused"  # its parameters, its range or its token
    BUSY = "busy"  # too many at once
    UNAVAILABLE = "unavailable"  # the database cannot be reached
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"  # whoever asked went away
    FAILED = "failed"  # PostgreSQL refused the statement, or the answer is not as declared


class AskError(AuditError):
    """A question may not be asked so, or cannot be answered now.

    Args:
        status: for whoever answers over HTTP.
        outcome: what the metrics say of it.
        problems: every single thing that is wrong, when there are several.
    """

    def __init__(
        self, message: str, *, status: int, outcome: Outcome, hint: str = "", problems: Sequence[str] = ()
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.outcome = outcome
        self.problems = tuple(problems) or (message,)


class VerifyError(ObserveError):
    """A server that must be asked does not answer."""


class StoreError(ObserveError):
    """The alert store could not be opened, migrated or written."""


class OverloadError(StoreError):
    """The store has as much to do as it may; the sender should come again."""


class PayloadError(ObserveError):
    """An alert webhook's body is not what it should be."""


class NotFoundError(ObserveError):
    """There is no such incident, delivery, window or token."""


class ConflictError(ObserveError):
    """It changed meanwhile, or its state does not allow what was asked."""


class AuthError(ObserveError):
    """No token, a wrong one, or one without the scope.

    `status` is 401 or 403, for whoever answers over HTTP.
    """

    def __init__(self, message: str, *, hint: str = "", status: int = 401) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class ReconcileError(ObserveError):
    """Alertmanager's own list of alerts cannot be had."""


class TemplateError(ObserveError):
    """A message template is malformed or cannot be rendered."""


class EnrichmentError(ObserveError):
    """Prometheus or the audit database does not answer, or not as it should; no message is held back by that."""


class Reason(StrEnum):
    """Why a delivery failed: a closed set, because it is a metric's label."""

    TIMEOUT = "timeout"
    CONNECTION = "connection"  # refused, reset, no such host, TLS
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    CLIENT_ERROR = "client_error"
    AUTH = "auth"
    NOT_FOUND = "not_found"  # the channel, the mailbox, the endpoint
    GONE = "gone"
    TOO_LARGE = "too_large"
    FORBIDDEN_ADDRESS = "forbidden_address"
    BAD_ANSWER = "bad_answer"
    TEMPLATE = "template"
    BREAKER_OPEN = "breaker_open"
    CRASH = "crash"  # the process died while it was sending
    UNCONFIGURED = "unconfigured"  # the destination is no longer in the configuration
    INTERNAL = "internal"


class DeliveryError(ObserveError):
    """A destination refused a message, or nobody knows whether it took it.

    Args:
        retryable: it may succeed later.
        reason: which kind of failure.
        retry_after: the whole channel rests that long.
        ambiguous: the request may have been taken.
        status: the HTTP or SMTP code, 0 when there was none.
    """

    def __init__(
        self,
        message: str,
        *,
        reason: Reason,
        retryable: bool,
        retry_after: timedelta | None = None,
        ambiguous: bool = False,
        status: int = 0,
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.reason = reason
        self.retryable = retryable
        self.retry_after = retry_after
        self.ambiguous = ambiguous
        self.status = status


class DemoError(ObserveError):
    """The demo cannot start, or a part of it died."""


class MissingProgramError(DemoError):
    """A program that the demo needs is not installed."""
