"""PagerDuty's Events API v2 (https://developer.pagerduty.com/docs/events-api-v2-overview)."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar

from fraiseql_observe.errors import DeliveryError, Reason
from fraiseql_observe.incident.model import Action, Severity
from fraiseql_observe.notify.answers import failure
from fraiseql_observe.notify.base import Sent, Traits
from fraiseql_observe.notify.bounds import VALUE, cut, cut_all, encode, first_that_fits
from fraiseql_observe.notify.identity import channel, provider_key
from fraiseql_observe.notify.limits import limits
from fraiseql_observe.notify.wire import moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fraiseql_observe.config.pagerduty import PagerDutyDestination
    from fraiseql_observe.incident.message import Message
    from fraiseql_observe.notify.tools import Tools

BODY = 512_000  # bytes; PagerDuty says 512 KB
SUMMARY = 1024  # characters
TEXT = 255  # of component, group, class and link texts
SEVERITIES = {Severity.CRITICAL: "critical", Severity.WARNING: "warning", Severity.INFO: "info"}
ACTIONS = {
    Action.TRIGGER: "trigger",
    Action.REOPEN: "trigger",
    Action.ACKNOWLEDGE: "acknowledge",
    Action.RESOLVE: "resolve",
}
LINKS = {
    "console": "Incident",
    "dashboard": "Dashboard",
    "runbook": "Runbook",
    "source": "Expression",
    "silence": "Silence",
}


class PagerDuty:
    """One integration key. PagerDuty is told of openings, acknowledgements and resolutions, not of each change.

    Its pace is 120 events in 60 s for each key: `burst` + 60 `per_second` stays within.
    """

    kind: ClassVar[str] = "pagerduty"
    traits: ClassVar[Traits] = Traits(
        idempotent=True, says=frozenset(ACTIONS), waits_for_enrichment=True, per_second=1.5, burst=30
    )

    def __init__(self, name: str, settings: PagerDutyDestination, tools: Tools) -> None:
        self.name = name
        self.settings = settings
        self.channel = channel(self.kind, settings.base_url, settings.routing_key.reveal())
        self._tools = tools
        self._url = f"{settings.base_url.rstrip('/')}/v2/enqueue"
        self._within = limits(self.traits, settings).timeout

    def __repr__(self) -> str:
        return f"PagerDuty({self.name!r})"

    async def send(self, message: Message) -> Sent:
        """Send one event; the receipt keeps its key.

        Raises:
            DeliveryError: it was refused, or nobody knows.
        """
        key = message.receipt.get("dedup_key") or provider_key(message.incident.id)
        body = event(message, self.settings.routing_key.reveal(), key, self._tools.console_url)
        answer = await self._tools.http.request(
            "POST", self._url, body, {"Content-Type": "application/json"}, within=self._within
        )
        said = answer.mapping()
        if not answer.ok:
            explained = _explained(said).replace(self.settings.routing_key.reveal(), "(the routing key)")
            raise failure(answer, self._tools.clock(), said=explained)
        if said.get("status") != "success":
            raise DeliveryError(
                f"It answered {answer.status}, but not as PagerDuty does.",
                reason=Reason.BAD_ANSWER,
                retryable=True,
                ambiguous=True,
                status=answer.status,
                hint="Check `base_url` of this destination.",
            )
        return Sent({"dedup_key": key}, answer.status)

    async def close(self) -> None:
        """Nothing is held open but the shared connections."""


def event(message: Message, routing_key: str, key: str, console_url: str = "") -> bytes:
    """Return the body of an event, at most `BODY` bytes of JSON.

    What does not fit is left out in this order: the alerts' annotations, the alerts, all annotations and labels;
    then every text is cut.
    """
    head: dict[str, Any] = {"routing_key": routing_key, "event_action": ACTIONS[message.action], "dedup_key": key}
    if head["event_action"] != "trigger":
        return encode(head)
    head |= {
        "client": "fraiseql-observe",
        **({"client_url": url} if (url := message.links.console or console_url) else {}),
        "links": _links(message),
        "images": _images(message),
    }
    return first_that_fits((encode(head | {"payload": payload}) for payload in _payloads(message)), BODY)


def _payloads(message: Message) -> Iterator[dict[str, Any]]:
    """From rich to poor."""
    payload = _payload(message)
    details = _details(message)
    alerts = details.pop("alerts")
    bare = [{name: value for name, value in alert.items() if name != "annotations"} for alert in alerts]
    yield payload | {"custom_details": details | {"alerts": alerts}}
    yield payload | {"custom_details": details | {"alerts": bare}}
    yield payload | {"custom_details": details}
    short = {name: value for name, value in details.items() if name not in {"labels", "annotations"}}
    yield payload | {"custom_details": short}
    yield cut_all(payload | {"custom_details": short}, VALUE)


def _payload(message: Message) -> dict[str, Any]:
    incident, labels = message.incident, message.incident.common_labels
    optional = {
        "component": labels.get("job", ""),
        "group": labels.get("namespace") or labels.get("cluster", ""),
        "class": labels.get("alertname", ""),
    }
    return {
        "summary": cut(incident.title, SUMMARY) or incident.id,
        "source": cut(labels.get("instance") or incident.receiver, TEXT) or "fraiseql-observe",
        "severity": SEVERITIES[incident.severity],
        "timestamp": moment(incident.opened_at),
        **{name: cut(value, TEXT) for name, value in optional.items() if value},
    }


def _details(message: Message) -> dict[str, Any]:
    incident, enrichment = message.incident, message.enrichment
    known = {
        "value": enrichment.value,
        "threshold": enrichment.threshold,
        "operations": list(enrichment.operations),
        "users": enrichment.users,
    }
    return {
        "incident": incident.id,
        "firing": incident.firing,
        "omitted_alerts": message.omitted,
        **{name: value for name, value in known.items() if value or value == 0},
        "labels": dict(incident.common_labels),
        "annotations": dict(incident.common_annotations),
        "alerts": [
            {"status": alert.status.value, "labels": dict(alert.labels), "annotations": dict(alert.annotations)}
            for alert in message.alerts
        ],
    }


def _links(message: Message) -> list[dict[str, str]]:
    links = asdict(message.links)
    return [{"href": links[name], "text": text} for name, text in LINKS.items() if links[name]]


def _images(message: Message) -> list[dict[str, str]]:
    """PagerDuty shows pictures over https only: those that an alert names in its annotation `image_url`."""
    sources = (message.incident.common_annotations, *(alert.annotations for alert in message.alerts))
    urls = dict.fromkeys(each.get("image_url", "") for each in sources)
    return [{"src": url, "alt": cut(message.incident.title, TEXT)} for url in urls if url.startswith("https://")][:3]


def _explained(said: Mapping[str, Any]) -> str:
    errors = said.get("errors")
    parts = [said.get("message"), *(errors if isinstance(errors, list) else ())]
    return "; ".join(part for part in parts if isinstance(part, str))
