"""How it goes, over HTTP: health, counts and mean times, and the rules behind the alerts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fraiseql_observe.alerts.prometheus import Prometheus
from fraiseql_observe.errors import EnrichmentError, NotFoundError
from fraiseql_observe.store import inbox, incidents, outbox
from fraiseql_observe.web import health
from fraiseql_observe.web.errors import RequestError
from fraiseql_observe.web.principal import Scope
from fraiseql_observe.web.rest import views
from fraiseql_observe.web.rest.fields import MOMENT, Field
from fraiseql_observe.web.rest.operation import Operation, reply

if TYPE_CHECKING:
    from aiohttp import web

    from fraiseql_observe.alerts.prometheus import AlertingRule
    from fraiseql_observe.store.engine import Transaction
    from fraiseql_observe.web.rest.operation import Call

PERIOD = timedelta(days=30)
RULES_WITHIN = 10.0  # seconds
RULES_LARGEST = 16 * 1024 * 1024
SINCE = Field("since", "Of incidents opened then or later; thirty days ago when it is left out.", MOMENT)


async def get_health(call: Call) -> web.Response:
    now = call.manager.clock()

    def read(tx: Transaction) -> dict[str, Any]:
        backlog, counts = inbox.backlog(tx), outbox.counts(tx, now)
        return {
            "alerts": {state.value: count for state, count in incidents.counts(tx).items()},
            "inbox": {"webhooks": backlog.count, "oldest_at": views.moment(backlog.oldest)},
            "deliveries": {
                "ready": counts.ready,
                "scheduled": counts.scheduled,
                "running": counts.running,
                "dead": counts.dead,
                "ambiguous": counts.ambiguous,
                "oldest_due_at": views.moment(counts.oldest_due),
            },
        }

    return reply({**await health.state(call.manager), **await call.manager.engine.read(read)})


async def get_statistics(call: Call) -> web.Response:
    since = call.query["since"] or call.manager.clock() - PERIOD
    return reply({"since": views.moment(since), **await call.manager.statistics(since)})


async def list_rules(call: Call) -> web.Response:
    settings = call.manager.settings.prometheus
    if not settings.url:
        raise NotFoundError("No Prometheus is configured.", hint="set prometheus.url")
    prometheus = Prometheus(settings, largest=RULES_LARGEST, seconds=RULES_WITHIN)
    try:
        found = await prometheus.rules()
    except EnrichmentError as error:
        raise RequestError([f"Prometheus: {error.message}"], status=502) from None
    finally:
        await prometheus.close()
    return reply({"rules": [_rule(one) for one in found]})


def _rule(one: AlertingRule) -> dict[str, Any]:
    return {
        "name": one.name,
        "group": one.group,
        "query": one.query,
        "for_seconds": one.duration,
        "labels": dict(one.labels),
        "annotations": dict(one.annotations),
        "state": one.state,
        "health": one.health,
        "last_error": one.last_error,
    }


OPERATIONS = (
    Operation("GET", "/health", Scope.READ, get_health, "How the service is; cheap enough to ask often.", "Health"),
    Operation(
        "GET", "/statistics", Scope.READ, get_statistics, "Counts and mean times to acknowledge and to resolve.",
        "Statistics", query=(SINCE,),
    ),
    Operation(
        "GET", "/alert-rules", Scope.READ, list_rules, "The alerting rules that Prometheus evaluates.", "Rules",
        refusals=(404, 502),
    ),
)  # fmt: skip
