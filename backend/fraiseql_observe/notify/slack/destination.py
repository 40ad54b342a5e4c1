"""The two ways into Slack: a bot token, and an incoming webhook as the lesser choice."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from fraiseql_observe.errors import DeliveryError, Reason, TemplateError
from fraiseql_observe.incident.model import Action, Severity
from fraiseql_observe.notify.base import Sent, Traits
from fraiseql_observe.notify.bounds import encode
from fraiseql_observe.notify.slack import answers, blocks
from fraiseql_observe.notify.slack.texts import reply, texts, told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fraiseql_observe.config.slack import SlackDestination
    from fraiseql_observe.incident.message import Message
    from fraiseql_observe.notify.tools import Tools

JSON = "application/json; charset=utf-8"
FORM = "application/x-www-form-urlencoded"  # Slack's methods that only read take no JSON
METADATA = "fraiseql_observe_delivery"
LOOKED_BACK = timedelta(minutes=5)  # before the change, for a message that may have been posted


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the incident's message is. The channel is Slack's own id; `ts` is a text and never a number."""

    channel: str
    ts: str


class Slack:
    """One message an incident in one channel, edited to its newest state, with a thread that tells what happened."""

    kind: ClassVar[str] = "slack"
    traits: ClassVar[Traits] = Traits(edits=True, per_second=1, burst=4)

    def __init__(self, name: str, settings: SlackDestination, tools: Tools) -> None:
        self.name = name
        self.settings = settings
        self._tools = tools

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, channel={self.settings.channel!r})"

    @property
    def channel(self) -> str:
        """Slack limits the pace for each channel that an app posts to."""
        return f"slack:{_digest(self.settings.token.reveal())}:{self.settings.channel}"

    async def send(self, message: Message) -> Sent:
        """Post the incident's message, or edit it and say in its thread what happened."""
        place = _place(message.receipt)
        place = await (self._edit(message, place) if place else self._post(message))
        return Sent({"channel": place.channel, "ts": place.ts, "told": told(message)}, status=200)

    async def close(self) -> None:
        """Nothing is held open."""

    def preview(self, message: Message) -> dict[str, Any]:
        """What would be sent."""
        return self._rendered(message)[0]

    def _rendered(self, message: Message) -> tuple[dict[str, Any], dict[str, Any]]:
        """The message, and the one of text alone for when Slack will not have the blocks."""
        try:
            made = texts(message, self._tools.templates)
        except TemplateError as error:
            raise DeliveryError(error.message, reason=Reason.TEMPLATE, retryable=False, hint=error.hint) from error
        buttons = bool(self.settings.token) and self.settings.buttons
        mention = self._mention(message)
        rich = blocks.payload(message, made, buttons=buttons, mention=mention)
        return rich, blocks.text_only(message, made, mention=mention)

    async def _post(self, message: Message) -> _Place:
        if message.attempt > 1 and (place := await self._posted_already(message)):
            return place
        body = {"channel": self.settings.channel, "metadata": _metadata(message), "unfurl_links": False}
        said = await self._call("chat.postMessage", body, *self._rendered(message))
        return _Place(str(said.get("channel") or self.settings.channel), str(said.get("ts") or ""))

    async def _edit(self, message: Message, place: _Place) -> _Place:
        body = {"channel": place.channel, "ts": place.ts}
        try:
            await self._call("chat.update", body, *self._rendered(message), repeatable=True)
        except answers.SlackError as error:
            if error.code not in answers.MESSAGE_GONE:
                raise
            return await self._post(message)  # somebody deleted it, or it may not be edited any more
        await self._tell(message, place)
        return place

    async def _tell(self, message: Message, place: _Place) -> None:
        """Reply in the thread; loudly when people must look again."""
        loud = message.action in {Action.REOPEN, Action.TRIGGER}
        text = reply(message, self._tools.templates) or ("Still firing." if loud else "")
        where = {"channel": place.channel, "ts": place.ts}
        if not text or (message.attempt > 1 and await self._find("conversations.replies", where, message)):
            return
        if loud and (mention := self._mention(message)):
            text = f"{blocks.called(mention)} {text}"
        body = {
            "channel": place.channel,
            "thread_ts": place.ts,
            "reply_broadcast": loud,
            "metadata": _metadata(message),
            "unfurl_links": False,
        }
        await self._call("chat.postMessage", body, *blocks.reply(text))

    async def _posted_already(self, message: Message) -> _Place | None:
        ts = await self._find("conversations.history", {"channel": self.settings.channel}, message)
        return _Place(self.settings.channel, ts) if ts else None

    async def _find(self, method: str, where: Mapping[str, str], message: Message) -> str:
        """The `ts` of what an earlier try of this delivery posted.

        It is a question that may fail, as without the scope channels:history: better told twice than never.
        """
        oldest = f"{(message.change.at - LOOKED_BACK).timestamp():.6f}"
        question = urlencode({**where, "oldest": oldest, "include_all_metadata": "true", "limit": "100"})
        try:
            answer = await self._request(method, question.encode(), FORM)
            said = answers.read(answer, self._tools.clock(), repeatable=True)
        except DeliveryError:
            return ""
        posted = [each for each in said.get("messages") or () if isinstance(each, dict)]
        return next((str(each.get("ts") or "") for each in posted if _delivery(each) == message.delivery_id), "")

    async def _call(
        self,
        method: str,
        body: Mapping[str, Any],
        rich: Mapping[str, Any],
        plain: Mapping[str, Any],
        *,
        repeatable: bool = False,
    ) -> dict[str, Any]:
        """Call, and once more with text alone when Slack will not have the blocks."""
        try:
            answer = await self._request(method, encode({**body, **rich}))
            return answers.read(answer, self._tools.clock(), repeatable=repeatable)
        except answers.SlackError as error:
            if error.code not in answers.REFUSED_BLOCKS:
                raise
        answer = await self._request(method, encode({**body, **plain}))
        return answers.read(answer, self._tools.clock(), repeatable=repeatable)

    async def _request(self, method: str, body: bytes, content_type: str = JSON) -> answers.Answer:
        headers = {"Authorization": f"Bearer {self.settings.token.reveal()}", "Content-Type": content_type}
        url = f"{self.settings.api_url.rstrip('/')}/{method}"
        return await self._tools.http.request("POST", url, body, headers, within=self._within())

    def _within(self) -> float:
        whole = self.settings.timeout.total_seconds() if self.settings.timeout else self.traits.timeout
        return whole / 2  # an edit and a reply share one try

    def _mention(self, message: Message) -> str:
        first = message.action in {Action.TRIGGER, Action.REOPEN}
        return self.settings.mention if first and message.incident.severity is Severity.CRITICAL else ""


class SlackWebhook(Slack):
    """A new message for each change: an incoming webhook tells no message id."""

    traits: ClassVar[Traits] = Traits(
        says=frozenset(Action) - {Action.UPDATE}, waits_for_enrichment=True, per_second=1, burst=4
    )

    @property
    def channel(self) -> str:
        return f"slack:{_digest(self.settings.webhook_url.reveal())}"

    async def send(self, message: Message) -> Sent:
        """Post what happened as a new message, with links and no buttons."""
        rich, plain = self._rendered(message)
        try:
            status = await self._hook(rich)
        except answers.SlackError as error:
            if error.code not in answers.REFUSED_BLOCKS:
                raise
            status = await self._hook(plain)
        return Sent(status=status)

    async def _hook(self, body: Mapping[str, Any]) -> int:
        url = self.settings.webhook_url.reveal()
        answer = await self._tools.http.request(
            "POST", url, encode(body), {"Content-Type": JSON}, within=self._within()
        )
        answers.read_webhook(answer, self._tools.clock())
        return answer.status


def create(name: str, settings: SlackDestination, tools: Tools) -> Slack:
    """The way in that the settings give."""
    return (Slack if settings.token else SlackWebhook)(name, settings, tools)


def _place(receipt: Mapping[str, str]) -> _Place | None:
    channel, ts = receipt.get("channel", ""), receipt.get("ts", "")
    return _Place(channel, ts) if channel and ts else None


def _metadata(message: Message) -> dict[str, Any]:
    """Our delivery's id in the message: by it a later try finds out whether an earlier one was taken."""
    known = {"delivery_id": message.delivery_id, "incident_id": message.incident.id}
    return {"event_type": METADATA, "event_payload": known}


def _delivery(posted: Mapping[str, Any]) -> str:
    metadata = posted.get("metadata")
    known = metadata.get("event_payload") if isinstance(metadata, dict) else None
    return str(known.get("delivery_id") or "") if isinstance(known, dict) else ""


def _digest(secret: str) -> str:
    """Names a credential without telling it."""
    return hashlib.sha256(secret.encode()).hexdigest()[:12]
