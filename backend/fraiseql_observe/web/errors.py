"""What a request hears when something is wrong: one shape for all, a sentence, never a traceback."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from fraiseql_observe.errors import (
    AskError,
    AuthError,
    ConfigError,
    ConflictError,
    DeliveryError,
    NotFoundError,
    ObserveError,
    PayloadError,
    StoreError,
    TemplateError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RETRY_AFTER = "5"
STATUS: tuple[tuple[type[ObserveError], int], ...] = (
    (StoreError, 503),
    (NotFoundError, 404),
    (ConflictError, 409),
    (PayloadError, 400),
    (ConfigError, 400),  # of a matcher or a window that came with the request
    (TemplateError, 400),
    (DeliveryError, 502),
)


class RequestError(ObserveError):
    """Parameters or a body that are not as the route wants them: all problems at once."""

    def __init__(self, problems: Sequence[str], *, status: int = 400) -> None:
        super().__init__(problems[0] if len(problems) == 1 else f"{len(problems)} things are wrong with the request.")
        self.problems = tuple(problems)
        self.status = status


def status_of(error: ObserveError) -> int:
    if isinstance(error, AuthError | RequestError | AskError):
        return error.status
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def answer(error: ObserveError) -> web.Response:
    """Return the answer for an error of ours."""
    status = status_of(error)
    problems = error.problems if isinstance(error, RequestError | AskError) else (error.message,)
    headers = {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="fraiseql-observe"'
    if status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        headers["Retry-After"] = RETRY_AFTER
    return refusal(status, error.message, [*problems, error.hint] if error.hint else problems, headers)


def refusal(
    status: int, sentence: str, errors: Sequence[str] = (), headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return an answer in the shape that all errors have."""
    body = {"ok": False, "error": sentence, "errors": list(errors or [sentence]), "status": status}
    text = json.dumps(body, ensure_ascii=False)
    return web.Response(status=status, text=text, content_type="application/json", headers=headers)
