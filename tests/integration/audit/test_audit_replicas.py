"""Two replicas that maintain one audit log and export its numbers, as Prometheus would see them."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import psycopg
from prometheus_client.parser import text_string_to_metric_families
from proxied import serving

from fraiseql_observe.config.declare import Secret

SECOND = timedelta(seconds=1)
DENIED = "fraiseql_observe_audit_denied_total"
UP = "fraiseql_observe_audit_up"
INSERT = """
insert into fraiseql_observe.audit_event (event_id, occurred_at, event_type, outcome)
select gen_random_uuid(), now(), 'access', 'denied' from generate_series(1, %s)
"""


def replica(aiohttp_client, folder, audited):
    folder.mkdir(exist_ok=True)
    maintenance = {"maintenance_url": Secret(audited.url), "maintenance_every": SECOND}
    return serving(aiohttp_client, folder, audited.reader_url, metrics_every=SECOND, **maintenance)


async def scraped(client, name):
    """The sum of a metric over its series, None when it is not shown."""
    async with client.get("/metrics") as response:
        families = text_string_to_metric_families(await response.text())
    values = [sample.value for family in families for sample in family.samples if sample.name == name]
    return sum(values) if values else None


async def until(client, name, value, seen):
    """Wait for a value, noting all that came before."""
    async with asyncio.timeout(20):
        while True:
            found = await scraped(client, name)
            if found is not None:
                seen.append(found)
            if found == value:
                return
            await asyncio.sleep(0.1)


async def test_both_show_the_same_counters_and_one_that_restarts_goes_on(aiohttp_client, tmp_path, audited):
    seen = {"one": [], "two": []}
    async with replica(aiohttp_client, tmp_path / "one", audited) as one:
        async with replica(aiohttp_client, tmp_path / "two", audited) as two:
            await until(one, DENIED, 0, seen["one"])
            audited.run(INSERT, (7,))
            await until(one, DENIED, 7, seen["one"])
            await until(two, DENIED, 7, seen["two"])
        audited.run(INSERT, (5,))  # while the second is away
        async with replica(aiohttp_client, tmp_path / "two", audited) as two:
            await until(two, DENIED, 12, seen["two"])
            await until(one, DENIED, 12, seen["one"])
    assert all(values == sorted(values) for values in seen.values())
    assert max(seen["one"] + seen["two"]) == 12


async def test_a_database_that_lets_nobody_in_is_told_and_its_numbers_go(
    aiohttp_client, tmp_path, audited, monkeypatch
):
    monkeypatch.setattr("fraiseql_observe.audit.metrics.PATIENCE", 0.5)
    name = psycopg.conninfo.conninfo_to_dict(audited.url)["dbname"]
    server = psycopg.conninfo.make_conninfo(audited.url, dbname="postgres")
    async with replica(aiohttp_client, tmp_path / "one", audited) as one:
        await until(one, DENIED, 0, [])
        assert await scraped(one, UP) == 1
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'alter database "{name}" allow_connections false')
            connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,))
            await until(one, UP, 0, [])
            assert await scraped(one, DENIED) is None
            async with one.get("/healthz") as response:
                assert response.status == 200
            connection.execute(f'alter database "{name}" allow_connections true')
        await until(one, UP, 1, [])


async def test_no_reading_no_metrics(aiohttp_client, tmp_path, audited):
    async with serving(aiohttp_client, tmp_path, audited.reader_url, metrics_every=timedelta(0)) as quiet:
        assert await scraped(quiet, UP) is None
