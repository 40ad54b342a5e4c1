"""The one sentence after an action, carried over the redirect in a cookie: a word from a closed list, never text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import web

COOKIE = "fqo_notice"


@dataclass(frozen=True, slots=True)
class Notice:
    text: str
    good: bool = True


NOTICES = {
    "acknowledged": Notice("Acknowledged. Escalation rests."),
    "already_acknowledged": Notice("Somebody else was first: it was acknowledged already."),
    "unacknowledged": Notice("The acknowledgement is taken back. Escalation begins again."),
    "resolved": Notice("Resolved."),
    "already_resolved": Notice("It was resolved already."),
    "snoozed": Notice("Snoozed. Escalation rests until then."),
    "commented": Notice("Comment added."),
    "comment_empty": Notice("Nothing was written, so nothing was added.", good=False),
    "unchanged": Notice("Nothing had to change."),
    "conflict": Notice("It changed meanwhile, or its state does not allow that. This is how it is now.", good=False),
    "replayed": Notice("It will be sent again now."),
    "not_replayed": Notice("It is not given up any more, so it was not sent again.", good=False),
    "window_added": Notice("The window is set."),
    "window_ended": Notice("The window is over. What still fires will be told."),
    "tested": Notice("The test message was sent."),
    "enabled": Notice("It is served again."),
}


def leave_notice(answer: web.StreamResponse, word: str) -> None:
    answer.set_cookie(COOKIE, word, max_age=60, httponly=True, samesite="Lax", path="/")


def take_notice(request: web.Request, answer: web.StreamResponse) -> Notice | None:
    """What the last action left; it is said once."""
    word = request.cookies.get(COOKIE)
    if word is None:
        return None
    answer.del_cookie(COOKIE, path="/")
    return NOTICES.get(word)
