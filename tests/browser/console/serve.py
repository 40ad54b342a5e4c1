"""A real backend with incidents to look at, for the browser.

Alerts come in as Alertmanager sends them; people have acted on some; one destination works and one refuses. Prints its
address and serves until its standard input ends: whoever started it cannot leave it behind.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))

from fake_server import FakeServer, Reply
from paging import eventually, tell

from fraiseql_observe.alerts.manager import AlertManager
from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.policy import PolicySettings, RouteSettings, StepSettings
from fraiseql_observe.config.server import AuthSettings, TokenSettings
from fraiseql_observe.config.settings import Settings
from fraiseql_observe.config.store import StoreSettings
from fraiseql_observe.config.webhook import WebhookDestination
from fraiseql_observe.incident.model import Actor, Incident
from fraiseql_observe.web.app import create_app

KIM, ALEX = Actor("kim", "slack", "203.0.113.7"), Actor("alex", "console", "203.0.113.9")
RUNBOOKS = "https://example.com/runbooks"
# name, severity, alerts, minutes ago, service, what it says
TOLD = (
    ("FraiseQLHighErrorRate", "critical", 3, 6, "checkout", "7.4% of GraphQL operations fail"),
    (
        "FraiseQLDatabaseConnectionPoolExhausted",
        "critical",
        5,
        4,
        "catalogue",
        "No connection is free, 18 requests wait",
    ),
    ("FraiseQLHighLatency", "warning", 2, 12, "search", "95% of the queries take longer than 1.8 s"),
    ("FraiseQLCacheHitRateLow", "warning", 1, 37, "catalogue", "Hit rate of the result cache fell to 41%"),
    ("FraiseQLAuditLogLag", "warning", 1, 95, "payments", "Audit events wait 4 minutes for their commit"),
    ("FraiseQLSlowQueryRate", "info", 1, 240, "search", "12 slow queries a second"),
    ("FraiseQLDiskAlmostFull", "critical", 1, 190, "accounts", "4% of the disk is free"),
)


def settings(folder: str, hook: str, ticket: str) -> Settings:
    def destination(url: str) -> WebhookDestination:
        return WebhookDestination(url=url, allow_private=True)

    return Settings(
        store=StoreSettings(url=Secret(f"sqlite:///{folder}/console.db")),
        auth=AuthSettings(
            tokens={
                "kim": TokenSettings(token=Secret("fqo_writer"), scopes=("alerts:write",)),
                "guest": TokenSettings(token=Secret("fqo_reader"), scopes=("alerts:read",)),
            }
        ),
        destinations={"team-chat": destination(hook), "ticket-desk": destination(ticket)},
        policies={
            "on-call": PolicySettings(
                steps=(
                    StepSettings(destinations=("team-chat", "ticket-desk")),
                    StepSettings(destinations=("team-chat",), wait=timedelta(minutes=15)),
                )
            )
        },
        routes=(RouteSettings(policy="on-call"),),
    )


class Clock:
    """The present, less what is still to pass."""

    def __init__(self) -> None:
        self.back = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) - self.back


async def fill(manager: AlertManager, clock: Clock) -> dict[str, Incident]:
    now = datetime.now(UTC)
    told = {}
    for name, severity, count, minutes, service, summary in sorted(TOLD, key=lambda told: -told[3]):
        clock.back = timedelta(minutes=minutes)
        annotations = {"summary": summary, "runbook_url": f"{RUNBOOKS}/{name}"}
        since = now - timedelta(minutes=minutes)
        told[name] = await tell(
            manager, name, severity, count=count, since=since, annotations=annotations, service=service, team="core"
        )
    clock.back = timedelta(minutes=2)
    await manager.acknowledge_alert(told["FraiseQLCacheHitRateLow"].id, KIM, "The nightly import empties it.")
    await manager.snooze(told["FraiseQLSlowQueryRate"].id, now + timedelta(hours=2), ALEX, "Known, see the migration.")
    await manager.resolve_alert(told["FraiseQLDiskAlmostFull"].id, ALEX, "Old backups removed.")
    await manager.comment(told["FraiseQLHighErrorRate"].id, KIM, "Deploy 4711 went out ten minutes before.")
    clock.back = timedelta(0)
    matchers = ['service="payments"', 'severity=~"warning|info"']
    await manager.add_window(
        matchers, now + timedelta(hours=3), now + timedelta(hours=5), KIM, "Upgrade of the payments database"
    )
    await eventually(manager.dead_letters)
    return told


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="console-") as folder:
        async with FakeServer() as hook, FakeServer(Reply(404, body=b"no such project")) as ticket:
            given = settings(folder, hook.url, ticket.url)
            clock = Clock()
            async with AlertManager(given, clock=clock) as manager:
                told = await fill(manager, clock)
                runner = web.AppRunner(create_app(manager, given))
                await runner.setup()
                site = web.TCPSite(runner, "127.0.0.1", 0)
                await site.start()
                port = runner.addresses[0][1]
                linked = told["FraiseQLAuditLogLag"].id
                token = manager.action_tokens.sign("acknowledge", linked, datetime.now(UTC) + timedelta(days=1))
                sys.stdout.write(f"http://127.0.0.1:{port} {token}\n")
                sys.stdout.flush()
                await asyncio.to_thread(sys.stdin.read)
                await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
