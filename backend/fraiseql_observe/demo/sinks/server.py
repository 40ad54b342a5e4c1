"""The sinks behind one HTTP port and one SMTP port, in threads of the demo's own process."""

from __future__ import annotations

import asyncio
import base64
import secrets
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from aiohttp import web

from fraiseql_observe.demo.servers.server import HOST
from fraiseql_observe.demo.sinks import click
from fraiseql_observe.demo.sinks.arrivals import Arrivals
from fraiseql_observe.demo.sinks.mail import Mailbox, controller
from fraiseql_observe.demo.sinks.page import page
from fraiseql_observe.demo.sinks.pagerduty import EventsApi
from fraiseql_observe.demo.sinks.slack import Workspace
from fraiseql_observe.demo.sinks.webhook import Hooks
from fraiseql_observe.errors import DemoError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fraiseql_observe.demo.sinks.arrivals import Arrival

LARGEST = 1_000_000  # bytes of a request
SECONDS = 10.0  # that starting, stopping or one click may take


@dataclass(frozen=True, slots=True)
class SinkPlaces:
    """The ports, and where the backend listens to clicks."""

    http: int
    smtp: int
    backend_url: str = ""


@dataclass(frozen=True, slots=True)
class SinkSecrets:
    """What the backend must know to get in, made for each run."""

    slack_token: str
    slack_signing: str
    routing_key: str
    webhook: str

    @classmethod
    def generate(cls) -> SinkSecrets:
        return cls(
            slack_token=f"xoxb-{secrets.token_hex(24)}",
            slack_signing=secrets.token_hex(16),
            routing_key=secrets.token_hex(16),
            webhook="whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(),
        )


class Sinks:
    """Slack, mail, PagerDuty and a webhook, from `start` to `stop`.

    Args:
        tell: is called for everything that arrives, from threads of the sinks.
    """

    def __init__(self, places: SinkPlaces, tell: Callable[[Arrival], None]) -> None:
        self.places = places
        self.secrets = SinkSecrets.generate()
        self.arrivals = Arrivals(tell)
        self.slack = Workspace(self.secrets.slack_token, self.arrivals, _now)
        self.pagerduty = EventsApi(self.secrets.routing_key, self.arrivals)
        self.hooks = Hooks(self.secrets.webhook, self.arrivals, _now)
        self.mailbox = Mailbox(self.arrivals)
        self._mail = controller(self.mailbox, HOST, places.smtp)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sinks", daemon=True)
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.places.http}"

    def press(self, ts: str, action: str) -> int:
        """Press a button of a message, as a member of the channel would; return what the backend answered.

        Raises:
            DemoError: there is no such message or button.
        """
        message = self.slack.messages.get(ts)
        pressed = click.button(message, action) if message else None
        if message is None or pressed is None:
            raise DemoError(f"There is no button {action!r} on such a message any more.", hint="load the page again")
        said = click.payload(message, pressed, f"{self.url}/slack/respond")
        body, headers = click.request(said, self.secrets.slack_signing, int(_now().timestamp()))
        url = f"{self.places.backend_url}/webhooks/slack/actions"
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=SECONDS) as answer:  # noqa: S310  http on loopback
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError as error:
            raise DemoError(f"The backend does not answer: {error}.", hint="is it running?") from None

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(SECONDS)
        self._mail.start()
        return self

    def __exit__(self, *details: object) -> None:
        self._mail.stop(no_assert=True)
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)
        self._loop.close()

    async def _start(self) -> None:
        app = web.Application(client_max_size=LARGEST)
        app.add_routes([*self.slack.routes(), *self.pagerduty.routes(), *self.hooks.routes()])
        app.add_routes(
            [
                web.get("/slack", self._page),
                web.post("/slack/press", self._press),
                web.post("/slack/respond", self._respond),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, self.places.http).start()

    async def _stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()

    async def _page(self, _request: web.Request) -> web.Response:
        policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"
        text = page(self.slack.messages.values())
        return web.Response(text=text, content_type="text/html", headers={"Content-Security-Policy": policy})

    async def _press(self, request: web.Request) -> web.Response:
        """A press on the page; other sites may not press for its reader."""
        origin = urlsplit(request.headers.get("Origin", self.url))
        if origin.netloc != request.host:
            raise web.HTTPForbidden(text="Press the button on the page itself.")
        form = await request.post()
        try:
            status = await asyncio.to_thread(self.press, str(form.get("ts")), str(form.get("action")))
        except DemoError as error:
            raise web.HTTPNotFound(text=error.message) from None
        if status >= web.HTTPBadRequest.status_code:
            raise web.HTTPBadGateway(text=f"The backend answered {status} to the click.")
        raise web.HTTPSeeOther("/slack")

    async def _respond(self, _request: web.Request) -> web.Response:
        """Where the backend may answer a click, to the one who clicked alone."""
        return web.Response(text="ok")


def _now() -> datetime:
    return datetime.now(UTC)
