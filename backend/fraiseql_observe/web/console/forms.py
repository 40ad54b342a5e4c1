"""Reading what a form sent: bounded, urlencoded only, whatever bytes it holds."""

from __future__ import annotations

from urllib.parse import parse_qsl

from aiohttp import web

from fraiseql_observe.errors import PayloadError

LARGEST = 64 * 1024  # bytes
FIELDS = 50

FORM = web.RequestKey("form", dict)


async def form_of(request: web.Request) -> dict[str, str]:
    """All fields of the form; of one that is there twice, the last.

    Raises:
        PayloadError: it is no form, or larger than any of ours.
    """
    if FORM not in request:
        request[FORM] = await _read(request)
    return request[FORM]


async def _read(request: web.Request) -> dict[str, str]:
    if request.content_type != "application/x-www-form-urlencoded":
        raise PayloadError("This is no form of ours.", hint="Go back and press the button once more.")
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > LARGEST:
            raise PayloadError("The form is too large, so nothing was done.", hint="Write a shorter comment.")
    try:
        return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=FIELDS))
    except ValueError:
        raise PayloadError("The form has too many fields, so nothing was done.") from None


async def field(request: web.Request, name: str, longest: int = 2000) -> str:
    """One field of the form, cut to its longest."""
    return (await form_of(request)).get(name, "").replace("\0", "").strip()[:longest]
