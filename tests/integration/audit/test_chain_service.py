"""The backend's loop over hash chains: bounded turns, one replica at a time, the same numbers in all, and REST."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from chained import ACME, HOUR, KEY, START, chained
from proxied import bearer, serving

from fraiseql_observe.audit import setup
from fraiseql_observe.config.audit import AuditSettings
from fraiseql_observe.config.declare import Secret
from fraiseql_observe.errors import ObserveError
from fraiseql_observe.store import audit_chain, open_store
from fraiseql_observe.telemetry import Telemetry
from fraiseql_observe.web import chain_work
from fraiseql_observe.web.chain import Chain

pytest.importorskip("fraiseql")

UNIFIED = {"source": "audit_events_unified"}
NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def log(database_url):
    with chained(database_url, "unified") as found:
        yield found


@pytest.fixture
async def engine(tmp_path):
    engine = await open_store(f"sqlite:///{tmp_path}/observe.db", clock=lambda: NOW)
    yield engine
    await engine.close()


@pytest.fixture
def replica(log, engine):
    """A replica, its clock, and what /metrics says."""

    def make(**more):
        clock = SimpleNamespace(now=NOW)
        telemetry = Telemetry()
        settings = AuditSettings(chain_url=Secret(log.url), chain_keys=Secret(f"{KEY}\nanother"), **more)
        manager = SimpleNamespace(engine=engine, clock=lambda: clock.now, telemetry=telemetry)
        chain = Chain(settings, manager)

        def metric(name, **labels):
            return telemetry.registry.get_sample_value(f"fraiseql_observe_audit_chain_{name}", labels)

        return SimpleNamespace(turn=chain.turn, running=chain.running, clock=clock, metric=metric)

    return make


async def test_a_turn_is_bounded_and_the_next_goes_on(log, replica, engine, monkeypatch):
    monkeypatch.setattr(chain_work, "PIECE", 10)
    log.fill(25)
    one = replica()
    assert one.metric("rows_total", **UNIFIED, reading="new") is None
    assert await one.turn() < 60
    assert one.metric("rows_total", **UNIFIED, reading="new") == 10
    assert one.metric("verified_timestamp_seconds", **UNIFIED) == 0
    assert await one.turn() < 60
    assert await one.turn() == 60
    assert one.metric("rows_total", **UNIFIED, reading="new") == 25
    assert one.metric("verified_timestamp_seconds", **UNIFIED) == NOW.timestamp()
    assert one.metric("breaks", **UNIFIED, kind="removed") == 0
    assert one.metric("duration_seconds_count") == 3
    (state,) = await engine.read(audit_chain.states)
    assert (state.rows, state.sealed, state.seals) == (25, 25, 1)


async def test_another_replica_goes_on_once_the_first_is_gone_and_shows_the_same(log, replica):
    log.fill(6)
    first, second = replica(), replica()
    await first.turn()
    log.tamper("update audit_events set metadata = null where timestamp = %(at)s", at=START + 2 * HOUR)
    log.fill(3)
    await second.turn()
    assert second.metric("rows_total", **UNIFIED, reading="new") == 0
    assert second.metric("verified_timestamp_seconds", **UNIFIED) == NOW.timestamp()
    second.clock.now = NOW + timedelta(days=1, minutes=10)
    await second.turn()
    assert second.metric("rows_total", **UNIFIED, reading="new") == 3
    assert second.metric("rows_total", **UNIFIED, reading="again") == 6  # and no fresher for what grew
    assert second.metric("breaks", **UNIFIED, kind="changed") == 1
    assert first.metric("breaks", **UNIFIED, kind="changed") == 0
    await first.turn()
    assert first.metric("breaks", **UNIFIED, kind="changed") == 1


async def test_a_replica_that_ends_lets_another_go_on_at_once(log, replica):
    log.fill(6)
    first, second = replica(), replica()
    async with first.running():
        await first.turn()
    log.fill(3)
    await second.turn()
    assert second.metric("rows_total", **UNIFIED, reading="new") == 3


async def test_a_database_that_is_away_is_counted_and_said(log, engine):
    telemetry = Telemetry()
    settings = AuditSettings(chain_url=Secret("postgresql://nobody@127.0.0.1:1/none"))
    chain = Chain(settings, SimpleNamespace(engine=engine, clock=lambda: NOW, telemetry=telemetry))
    with pytest.raises(ObserveError, match="does not answer"):
        await chain.turn()
    assert telemetry.registry.get_sample_value("fraiseql_observe_audit_chain_failures_total") == 1


async def test_a_log_that_vanished_is_a_break(log, replica):
    log.fill(3)
    one = replica()
    await one.turn()
    log.connection.execute("drop table audit_events")
    await one.turn()
    assert one.metric("breaks", **UNIFIED, kind="removed") == 1


async def test_breaks_are_shown_and_accepted_over_http(log, aiohttp_client, tmp_path):
    ids = log.fill(6, ACME)
    log.tamper("update audit_events set metadata = null where id = %(id)s", id=ids[2])
    setup.apply(log.url)
    async with serving(
        aiohttp_client, tmp_path, log.url, chain_url=Secret(log.url), chain_every=timedelta(days=1)
    ) as web:
        root = bearer("root")

        async def found():
            return await (await web.get("/api/observability/audit/chain", headers=root)).json()

        while not (shown := await found())["sources"]:
            pass
        (source,) = shown["sources"]
        assert (source["source"], source["rows"], source["seals"]) == ("public.audit_events", 6, 1)
        (one,) = shown["breaks"]
        assert (one["row"], one["kind"], one["accepted_at"]) == (ids[2], "changed", None)
        path = f"/api/observability/audit/chain/breaks/{one['id']}/accept"
        assert (await web.post(path, headers=root, json={})).status == 400
        assert (await web.post(path, headers=bearer("all"), json={"comment": "x"})).status == 403
        accepted = await (await web.post(path, headers=root, json={"comment": "the migration of May"})).json()
        assert (accepted["accepted_by"], accepted["comment"]) == ("root", "the migration of May")
        assert (await found())["breaks"] == [accepted]
        assert (await web.post(f"{path[:-11]}x/accept", headers=root, json={"comment": "x"})).status == 404
        assert (await web.get("/api/observability/audit/chain", headers=bearer("all"))).status == 403
        assert "fraiseql_observe_audit_chain_breaks" in await (await web.get("/metrics")).text()
