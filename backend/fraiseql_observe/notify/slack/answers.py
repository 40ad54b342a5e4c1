"""What Slack answered: the one place that says which of its errors is worth another try.

The Web API says 200 for its own errors: `ok` and `error` in the body count.
https://docs.slack.dev/reference/methods/chat.postMessage#errors
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fraiseql_observe.errors import DeliveryError, Reason
from fraiseql_observe.notify.answers import Answer, failure, retry_after

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["Answer", "SlackError", "read", "read_webhook"]

REST = timedelta(seconds=30)  # when it says `ratelimited` and not for how long

AUTH = frozenset(
    {
        "access_denied", "account_inactive", "ekm_access_denied", "enterprise_is_restricted", "invalid_auth",
        "invalid_token", "missing_scope", "no_permission", "not_allowed_token_type", "not_authed",
        "org_login_required", "restricted_action", "team_access_not_granted", "token_expired", "token_revoked",
    }
)  # fmt: skip
NOT_FOUND = frozenset(
    {"channel_not_found", "channel_is_archived", "is_archived", "no_service", "not_in_channel", "team_not_found"}
)
TOO_LARGE = frozenset({"metadata_too_large", "msg_blocks_too_long", "msg_too_long", "too_many_attachments"})
REFUSED_BLOCKS = TOO_LARGE | {
    "block_mismatch", "invalid_attachments", "invalid_blocks", "invalid_blocks_format", "invalid_payload",
}  # fmt: skip
MESSAGE_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"})
RATE_LIMITED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
PERHAPS_DONE = frozenset({"internal_error", "fatal_error", "request_timeout"})  # "some aspect may have succeeded"
HINTS = {
    "not_in_channel": "Invite the app: /invite @its-name in the channel.",
    "channel_not_found": "Check the channel's id, and invite the app if the channel is private.",
    "missing_scope": "Give the app the scope chat:write and install it again.",
    "is_archived": "Unarchive the channel or name another.",
}


class SlackError(DeliveryError):
    """Slack's own error; `code` is its name, as `channel_not_found`."""

    code = ""


def read(answer: Answer, now: datetime, *, repeatable: bool) -> dict[str, Any]:
    """The answer of the Web API, when it says `ok`.

    Args:
        answer: as it came.
        now: for a `Retry-After` that is a date.
        repeatable: the request does no harm a second time (an edit, a question), so that it is never ambiguous.

    Raises:
        SlackError: it says something else.
    """
    said = dict(answer.mapping())
    if answer.ok and said.get("ok") is True:
        return said
    code = str(said.get("error") or "")[:100]
    if not code:
        raise _unreadable(answer, now, repeatable=repeatable)
    raise _named(code, _with_details(code, said), answer, now, repeatable=repeatable)


def read_webhook(answer: Answer, now: datetime) -> None:
    """Accept what an incoming webhook answers: the word `ok`, or an error's name as plain text.

    Raises:
        SlackError: it says something else.
    """
    if answer.ok:
        return
    code = answer.body[:100].decode("utf-8", "replace").strip()
    if code.replace("_", "").isalpha():
        raise _named(code, code, answer, now, repeatable=False)
    raise _unreadable(answer, now, repeatable=False)


def _unreadable(answer: Answer, now: datetime, *, repeatable: bool) -> SlackError:
    if not answer.ok:
        plain = failure(answer, now)
        return _error(
            "", plain.message, plain.reason, retryable=plain.retryable, after=plain.retry_after, status=answer.status
        )
    return _error(
        "",
        "Slack's answer is not what its Web API gives.",
        Reason.BAD_ANSWER,
        retryable=True,
        ambiguous=not repeatable,
        status=answer.status,
    )


def _named(code: str, said: str, answer: Answer, now: datetime, *, repeatable: bool) -> SlackError:
    reason = _reason(code)
    limited = reason is Reason.RATE_LIMITED
    rest = (retry_after(answer.headers.get("retry-after", ""), now) or REST) if limited else None
    return _error(
        code,
        f"Slack says {said}.",
        reason,
        retryable=reason in {Reason.RATE_LIMITED, Reason.SERVER_ERROR},
        after=rest,
        ambiguous=code in PERHAPS_DONE and not repeatable,
        status=answer.status,
    )


def _reason(code: str) -> Reason:
    if code in RATE_LIMITED:
        return Reason.RATE_LIMITED
    if code in AUTH:
        return Reason.AUTH
    if code in NOT_FOUND or code in MESSAGE_GONE:
        return Reason.NOT_FOUND
    if code in TOO_LARGE:
        return Reason.TOO_LARGE
    if code in PERHAPS_DONE or code in {"service_unavailable", "accesslimited", "team_added_to_org"}:
        return Reason.SERVER_ERROR
    return Reason.CLIENT_ERROR


def _with_details(code: str, said: dict[str, Any]) -> str:
    """Slack explains `invalid_blocks` in `response_metadata.messages`."""
    metadata = said.get("response_metadata")
    messages = metadata.get("messages") if isinstance(metadata, dict) else None
    details = "; ".join(str(each) for each in messages[:3]) if isinstance(messages, list) else ""
    return f"{code} ({details[:200]})" if details else code


def _error(
    code: str,
    message: str,
    reason: Reason,
    *,
    retryable: bool,
    after: timedelta | None = None,
    ambiguous: bool = False,
    status: int = 0,
) -> SlackError:
    error = SlackError(
        message,
        reason=reason,
        retryable=retryable,
        retry_after=after,
        ambiguous=ambiguous,
        status=status,
        hint=HINTS.get(code, ""),
    )
    error.code = code
    return error
