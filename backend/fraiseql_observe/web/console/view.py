"""From a template to an answer: what every page has, and the headers that keep it harmless."""

from __future__ import annotations

import re
import secrets
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aiohttp import web
from markupsafe import Markup, escape

from fraiseql_observe.notify.escape import url as safe_link
from fraiseql_observe.notify.escape import visible
from fraiseql_observe.web.console import assets, session, words
from fraiseql_observe.web.console.notices import take_notice
from fraiseql_observe.web.console.state import CONSOLE
from fraiseql_observe.web.keys import MANAGER, SETTINGS
from fraiseql_observe.web.principal import Scope

if TYPE_CHECKING:
    from datetime import datetime

    import jinja2

    from fraiseql_observe.web.console.session import Session

_SEAM = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
SESSION = web.RequestKey("console_session", session.Session)

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    # Without a referrer at all, browsers would send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Vary": "HX-Request",
}


@cache
def _templates() -> jinja2.Environment:
    import jinja2  # noqa: PLC0415  only who looks at the console needs it

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "stamp": words.stamp,
        "machine": words.machine,
        "span": words.span,
        "safe_link": safe_link,
        "breakable": breakable,
        "coded": coded,
    }
    environment.globals |= {"asset": assets.address, "words": words, "enumerate": enumerate}
    return environment


def shown(value: object) -> object:
    """What a page shows of a value: labels may hold characters that turn text around, or hide some of it."""
    if isinstance(value, Markup):
        return Markup(visible(value))  # noqa: S704  it was markup before, and less of it is none that is new
    return visible(value) if isinstance(value, str) else value


def breakable(title: str) -> Markup:
    """A title that may be broken where a name of many words has its seams, as Error|Rate."""
    return Markup("<wbr>").join(_SEAM.split(title))


def coded(text: str) -> Markup:
    """Text with `code` in backticks, as runbooks write it."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    return Markup().join(
        Markup("<code>{}</code>").format(part) if n % 2 else escape(part) for n, part in enumerate(parts)
    )


def now(request: web.Request) -> datetime:
    return request.app[MANAGER].clock()


def root(app: web.Application) -> str:
    """What stands before every path when a proxy serves us below one, as `/alerts`; usually nothing."""
    return urlsplit(app[SETTINGS].server.public_url).path.rstrip("/")


def wants_part(request: web.Request) -> bool:
    """Whether a live page asks for the part that changes, and not a browser for all of it."""
    return request.headers.get("HX-Request-Type") == "partial"


async def respond(
    request: web.Request, template: str, /, *, part: str = "", status: int = 200, **context: Any
) -> web.Response:
    """Draw a page, or for a live page only its `part`, another template."""
    console, manager = request.app[CONSOLE], request.app[MANAGER]
    who: Session | None = request.get(SESSION)
    only = bool(part) and wants_part(request)
    common: dict[str, Any] = {
        "root": root(request.app),
        "path": request.path,
        "now": now(request),
        "who": who.principal.name if who else "",
        "may_write": bool(who and who.principal.may(Scope.WRITE)),
        "form_token": "",
        "notice": None,
        "tally": None,
        "only_part": only,
    }
    answer = web.Response(status=status, content_type="text/html", headers=HEADERS)
    if who:
        key = await console.key(manager.engine)
        common["form_token"] = session.form_token(who, key, secrets.token_urlsafe(6))
        common["notice"] = take_notice(request, answer)
        common["tally"] = await console.tally(manager.engine, now(request))
    answer.text = _templates().get_template(part if only else template).render(common | context)
    answer.enable_compression()
    return answer


def go(request: web.Request, path: str) -> web.Response:
    """Send the browser on with GET; inside a live page's request, only when the whole page must change."""
    return web.Response(status=303, headers={**HEADERS, "Location": root(request.app) + path})
