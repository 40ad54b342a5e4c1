"""The proxy over a real database: what it answers, shares, remembers, limits and cancels."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import psycopg
import pytest
from audit_database import CATALOGUE
from proxied import BRIEF, GIVEN, SLEEPY, counted, made, proxying, reading

from fraiseql_observe.audit.proxy import Asker, Rules
from fraiseql_observe.audit.reader import Limits
from fraiseql_observe.audit.values import Bounds
from fraiseql_observe.errors import AskError

SERIES = made("select generate_series(1, 25) as n", name="series")
RUNNING = """
select count(*) from pg_stat_activity
 where application_name = 'fraiseql-observe audit' and state = 'active' and datname = current_database()
   and pid <> pg_backend_pid()
"""


@pytest.fixture(scope="module")
def filled(shared):
    shared.event(60, event_id="00000000-0000-0000-0000-000000000001", outcome="failure", error_type="database")
    shared.event(120, tenant_id="globex", outcome="failure", error_type="auth", user_id="gus")
    shared.event(180, tenant_id=None, outcome="failure", error_type="auth", user_id="nob")
    shared.event(240, tenant_id="initech", user_id="ian")
    return shared


def running(audited):
    return audited.run(RUNNING)[0][0]


async def until(condition):
    for _ in range(100):
        if condition():
            return True
        await asyncio.sleep(0.05)
    return False


@pytest.mark.parametrize("name", sorted(CATALOGUE))
async def test_every_question_is_answered_as_by_a_direct_connection(filled, name):
    async with proxying(filled.reader_url) as proxy:
        given = {key: value for key, value in GIVEN.items() if key in CATALOGUE[name].parameters}
        given |= {"bucket": ["20m"]} if "bucket" in CATALOGUE[name].parameters else {}
        answer = await proxy.ask(CATALOGUE[name], given, Asker())
    direct = filled.ask(name, tenants=("acme", "globex", "(none)", "initech"))
    if name != "database_top_statements":  # its rows are of this moment
        assert len(answer.rows) == len(direct)
    assert all(len(row) == len(CATALOGUE[name].columns) for row in answer.rows)


async def test_tenants_are_narrowed_to_those_of_the_asker(filled):
    question = CATALOGUE["compliance_recent_events"]
    async with proxying(filled.reader_url) as proxy:

        async def tenants(asker, *asked):
            given = {**GIVEN, "tenants": list(asked)}
            answer = await proxy.ask(question, given, asker)
            place = [column.name for column in question.columns].index("tenant")
            return {row[place] for row in answer.rows}

        assert await tenants(Asker()) == {"acme", "globex", "(none)", "initech"}
        assert await tenants(Asker(), "globex", "(none)") == {"globex", "(none)"}
        assert await tenants(Asker(("acme", "globex"))) == {"acme", "globex"}
        assert await tenants(Asker(("acme", "globex")), "globex", "initech") == {"globex"}
        with pytest.raises(AskError) as refused:
            await tenants(Asker(("acme",)), "globex")
        assert refused.value.status == 403
        answer = await proxy.ask(CATALOGUE["tenants"], {}, Asker(("acme", "globex")))
        assert [row[0] for row in answer.rows] == ["acme", "globex"]
        with pytest.raises(AskError, match="all tenants"):
            await proxy.ask(CATALOGUE["database_top_statements"], {}, Asker(("acme",)))


async def test_rows_beyond_the_limit_are_cut_and_said(filled):
    async with proxying(filled.reader_url, SERIES, limits=Limits(rows=10)) as proxy:
        answer = await proxy.ask(SERIES, {}, Asker())
        assert (len(answer.rows), answer.truncated, answer.rows[-1]) == (10, True, (10,))
    async with proxying(filled.reader_url, SERIES, limits=Limits(rows=25)) as proxy:
        answer = await proxy.ask(SERIES, {}, Asker())
        assert (len(answer.rows), answer.truncated) == (25, False)


async def test_an_answer_of_many_bytes_is_cut(filled):
    wide = made("select repeat('x', 1000) as n from generate_series(1, 5000) as i", "n: string", name="wide")
    async with proxying(filled.reader_url, wide, limits=Limits(size=1_500_000)) as proxy:
        answer = await proxy.ask(wide, {}, Asker())
        assert (len(answer.rows), answer.truncated) == (1000, True)


async def test_what_many_ask_at_once_is_asked_once_and_remembered(filled):
    nap = made("select 1 as n from (select pg_sleep(0.3)) as nap", name="nap")
    async with proxying(filled.reader_url, nap) as proxy:
        answers = await asyncio.gather(*(proxy.ask(nap, {}, Asker()) for _ in range(50)))
        assert len({id(answer) for answer in answers}) == 1
        assert await proxy.ask(nap, {}, Asker()) is answers[0]
        assert counted(proxy, "nap", "answered") == 50
        assert counted(proxy, "nap", "cached") == 1
        # Another tenant's answer is another answer.
        recent = CATALOGUE["errors_recent"]
        one = await proxy.ask(recent, GIVEN, Asker(("acme",)))
        assert await proxy.ask(recent, GIVEN, Asker(("globex",))) is not one


async def test_a_question_whose_askers_are_all_gone_is_cancelled(filled):
    left = [False, False]
    async with proxying(filled.reader_url, SLEEPY) as proxy:
        tasks = [
            asyncio.create_task(proxy.ask(SLEEPY, {}, Asker(gone=lambda place=place: left[place]))) for place in (0, 1)
        ]
        assert await until(lambda: running(filled) == 1)
        left[0] = True
        with pytest.raises(AskError, match="went away"):
            await tasks[0]
        assert running(filled) == 1, "somebody else still waits"
        left[1] = True
        with pytest.raises(AskError, match="went away"):
            await tasks[1]
        assert await until(lambda: running(filled) == 0)
        assert counted(proxy, "sleepy", "cancelled") == 2


async def test_a_question_that_takes_too_long_is_ended(filled):
    async with proxying(filled.reader_url, SLEEPY, limits=Limits(statement=timedelta(seconds=0.2))) as proxy:
        with pytest.raises(AskError, match=r"longer than 0\.2 s") as late:
            await proxy.ask(SLEEPY, {}, Asker())
        assert late.value.status == 504
        assert await until(lambda: running(filled) == 0)
        # The connection is good for the next.
        assert (await proxy.ask(CATALOGUE["tenants"], {}, Asker())).rows


async def test_values_of_a_column_are_had_quickly_or_not_at_all(filled):
    async with proxying(filled.reader_url, SLEEPY) as proxy:
        values = await proxy.values(CATALOGUE["compliance_recent_events"], "tenant", GIVEN, Asker(("acme", "globex")))
        assert values == [{"__text": one, "__value": one} for one in ("acme", "globex")]
        with pytest.raises(AskError) as late:
            await proxy.values(SLEEPY, "n", {}, Asker())
        assert late.value.status == 504
        with pytest.raises(AskError) as unknown:
            await proxy.values(SLEEPY, "m", {}, Asker())
        assert unknown.value.status == 404


async def test_too_many_at_once_are_refused(filled):
    rules = Rules(Bounds(), running=1, waiting=1, patience=timedelta(seconds=0.5))
    naps = [made("select 1 as n from (select pg_sleep(2)) as nap", name=f"nap{place}") for place in range(3)]
    async with proxying(filled.reader_url, *naps, rules=rules) as proxy:
        tasks = [asyncio.create_task(proxy.ask(nap, {}, Asker())) for nap in naps]
        found = await asyncio.gather(*tasks, return_exceptions=True)
    busy = [one.status for one in found if isinstance(one, AskError)]
    assert busy == [429, 429]  # one found no place to wait, one lost patience


async def test_a_database_that_is_not_there(unused_tcp_port):
    url = f"postgresql://nobody@127.0.0.1:{unused_tcp_port}/none"
    async with proxying(url, limits=Limits(acquire=timedelta(seconds=0.3))) as proxy:
        with pytest.raises(AskError) as down:
            await proxy.ask(CATALOGUE["tenants"], {}, Asker())
        assert (down.value.status, down.value.message) == (503, "The audit database cannot be reached.")
        assert counted(proxy, "tenants", "unavailable") == 1


async def test_connections_that_broke_are_replaced(filled):
    async with proxying(filled.reader_url, rules=Rules(Bounds())) as proxy:
        await proxy.ask(CATALOGUE["tenants"], {}, Asker())
        filled.run(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'fraiseql-observe audit'"
            " and datname = current_database()"
        )
        assert (await proxy.ask(CATALOGUE["tenants"], {}, Asker())).rows


async def test_a_server_that_ends_the_session_in_the_middle(filled):
    async with proxying(filled.reader_url, SLEEPY) as proxy:
        task = asyncio.create_task(proxy.ask(SLEEPY, {}, Asker()))
        assert await until(lambda: running(filled) == 1)
        filled.run(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'fraiseql-observe audit'"
            " and datname = current_database()"
        )
        with pytest.raises(AskError) as down:
            await task
        assert down.value.status == 503


async def test_a_lock_that_somebody_holds(filled):
    async with proxying(filled.reader_url, limits=Limits(lock=timedelta(seconds=0.1))) as proxy:
        with psycopg.connect(filled.url) as owner:
            owner.execute("lock table fraiseql_observe.audit_event in access exclusive mode")
            with pytest.raises(AskError, match="waits for a lock") as locked:
                await proxy.ask(CATALOGUE["errors_recent"], GIVEN, Asker())
            owner.rollback()
        assert locked.value.status == 503


async def test_what_json_cannot_say_is_null(filled):
    odd = made(
        """select 'NaN'::float8 as a, 'Infinity'::numeric as b, '-Infinity'::float4 as c, 1e400::numeric as d,
                  'infinity'::timestamptz as e, '-infinity'::timestamp as f, '294276-01-01'::timestamptz as g,
                  '0044-03-15 BC'::date as h, 12345678901234567890::numeric as i, 2.50::numeric as j,
                  '2026-03-04 14:00+02'::timestamptz as k, '2026-03-04'::date as l, '90 min'::interval as m,
                  array['x','y'] as n, '{"a":1}'::jsonb as o, '10.0.0.1'::inet as p, true as q, null::int as r""",
        "a: number, b: number, c: number, d: number, e: time, f: time, g: time, h: time, i: number, j: number, "
        "k: time, l: time, m: number, n: string, o: string, p: string, q: boolean, r: number",
        name="odd",
    )
    async with reading(filled.reader_url) as reader:
        found = await reader.ask(odd, {}, "")
    nothing, said = found.rows[0][:8], found.rows[0][8:]
    assert set(nothing) == {None}
    assert said[:5] == (12345678901234567890.0, 2.5, "2026-03-04T12:00:00Z", "2026-03-04T00:00:00Z", 5400.0)
    assert said[5:] == ('["x","y"]', '{"a":1}', "10.0.0.1", True, None)


async def test_columns_that_are_not_as_declared(filled):
    wrong = made("select 1 as m", name="wrong")
    async with reading(filled.reader_url) as reader:
        with pytest.raises(AskError, match="answers with the columns m, and declares n") as error:
            await reader.ask(wrong, {}, "")
    assert error.value.status == 500


async def test_a_plan_is_shown(filled):
    async with reading(filled.reader_url) as reader:
        values = {"from": "2026-03-04T12:00:00Z", "to": "2026-03-04T13:00:00Z", "tenants": None}
        plan = await reader.explain(CATALOGUE["errors_recent"], values, "", analyze=True)
        assert any("actual time" in line for line in plan)


async def test_nothing_of_a_question_is_left_for_the_next(filled):
    sets = made(
        "select 1 as n from (select set_config('fraiseql.tenant_id', 'globex', false), pg_advisory_lock(1)) as x",
        name="sets",
    )
    looks = made(
        "select count(*) as n from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()", name="looks"
    )
    async with reading(filled.reader_url, Limits(connections=1)) as reader:
        await reader.ask(sets, {}, "")
        assert (await reader.ask(looks, {}, "")).rows == [(0,)]
        assert len((await reader.ask(CATALOGUE["tenants"], {}, "")).rows) == 4
    assert BRIEF.connections == 4


@pytest.mark.parametrize(("believed", "seen"), [(timedelta(0), {"acme", "hooli"}), (timedelta(hours=1), {"acme"})])
async def test_the_list_of_all_tenants_is_believed_for_a_while(audited, believed, seen):
    audited.event(60)
    question = made("select unnest(:tenants::text[]) as n", "n: string", parameters='tenants: {type: "text[]"}')
    async with reading(audited.reader_url, Limits(tenants=believed)) as reader:
        await reader.ask(question, {"tenants": None}, "")
        audited.event(30, tenant_id="hooli")
        found = await reader.ask(question, {"tenants": None}, "")
    assert {name for (name,) in found.rows} == seen
