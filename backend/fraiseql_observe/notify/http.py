"""HTTP to destinations: bounded, timed and never redirected."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
from yarl import URL

from fraiseql_observe._version import __version__
from fraiseql_observe.errors import DeliveryError, Reason
from fraiseql_observe.notify.addresses import ANYWHERE, ForbiddenAddressError, Guard, socket_factory
from fraiseql_observe.notify.answers import Answer, failure, retry_after

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

__all__ = ["BODY", "Answer", "Http", "failure", "retry_after"]

BODY = 64 * 1024  # bytes of an answer that are read
BODY_SECONDS = 5.0  # for them, once the status is known
CONNECT_SECONDS = 10.0
CONNECTIONS = 100
USER_AGENT = f"fraiseql-observe/{__version__}"

_MALFORMED = (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, ValueError)
# The first that fits: some are subclasses of others.
_FAILURES: tuple[tuple[type[Exception], Reason, str], ...] = (
    (aiohttp.ConnectionTimeoutError, Reason.TIMEOUT, "could not be connected to within {connect:g} s"),
    (TimeoutError, Reason.TIMEOUT, "did not answer within {within:g} s"),
    (aiohttp.ClientConnectorDNSError, Reason.CONNECTION, "has no address that could be found"),
    (aiohttp.ClientConnectorCertificateError, Reason.CONNECTION, "shows a certificate that is not trusted"),
    (aiohttp.ClientSSLError, Reason.CONNECTION, "could not agree on TLS"),
    (aiohttp.ClientConnectorError, Reason.CONNECTION, "could not be connected to"),
    (aiohttp.ClientResponseError, Reason.BAD_ANSWER, "did not answer in HTTP"),
)


@dataclass(slots=True)
class _Progress:
    """How far a request came: once it is being written, the other side may have taken it."""

    written: bool = False


class Http:
    """One pool of connections for each guard, shared by all destinations; opens at the first request."""

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._sessions: dict[Guard, aiohttp.ClientSession] = {}

    async def request(
        self,
        method: str,
        url: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        within: float = 15.0,
        guard: Guard = ANYWHERE,
    ) -> Answer:
        """Return whatever is answered, redirects and errors too.

        The status decides: when the body breaks off or dawdles after it, what came of it is returned.

        Args:
            method: of HTTP.
            url: absolute; it is never shown in an error but for its host.
            body: sent as it is.
            headers: beside our User-Agent.
            within: seconds for everything.
            guard: which addresses may be connected to.

        Raises:
            DeliveryError: nothing was answered; `ambiguous` when the request had been written.
        """
        progress = _Progress()
        try:
            return await self._exchange(method, url, body, headers, guard, progress, within)
        except (OSError, aiohttp.ClientError, ValueError) as error:  # TimeoutError is an OSError
            raise _unanswered(error, url, within, written=progress.written) from error

    async def post(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        *,
        within: float = 15.0,
        guard: Guard = ANYWHERE,
    ) -> Answer:
        """POST, and take only 2xx for success.

        Raises:
            DeliveryError: as `request`, and `failure` of every other answer.
        """
        answer = await self.request("POST", url, body, headers, within=within, guard=guard)
        if not answer.ok:
            raise failure(answer, self._clock())
        return answer

    async def close(self) -> None:
        """Close all connections."""
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()

    async def _exchange(
        self,
        method: str,
        url: str,
        body: bytes,
        headers: Mapping[str, str] | None,
        guard: Guard,
        progress: _Progress,
        within: float,
    ) -> Answer:
        now = asyncio.get_running_loop().time
        deadline = now() + within
        async with asyncio.timeout_at(deadline):
            response = await self._session(guard).request(
                method, url, data=body, headers=headers, allow_redirects=False, trace_request_ctx=progress
            )
        try:
            return Answer(
                response.status,
                {name.lower(): value for name, value in response.headers.items()},
                await _start_of_body(response, min(deadline, now() + BODY_SECONDS)),
            )
        finally:
            response.release() if response.content.at_eof() else response.close()

    def _session(self, guard: Guard) -> aiohttp.ClientSession:
        session = self._sessions.get(guard)
        if session is None:
            session = self._sessions[guard] = _open(guard)
        return session


def _open(guard: Guard) -> aiohttp.ClientSession:
    """No cookies, no proxies from the environment, no decompression: nothing that an answer could swell or steer."""
    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(_writing)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=CONNECTIONS, socket_factory=socket_factory(guard)),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
        auto_decompress=False,
        trace_configs=[trace],
    )


async def _writing(_session: object, context: Any, _params: object) -> None:
    context.trace_request_ctx.written = True


async def _start_of_body(response: aiohttp.ClientResponse, deadline: float) -> bytes:
    body = bytearray()
    with suppress(TimeoutError, aiohttp.ClientError, OSError):
        if response.content.is_eof():  # it came with the head, as most do
            return response.content.read_nowait()[:BODY]
        async with asyncio.timeout_at(deadline):
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) >= BODY:
                    break
    return bytes(body[:BODY])


def _unanswered(error: Exception, url: str, within: float, *, written: bool) -> DeliveryError:
    """Say why there is no answer; the text of foreign errors may hold the URL and is not used."""
    host = _host(url)
    if _forbidden(error):
        return DeliveryError(
            f"{host} is at an address that is not public.",
            reason=Reason.FORBIDDEN_ADDRESS,
            retryable=False,
            hint="Set `allow_private` or `allowed_networks` of this destination if that is meant.",
        )
    if isinstance(error, _MALFORMED) and not isinstance(error, aiohttp.ClientResponseError):
        return DeliveryError("Its address or a header is malformed.", reason=Reason.CLIENT_ERROR, retryable=False)
    reason, what = _what(error, within)
    return DeliveryError(f"{host} {what}.", reason=reason, retryable=True, ambiguous=written)


def _what(error: Exception, within: float) -> tuple[Reason, str]:
    for kind, reason, what in _FAILURES:
        if isinstance(error, kind):
            return reason, what.format(within=within, connect=min(within, CONNECT_SECONDS))
    return Reason.CONNECTION, "closed the connection without an answer"


def _forbidden(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ForbiddenAddressError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _host(url: str) -> str:
    try:
        return URL(url).host or "The host"
    except ValueError:
        return "The host"
