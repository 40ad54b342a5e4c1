"""One alert through the whole chain, so that a visitor sees every place before anything is broken.

Alertmanager, the backend, the four destinations, an acknowledgement by a button in Slack, the resolution.
"""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from fraiseql_observe.errors import DemoError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fraiseql_observe.demo.sinks import Sinks
    from fraiseql_observe.demo.sinks.slack import Posted
    from fraiseql_observe.demo.stack import Stack

ALERT = "FraiseQLRehearsal"
LASTS = 8  # seconds
PATIENCE = 30.0  # seconds
REFUSED = 400  # HTTP's refusals begin here
SCRAPED = 'fraiseql_observe_deliveries_total{outcome="sent"}'


def rehearse(stack: Stack) -> None:
    """Send the alert, wait until all four places have it, and press Acknowledge.

    Raises:
        DemoError: it does not arrive; says where it is missing.
    """
    _until(stack, lambda: bool(_asked(stack.prometheus.url, SCRAPED)), "Prometheus does not scrape the backend")
    _send(stack.alertmanager.url)
    _until(stack, lambda: not missing(stack.sinks), lambda: f"No alert arrived at: {', '.join(missing(stack.sinks))}")
    message = posted(stack.sinks)
    if message and (status := stack.sinks.press(message.ts, "acknowledge")) >= REFUSED:
        raise DemoError(f"The backend answered {status} to a press of Acknowledge in Slack.", hint="see its log")


def missing(sinks: Sinks) -> list[str]:
    """Return the places that have not heard of it."""
    heard = {
        "Slack": posted(sinks) is not None,
        "email": any(ALERT in str(mail) for mail in sinks.mailbox.mails),
        "PagerDuty": any(ALERT in json.dumps(alert.events) for alert in sinks.pagerduty.alerts.values()),
        "webhook": any(ALERT in json.dumps(said) for said in sinks.hooks.received),
    }
    return [place for place, has in heard.items() if not has]


def posted(sinks: Sinks) -> Posted | None:
    """Return the message in Slack."""
    messages = list(sinks.slack.messages.values())
    return next((each for each in messages if ALERT in f"{each.text} {each.all_blocks}"), None)


def _send(alertmanager: str) -> None:
    now = datetime.now(UTC)
    alert = {
        "labels": {"alertname": ALERT, "severity": "info", "job": "fraiseql"},
        "annotations": {
            "summary": "A rehearsal: nothing is broken.",
            "description": "The demo sent this alert through Alertmanager and the backend to every destination.",
        },
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(seconds=LASTS)).isoformat(),
    }
    body = json.dumps([alert]).encode()
    request = urllib.request.Request(  # noqa: S310  http on loopback
        f"{alertmanager}/api/v2/alerts", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310  http on loopback
        return


def _asked(prometheus: str, query: str) -> list[Any]:
    url = f"{prometheus}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  http on loopback
        found: list[Any] = json.load(answer)["data"]["result"]
        return found


def _until(stack: Stack, holds: Callable[[], bool], failure: str | Callable[[], str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        stack.check()
        if time.monotonic() > deadline:
            what = failure if isinstance(failure, str) else failure()
            raise DemoError(f"{what}.", hint=f"its log is {stack.backend.log}; run with --keep to read it afterwards")
        time.sleep(0.2)
