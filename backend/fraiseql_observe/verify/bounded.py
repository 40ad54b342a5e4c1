"""Read an HTTP answer within a size and a time: `requests` bounds only the wait for each next byte."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import requests
from urllib3.exceptions import HTTPError

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BYTES = 50_000_000
_PART = 65_536


class AnswerTooLarge(requests.exceptions.RequestException):
    """The answer is larger than any that a panel could draw."""


def read(response: requests.Response, *, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
    """Fill `response.content`; call it in a response hook, before `requests` reads on its own.

    Raises:
        requests.exceptions.ReadTimeout: the answer was not complete within `seconds` of its first byte.
        AnswerTooLarge: it is larger than `MAX_BYTES`.
        requests.exceptions.ConnectionError: it broke off.
    """
    deadline = clock() + seconds
    content = bytearray()
    try:
        while part := response.raw.read1(_PART, decode_content=True):
            content += part
            if len(content) > MAX_BYTES:
                response.raw.close()
                raise AnswerTooLarge(response=response)
            if clock() > deadline:
                response.raw.close()
                raise requests.exceptions.ReadTimeout(response=response)
    except HTTPError as error:
        raise requests.exceptions.ConnectionError(error, response=response) from None
    # What `Response.content` itself does once it has read everything.
    response._content = bytes(content)  # noqa: SLF001
    response._content_consumed = True  # type: ignore[attr-defined]  # noqa: SLF001
