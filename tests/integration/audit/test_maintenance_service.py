"""The backend keeps the audit log where it is told to, and says how that goes."""

import asyncio

import pytest
from proxied import serving

from fraiseql_observe.config.declare import Secret


async def text(client, path):
    async with client.get(path) as answer:
        return await answer.text()


async def eventually(client, path, wanted):
    """The page, as soon as it holds the words."""
    for _ in range(300):
        page = await text(client, path)
        if wanted in page:
            return page
        await asyncio.sleep(0.1)
    pytest.fail(f"{path} never said {wanted!r}: {page[-2000:]}")


async def test_the_service_maintains(audited, aiohttp_client, tmp_path):
    audited.event()
    async with serving(aiohttp_client, tmp_path, audited.reader_url, maintenance_url=Secret(audited.url)) as client:
        page = await eventually(client, "/metrics", 'audit_maintenance_turns_total{outcome="done"} 1.0')
        assert "fraiseql_observe_audit_partitions_ahead 7.0" in page
        assert "fraiseql_observe_audit_partitions 9.0" in page
        assert "fraiseql_observe_audit_partitions_overdue 0.0" in page
        assert "fraiseql_observe_audit_rollup_rows_total" in page
        assert "maintenance" not in await text(client, "/readyz")
    assert audited.run("select count(*) from fraiseql_observe.audit_event_default") == [(0,)]


async def test_what_fails_is_said_and_tried_again(audited, aiohttp_client, tmp_path):
    audited.run("alter function fraiseql_observe.make_partitions() rename to gone")
    url = Secret(audited.url)
    async with serving(aiohttp_client, tmp_path, audited.reader_url, maintenance_url=url) as client:
        page = await eventually(client, "/readyz", "maintenance: it failed")
        assert "missing, or older than this program" in page
        assert '"ok": true' in page  # it keeps no alert out
        assert 'turns_total{outcome="failed"}' in await text(client, "/metrics")
        audited.run("alter function fraiseql_observe.gone() rename to make_partitions")
        await eventually(client, "/metrics", 'audit_maintenance_turns_total{outcome="idle"} 1.0')
        assert "maintenance" not in await text(client, "/readyz")


async def test_without_the_setting_nothing_is_done(shared, aiohttp_client, tmp_path):
    async with serving(aiohttp_client, tmp_path, shared.reader_url) as client:
        assert "audit_maintenance_turns" not in await text(client, "/metrics")
        assert "audit_partitions" not in await text(client, "/metrics")
