"""`POST /webhooks/slack/actions`: a click in Slack becomes an acknowledgement or a resolution."""

from __future__ import annotations

from aiohttp import web

PATH = "/webhooks/slack/actions"


def add_routes(app: web.Application) -> None:
    """Receive clicks."""
    app.router.add_post(PATH, receive)


async def receive(request: web.Request) -> web.Response:
    """Answer at once, whatever the click leads to; only a request that Slack did not sign is refused (401)."""
    raise NotImplementedError
