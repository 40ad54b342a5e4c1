"""`POST /webhooks/alertmanager`: alerts come in. This path is bare, to keep pace with the worst day.

What Alertmanager does with an answer decides which we give. 2xx: delivered, and it never comes again; so only after
the commit. 5xx: it comes again within a second, with back-off; so for everything that may pass (the store, overload, a
body that stalls). 4xx: it comes again with the next group interval only; so for what will not be better a second
later. Never 3xx (a redirect becomes a GET whose 200 counts as delivered), nor 408, 413 and 429, which read like "try
again" and are treated as 4xx: a body that is too large is a plain 400, whose sentence says the limit.
"""

from __future__ import annotations

import asyncio
import logging
import time
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING

from aiohttp import HttpVersion11, web

from fraiseql_observe.config.cross import loopback
from fraiseql_observe.errors import AuthError, ObserveError, OverloadError, PayloadError, StoreError
from fraiseql_observe.store import inbox
from fraiseql_observe.web import errors
from fraiseql_observe.web.keys import ACCESS, MANAGER
from fraiseql_observe.web.principal import Scope

if TYPE_CHECKING:
    from fraiseql_observe.alerts.manager import AlertManager
    from fraiseql_observe.config.settings import Settings
    from fraiseql_observe.web.access import Access

log = logging.getLogger(__name__)

PATH = "/webhooks/alertmanager"
PATHS = frozenset({PATH, PATH + "/"})
MAY_SEND = frozenset({Scope.INTAKE.value, Scope.ADMIN.value})
KEEP_EVERY = 0.2  # seconds between refused bodies that are kept, so that garbage costs few writes
LOG_EVERY = 1.0  # seconds between lines about refused webhooks, so that an outage does not fill the log


class Ready(web.Response):
    """A good answer with all its bytes made before, to be given again and again.

    A connection that stays open gets them as they are; aiohttp would make head and body anew each time, which is a
    tenth of a webhook's cost. Every other connection gets an ordinary answer.
    """

    def __init__(self, outcome: str) -> None:
        self._text = f'{{"ok": true, "outcome": "{outcome}"}}\n'
        super().__init__(text=self._text, content_type="application/json")
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(self._text)}\r\n\r\n"
        self._bytes = (head + self._text).encode()
        self._keep_alive = True

    def to(self, request: web.Request, *, ordinary: bool) -> web.Response:
        """Return the answer for a request; an ordinary one also for the access log, which asks for its parts."""
        if ordinary or not request.keep_alive or request.version != HttpVersion11:
            return web.Response(text=self._text, content_type="application/json")
        return self

    async def prepare(self, request: web.BaseRequest) -> None:
        if request.transport is None:
            raise ConnectionResetError
        request.transport.write(self._bytes)

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to be written."""


class Intake:
    """Takes webhooks for one manager; the settings are looked at again after a reload."""

    def __init__(self, manager: AlertManager, access: Access) -> None:
        self._manager = manager
        self._access = access
        self._settings: Settings | None = None
        self._known: frozenset[bytes] = frozenset()
        self._open = False
        self._largest = 0
        self._read_timeout = self._commit_timeout = 0.0
        self._keep_next = 0.0
        self._log_next = {logging.ERROR: 0.0, logging.WARNING: 0.0}
        self._unlogged = dict.fromkeys(self._log_next, 0)
        self._logged = manager.settings.log.access
        self._accepted_answer = Ready("accepted")
        self._duplicate_answer = Ready("duplicate")
        requests = manager.telemetry.webhook_requests
        self._accepted = requests.labels("accepted").inc
        self._duplicate = requests.labels("duplicate").inc
        self._rejected = requests.labels("rejected").inc
        self._failed = requests.labels("error").inc
        self._observe = manager.telemetry.webhook_duration.observe

    async def post(self, request: web.Request) -> web.Response:
        """Answer one webhook."""
        began = time.perf_counter()
        if self._manager.settings is not self._settings:
            self._configure(self._manager.settings)
        try:
            if not self._open:
                given = request.headers.get("Authorization", "")
                if sha256(given.encode("utf-8", "surrogatepass")).digest() not in self._known:
                    await self._check(given)
            return await self._take(request)
        except ObserveError as error:
            return self._refused(error)
        finally:
            self._observe(time.perf_counter() - began)

    async def _take(self, request: web.Request) -> web.Response:
        body = await self._read(request)
        try:
            async with asyncio.timeout(self._commit_timeout):
                accepted = await self._manager.accept(body, "alertmanager")
        except PayloadError as error:
            await self._keep(body, error.message)
            raise
        except TimeoutError:
            raise OverloadError("The store did not commit in time.") from None
        if accepted.outcome == "duplicate":
            self._duplicate()
            return self._duplicate_answer.to(request, ordinary=self._logged)
        self._accepted()
        return self._accepted_answer.to(request, ordinary=self._logged)

    async def _read(self, request: web.Request) -> bytes:
        """The body.

        Raises:
            PayloadError: it is too large, compressed or broken off.
            OverloadError: it stalls.
        """
        length = request.content_length
        if length is not None and length > self._largest:
            raise self._too_large()
        if request.headers.get("Content-Encoding", "identity") != "identity":
            raise PayloadError("The body is compressed; send it as it is.")
        try:
            if request.content.is_eof():  # it came with the head, as most do
                return await request.read()
            async with asyncio.timeout(self._read_timeout):
                return await request.read()
        except TimeoutError:
            raise OverloadError("The body did not arrive in time.") from None
        except web.HTTPRequestEntityTooLarge:
            raise self._too_large() from None
        except (web.RequestPayloadError, ValueError):
            raise PayloadError("The body broke off or is not framed as HTTP.") from None

    def _too_large(self) -> PayloadError:
        return PayloadError(f"The body is larger than {self._largest} bytes; lower max_alerts in Alertmanager.")

    async def _check(self, given: str) -> None:
        """Believe what the store knows: a token with the scope for the intake."""
        kind, _, token = given.partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            raise AuthError("The webhook needs the bearer token of `intake.token`, or its user and password.")
        principal = await self._access.principal(token.strip())
        if not principal.may(Scope.INTAKE):
            raise AuthError(f"The token {principal.name} lacks the scope {Scope.INTAKE}.", status=403)

    def _configure(self, settings: Settings) -> None:
        intake = settings.intake
        known = [f"Bearer {intake.token.reveal()}"] if intake.token else []
        if intake.username:
            pair = f"{intake.username}:{intake.password.reveal()}".encode()
            known.append(f"Basic {b64encode(pair).decode()}")
        tokens = settings.auth.tokens.values()
        known += [f"Bearer {one.token.reveal()}" for one in tokens if not MAY_SEND.isdisjoint(one.scopes)]
        self._known = frozenset(sha256(one.encode()).digest() for one in known)
        self._open = intake.allow_anonymous or (
            not intake.token and not intake.username and loopback(settings.server.host)
        )
        self._largest = intake.largest_body
        self._read_timeout = settings.server.read_timeout.total_seconds()
        self._commit_timeout = intake.commit_timeout.total_seconds()
        self._settings = settings

    def _refused(self, error: ObserveError) -> web.Response:
        passing = isinstance(error, StoreError)
        (self._failed if passing else self._rejected)()
        status = errors.status_of(error)
        self._tell(logging.ERROR if status >= 500 else logging.WARNING, error.message)  # noqa: PLR2004
        response = errors.answer(error)
        response.force_close()  # there may be a rest of the body that nobody reads
        return response

    def _tell(self, level: int, sentence: str) -> None:
        """Write a line for the log, at most one a second; the metrics count them all."""
        now = time.monotonic()
        if now < self._log_next[level]:
            self._unlogged[level] += 1
            return
        more = f" ({self._unlogged[level]} more before)" if self._unlogged[level] else ""
        log.log(level, "Webhook refused: %s%s", sentence, more)
        self._log_next[level], self._unlogged[level] = now + LOG_EVERY, 0

    async def _keep(self, body: bytes, why: str) -> None:
        """Keep a copy of garbage for whoever asks what was sent; a store that cannot changes no answer."""
        now = time.monotonic()
        if now < self._keep_next:
            return
        self._keep_next = now + KEEP_EVERY
        at = self._manager.clock()
        try:
            async with asyncio.timeout(self._commit_timeout):
                await self._manager.engine.write(lambda tx: inbox.keep_rejected(tx, "alertmanager", at, body, why))
        except (StoreError, TimeoutError):
            log.warning("A refused webhook could not be kept")


def add_routes(app: web.Application) -> None:
    """Take webhooks at the path and at the same with a slash; both answer, neither redirects."""
    intake = Intake(app[MANAGER], app[ACCESS])
    for path in sorted(PATHS):
        app.router.add_post(path, intake.post)
