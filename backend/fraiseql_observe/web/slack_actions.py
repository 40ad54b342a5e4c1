"""`POST /webhooks/slack/actions`: a click in Slack becomes an acknowledgement or a resolution.

Slack wants its answer within three seconds, whatever the click leads to. The message is redrawn by the outbox, like
after any other change; what only the clicker needs to know (refused, somebody was first) goes to the response URL.
"""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from aiohttp import web

from fraiseql_observe.errors import AuthError, DeliveryError, ObserveError, PayloadError, StoreError
from fraiseql_observe.incident.model import Actor, State
from fraiseql_observe.notify import escape, words
from fraiseql_observe.notify.http import Http
from fraiseql_observe.notify.slack import actions
from fraiseql_observe.notify.slack.actions import Click, ClickAction
from fraiseql_observe.web.keys import MANAGER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from fraiseql_observe.alerts.manager import AlertManager, Changed

log = logging.getLogger(__name__)

PATH = "/webhooks/slack/actions"
ANSWER_WITHIN = 2.0  # seconds, of Slack's three
FINISH_WITHIN = 10.0  # for what goes on after the answer
AGAIN = "That could not be kept just now. Please press the button again."

HTTP = web.AppKey("slack_http", Http)
RUNNING: web.AppKey[set[asyncio.Task[None]]] = web.AppKey("slack_clicks", set)


def add_routes(app: web.Application) -> None:
    """Receive clicks."""
    app.router.add_post(PATH, receive)
    app.cleanup_ctx.append(_keep)


async def receive(request: web.Request) -> web.Response:
    """Answer at once, whatever the click leads to; only what Slack did not send is refused.

    Raises:
        AuthError: Slack did not sign it, or not within the last five minutes.
        PayloadError: it is no click on a button of ours.
    """
    manager = request.app[MANAGER]
    body = await _body(request)
    if not actions.verify(request.headers, body, manager.settings.slack.signing_secret.reveal(), manager.clock()):
        raise AuthError(
            "The request is not signed by our Slack app, or not within the last five minutes.",
            hint="compare `slack.signing_secret` with the app's, and this machine's clock",
        )
    click = actions.parse(body)
    if click.action is not ClickAction.LOOK:
        task = asyncio.create_task(_follow(request.app, click))
        request.app[RUNNING].add(task)
        task.add_done_callback(request.app[RUNNING].discard)
        await asyncio.wait([task], timeout=ANSWER_WITHIN)
    return web.Response()


async def _body(request: web.Request) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_chunked(65536):
        body += chunk
        if len(body) > actions.LARGEST:
            raise PayloadError("The request is larger than any click.")
    return bytes(body)


async def _follow(app: web.Application, click: Click) -> None:
    """Do what the click asks, and tell the clicker what the message will not."""
    manager = app[MANAGER]
    sentence = actions.refusal(click, manager.settings.slack)
    if sentence:
        log.warning("a click in Slack was refused", extra={"user": click.user, "team": click.team, "why": sentence})
    else:
        sentence = await _act(manager, click)
    address = actions.answer_address(click, manager.settings.slack)
    if sentence and address:
        text = escape.mrkdwn(sentence, 500)
        answer = {"response_type": "ephemeral", "replace_original": False, "text": text}
        with suppress(DeliveryError):  # a courtesy: what was done is done
            await app[HTTP].post(
                address, json.dumps(answer).encode(), {"Content-Type": "application/json"}, within=FINISH_WITHIN
            )


async def _act(manager: AlertManager, click: Click) -> str:
    """What to tell the clicker; nothing when all went as they wished, because everybody sees the message change."""
    actor = Actor(actions.name_of(click, manager.settings.slack), "slack")
    act = manager.acknowledge_alert if click.action is ClickAction.ACKNOWLEDGE else manager.resolve_alert
    try:
        return first(await act(click.incident_id, actor), manager.clock())
    except StoreError:
        log.exception("a click in Slack could not be kept", extra={"incident": click.incident_id})
        return AGAIN
    except ObserveError as error:
        return error.message
    except Exception:
        log.exception("a click in Slack came upon a fault", extra={"incident": click.incident_id})
        return AGAIN


def first(changed: Changed, now: datetime) -> str:
    """Who was first, when it was somebody else; empty when it was this click."""
    if changed.changed:
        return ""
    incident = changed.incident
    if incident.state is State.RESOLVED:
        by, at = incident.resolved_by, incident.resolved_at
    else:
        by, at = incident.acknowledged_by, incident.acknowledged_at
    when = f" at {words.clock(at, now)}" if at else ""
    return f"It was already {incident.state.value} by {by or 'Alertmanager'}{when}."


async def _keep(app: web.Application) -> AsyncIterator[None]:
    """The connections for answers; at the end, clicks that were answered already are finished."""
    app[RUNNING] = set()
    app[HTTP] = Http(clock=app[MANAGER].clock)
    yield
    if running := app[RUNNING]:
        await asyncio.wait(running, timeout=FINISH_WITHIN)
    await app[HTTP].close()
