"""Opsgenie's alert interface, which Jira Service Management speaks too (https://docs.opsgenie.com/docs/alert-api)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from fraiseql_observe.errors import ConfigError, DeliveryError, Reason
from fraiseql_observe.incident.model import Action, Severity
from fraiseql_observe.notify.answers import failure
from fraiseql_observe.notify.base import Sent, Traits
from fraiseql_observe.notify.bounds import cut, encode
from fraiseql_observe.notify.identity import channel, provider_key
from fraiseql_observe.notify.limits import limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fraiseql_observe.config.opsgenie import OpsgenieDestination
    from fraiseql_observe.incident.message import Message
    from fraiseql_observe.notify.tools import Tools

log = logging.getLogger(__name__)

MESSAGE, ALIAS, DESCRIPTION, ENTITY, NOTE, USER = 130, 512, 15_000, 512, 25_000, 100
TAGS, TAG = 20, 50
DETAILS = 8_000  # characters of all names and values together
PRIORITIES = {Severity.CRITICAL: "P1", Severity.WARNING: "P3", Severity.INFO: "P5"}
PRIORITY = frozenset({"P1", "P2", "P3", "P4", "P5"})
VERBS = {Action.ACKNOWLEDGE: "acknowledge", Action.RESOLVE: "close"}
RESPONDERS = frozenset({"team", "user", "escalation", "schedule"})


class Opsgenie:
    """One integration. Its answer means `taken`, not `done`: it works on requests later."""

    kind: ClassVar[str] = "opsgenie"
    traits: ClassVar[Traits] = Traits(
        idempotent=True,
        says=frozenset({Action.TRIGGER, Action.REOPEN, *VERBS}),
        waits_for_enrichment=True,
        per_second=5,
        burst=20,
    )

    def __init__(self, name: str, settings: OpsgenieDestination, tools: Tools) -> None:
        self.name = name
        self.settings = settings
        self.channel = channel(self.kind, settings.base_url, settings.api_key.reveal())
        self._tools = tools
        self._within = limits(self.traits, settings).timeout
        self._priorities = _priorities(name, settings.priorities)
        self._responders = [_responder(name, each) for each in settings.responders]
        if (urlsplit(settings.base_url).hostname or "").endswith("opsgenie.com"):
            log.warning(
                "Opsgenie ends on 2027-04-05: move to Jira Service Management and set base_url to its address",
                extra={"destination": name},
            )

    def __repr__(self) -> str:
        return f"Opsgenie({self.name!r})"

    async def send(self, message: Message) -> Sent:
        """Create, acknowledge or close the alert; the receipt keeps its alias.

        Raises:
            DeliveryError: it was refused, or nobody knows.
        """
        alias = message.receipt.get("alias") or provider_key(message.incident.id)
        path, body = self._request(message, alias)
        headers = {"Content-Type": "application/json", "Authorization": f"GenieKey {self.settings.api_key.reveal()}"}
        answer = await self._tools.http.request(
            "POST", self.settings.base_url.rstrip("/") + path, encode(body), headers, within=self._within
        )
        said = answer.mapping()
        if not answer.ok:
            raise failure(answer, self._tools.clock(), said=str(said.get("message", "")))
        if "requestId" not in said:
            raise DeliveryError(
                f"It answered {answer.status}, but not as Opsgenie does.",
                reason=Reason.BAD_ANSWER,
                retryable=True,
                ambiguous=True,
                status=answer.status,
                hint="Check `base_url` of this destination.",
            )
        return Sent({"alias": alias}, answer.status, f"request {cut(str(said['requestId']), ALIAS)}")

    async def close(self) -> None:
        """Nothing is held open but the shared connections."""

    def _request(self, message: Message, alias: str) -> tuple[str, dict[str, Any]]:
        if verb := VERBS.get(message.action):
            # Without the parameter the alias would be taken for one of Opsgenie's own ids.
            return f"/{alias}/{verb}?identifierType=alias", _note(message)
        body = _alert(message, alias, self._priorities[message.incident.severity], self.settings.tags)
        return "", body | ({"responders": self._responders} if self._responders else {})


def _alert(message: Message, alias: str, priority: str, tags: tuple[str, ...]) -> dict[str, Any]:
    """Return the body that opens an alert, every field within Opsgenie's limits."""
    incident = message.incident
    return {
        "message": cut(incident.title, MESSAGE) or incident.id,
        "alias": alias,
        "description": cut(_description(message), DESCRIPTION),
        "priority": priority,
        "tags": [cut(tag, TAG) for tag in dict.fromkeys((*tags, incident.severity.value))][:TAGS],
        "entity": cut(incident.common_labels.get("instance") or incident.receiver, ENTITY),
        "source": "fraiseql-observe",
        "details": _details(message),
    }


def _description(message: Message) -> str:
    annotations, links = message.incident.common_annotations, message.links
    lines = [annotations.get("summary", ""), annotations.get("description", "")]
    lines += [f"Value {message.enrichment.value}"] if message.enrichment.value else []
    lines += [f"Incident: {links.console}"] if links.console else []
    lines += [f"Runbook: {links.runbook}"] if links.runbook else []
    lines += [f"Dashboard: {links.dashboard}"] if links.dashboard else []
    return "\n".join(line for line in lines if line) or message.incident.title


def _details(message: Message) -> dict[str, str]:
    """Labels as Opsgenie's details; what does not fit is left out, the longest first."""
    incident = message.incident
    details = {"incident": incident.id, "firing": str(incident.firing)}
    room = DETAILS - sum(len(name) + len(value) for name, value in details.items())
    for name, value in sorted(incident.common_labels.items(), key=lambda item: len(item[0]) + len(item[1])):
        room -= len(name) + len(value)
        if room < 0:
            break
        details.setdefault(name, value)
    return details


def _note(message: Message) -> dict[str, Any]:
    change = message.change
    return {
        "source": "fraiseql-observe",
        "user": cut(change.actor.name, USER),
        "note": cut(change.comment, NOTE),
    }


def _priorities(name: str, given: Mapping[str, str]) -> dict[Severity, str]:
    wrong = [f"{severity}: {priority}" for severity, priority in given.items() if priority not in PRIORITY]
    unknown = [severity for severity in given if severity not in Severity._value2member_map_]
    if wrong or unknown:
        raise ConfigError(
            f"destinations.{name}.priorities: {', '.join(wrong or unknown)} is not possible.",
            hint="Severities are critical, warning and info, priorities P1 to P5.",
        )
    return PRIORITIES | {Severity(severity): priority for severity, priority in given.items()}


def _responder(name: str, text: str) -> dict[str, str]:
    kind, _, who = text.partition(":")
    if kind not in RESPONDERS or not who:
        raise ConfigError(
            f"destinations.{name}.responders: {text!r} is no responder.",
            hint=f"Write team:databases; types are {', '.join(sorted(RESPONDERS))}.",
        )
    return {"type": kind, "username" if kind == "user" else "name": who}
