"""The audit proxy over a real database: a reader's pool, questions written on the spot, and the service around it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from audit_database import NOON

from fraiseql_observe.alerts.manager import AlertManager
from fraiseql_observe.audit.catalogue import Catalogue, load
from fraiseql_observe.audit.frontmatter import parse
from fraiseql_observe.audit.proxy import Proxy, Rules
from fraiseql_observe.audit.reader import Limits, Reader
from fraiseql_observe.audit.values import Bounds
from fraiseql_observe.config.audit import AuditSettings
from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.server import AuthSettings, TokenSettings
from fraiseql_observe.config.settings import Settings
from fraiseql_observe.config.store import StoreSettings
from fraiseql_observe.telemetry import Telemetry
from fraiseql_observe.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fraiseql_observe.audit.question import Question

RANGE = {"from": "2026-03-04T12:00:00Z", "to": "2026-03-04T13:00:00Z"}
GIVEN = {name: [value] for name, value in RANGE.items()}
TOKENS = {
    "all": ("fqo_all_0123456789abc", ("audit:read",), ()),
    "acme": ("fqo_acme_0123456789ab", ("audit:read",), ("acme",)),
    "both": ("fqo_both_0123456789ab", ("audit:read",), ("acme", "globex")),
    "recent": ("fqo_recent_012345678", ("audit:read:errors_recent",), ()),
    "alerts": ("fqo_alerts_012345678", ("alerts:write",), ()),
    "root": ("fqo_root_0123456789ab", ("admin",), ()),
}


def made(sql: str, columns: str = "n: number", *, name: str = "mine", parameters: str = "", more: str = "") -> Question:
    """A question of these columns (`name: type, …`), as a file would say it; not vetted."""
    head = ["title: Mine", "description: For a test.", "format: table"]
    head += [more] if more else []
    head += ["parameters:", *(f"  {one}" for one in parameters.split("\n"))] if parameters else []
    head.append("columns:")
    for column in columns.split(", "):
        key, _, kind = column.partition(": ")
        head.append(f"  {key}: {{title: {key}, type: {kind}}}")
    front = "\n".join(f"-- {line}" for line in head)
    return parse(name, f"-- ---\n{front}\n-- ---\n{sql}\n", f"{name}.sql")


SLEEPY = made("select 1 as n from (select pg_sleep(5)) as sleep", name="sleepy")
BRIEF = Limits(statement=timedelta(seconds=5), connections=4)


@asynccontextmanager
async def reading(url: str, limits: Limits = BRIEF, kind: type[Reader] = Reader, **more: Any) -> AsyncIterator[Reader]:
    reader = kind(url, limits, **more)
    await reader.open()
    try:
        yield reader
    finally:
        await reader.close()


@asynccontextmanager
async def proxying(
    url: str, *questions: Question, limits: Limits = BRIEF, rules: Rules | None = None
) -> AsyncIterator[Proxy]:
    catalogue = Catalogue({**load().questions, **{one.name: one for one in questions}})
    rules = rules or Rules(Bounds(freshness=timedelta(seconds=10)))
    proxy = Proxy(catalogue, Reader(url, limits), rules, clock=lambda: NOON, telemetry=Telemetry())
    await proxy.open()
    try:
        yield proxy
    finally:
        await proxy.close()


def counted(proxy: Proxy, question: str, outcome: str) -> float:
    """How often a question had that outcome, as /metrics says it."""
    labels = {"query": question, "outcome": outcome}
    return proxy._telemetry.registry.get_sample_value("fraiseql_observe_audit_queries_total", labels) or 0.0


def settings_for(folder: Any, url: str, **audit: Any) -> Settings:
    return Settings(
        store=StoreSettings(url=Secret(f"sqlite:///{folder}/observe.db")),
        auth=AuthSettings(
            tokens={
                name: TokenSettings(token=Secret(token), scopes=scopes, tenants=tenants)
                for name, (token, scopes, tenants) in TOKENS.items()
            }
        ),
        audit=AuditSettings(url=Secret(url), **audit),
    )


@asynccontextmanager
async def serving(aiohttp_client: Any, folder: Any, url: str, **audit: Any) -> AsyncIterator[Any]:
    """A client of the whole service."""
    settings = settings_for(folder, url, **audit)
    async with AlertManager(settings) as manager:
        client = await aiohttp_client(create_app(manager, settings))
        try:
            yield client
        finally:
            await client.close()


def bearer(who: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKENS[who][0]}"}
