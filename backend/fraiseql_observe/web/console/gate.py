"""Who may see a page and send a form; what they read when they may not, or when something went wrong."""

from __future__ import annotations

import logging
from functools import wraps
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, urlsplit

from aiohttp import web

from fraiseql_observe.errors import AuthError, NotFoundError, ObserveError, StoreError
from fraiseql_observe.incident.model import Actor
from fraiseql_observe.web import auth
from fraiseql_observe.web.console import session
from fraiseql_observe.web.console.forms import form_of
from fraiseql_observe.web.console.state import CONSOLE
from fraiseql_observe.web.console.view import HEADERS, SESSION, now, respond, root
from fraiseql_observe.web.errors import status_of
from fraiseql_observe.web.keys import ACTOR, MANAGER, PRINCIPAL, SETTINGS
from fraiseql_observe.web.principal import Scope

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fraiseql_observe.web.console.session import Session

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = logging.getLogger(__name__)

COOKIE = "fqo_session"


def page(scope: Scope = Scope.READ) -> Callable[[Handler], Handler]:
    """Let only those in who are logged in with the scope; check forms; turn errors into pages."""

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            who = await current(request)
            if who is None:
                return to_login(request)
            request[SESSION] = who
            if not who.principal.may(scope):
                raise AuthError(
                    f"You are logged in with a token that may only look: this needs the scope {scope}.",
                    hint="Log out, and in again with another token.",
                    status=403,
                )
            request[PRINCIPAL] = who.principal
            request[ACTOR] = Actor(who.principal.name, "console", auth.client_address(request))
            if request.method == "POST":
                await check_form(request, who)
            return await handler(request)

        return friendly(guarded)

    return decorate


def friendly(handler: Handler) -> Handler:
    """Answer errors with a page that says what to do."""

    @wraps(handler)
    async def answered(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except ObserveError as error:
            return await error_page(request, status_of(error), error.message, error.hint)
        except Exception:
            log.exception("A page of the console failed", extra={"path": request.path})
            sentence = "Something went wrong on our side. It is in the log of fraiseql-observe."
            return await error_page(request, 500, sentence, "Try again; your alerts go on being delivered meanwhile.")

    return answered


async def error_page(request: web.Request, status: int, sentence: str, hint: str) -> web.StreamResponse:
    """A page with the sentence; when even the menu cannot be drawn, a page without it."""
    try:
        return await respond(request, "error.html", status=status, sentence=sentence, hint=hint)
    except StoreError:
        request.pop(SESSION, None)
        return await respond(request, "error.html", status=status, sentence=sentence, hint=hint)


async def missing(request: web.Request) -> web.StreamResponse:
    """Say that nothing is at this address, with the menu for whoever is logged in."""

    async def nothing(request: web.Request) -> web.StreamResponse:
        if who := await current(request):
            request[SESSION] = who
        raise NotFoundError("There is nothing at this address.", hint="Perhaps the link was cut on its way to you.")

    return await friendly(nothing)(request)


async def current(request: web.Request) -> Session | None:
    """Who is logged in on this browser, if their token still holds."""
    cookie = request.cookies.get(cookie_name(request.app))
    if not cookie:
        return None
    key = await request.app[CONSOLE].key(request.app[MANAGER].engine)
    found = session.unseal(cookie, key, now(request))
    if found is None:
        return None
    try:
        principal = await auth.recall(request.app, found.principal.token_id)
    except AuthError:
        return None
    return session.Session(principal, found.expires, found.nonce)


def is_secure(app: web.Application) -> bool:
    return app[SETTINGS].server.public_url.startswith("https://")


def cookie_name(app: web.Application) -> str:
    """Behind https the name itself makes browsers refuse the cookie from anybody but this host."""
    return f"__Host-{COOKIE}" if is_secure(app) else COOKIE


def to_login(request: web.Request) -> web.Response:
    """To the login and back again; a live page is told to go there as a whole."""
    live = "HX-Request" in request.headers
    # A form's address cannot be visited: the page it stands on can.
    back = split(request.headers.get("HX-Current-URL", "") if live else request.path_qs)
    wanted = f"{back.path}?{back.query}" if back.query else back.path
    target = root(request.app) + "/login"
    if request.method == "GET" or live:
        target += f"?next={quote(wanted, safe='')}"
    if live:
        return web.Response(status=200, headers={**HEADERS, "HX-Redirect": target})
    return web.Response(status=303, headers={**HEADERS, "Location": target})


def check_origin(request: web.Request) -> None:
    """Refuse what another site's page sent.

    Raises:
        AuthError: 403.
    """
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    hosts = {request.host, urlsplit(request.app[SETTINGS].server.public_url).netloc} - {""}
    if site not in {"same-origin", "none"} or (origin is not None and split(origin).netloc not in hosts):
        raise AuthError(
            "This form was not sent from one of our pages, so nothing was done.",
            hint="Go back to the incident and press the button there. Behind a proxy, set server.public_url.",
            status=403,
        )


async def check_form(request: web.Request, who: Session) -> None:
    """Refuse a form without the session's token.

    Raises:
        AuthError: 403.
    """
    check_origin(request)
    form = await form_of(request)
    key = await request.app[CONSOLE].key(request.app[MANAGER].engine)
    if not session.form_token_is_ours(form.get("form_token", ""), who, key):
        raise AuthError(
            "This page was drawn for another login, so nothing was done.",
            hint="Load it again and press the button once more.",
            status=403,
        )


def split(url: str) -> SplitResult:
    """The parts of a URL that somebody sent; of what is none, the parts of nothing."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def local_path(text: str) -> str:
    """Where a form may send the browser afterwards: a path of ours, never another host."""
    parts = split(text)
    harmless = text.startswith("/") and not text.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return text if harmless and text.isprintable() and len(text) < 2048 else "/"  # noqa: PLR2004
