"""`/readyz` names what is wrong with the audit database, and alerts come in all the same."""

from __future__ import annotations

import asyncio

from proxied import serving

from fraiseql_observe.web import auditing

WITHOUT_POLICIES = """
do $$
declare name text;
begin
  for name in select policyname from pg_policies where tablename = 'audit_event' loop
    execute format('drop policy %I on fraiseql_observe.audit_event', name);
  end loop;
end $$
"""


async def warnings(client, word):
    """What it says once it says that and takes alerts all the same; the look goes on beside the start."""
    for _ in range(100):
        async with client.get("/readyz") as response:
            said = await response.json()
        if response.status == 200 and any(word in sentence for sentence in said["audit"]):
            return said["audit"]
        await asyncio.sleep(0.1)
    raise AssertionError(said)


async def test_row_security_without_a_policy_is_said(aiohttp_client, tmp_path, audited):
    audited.event()
    audited.run(WITHOUT_POLICIES)
    async with serving(aiohttp_client, tmp_path, audited.reader_url) as client:
        (said,) = await warnings(client, "row security")
    assert said.startswith(
        "row security of fraiseql_observe.audit_event: is on and no policy lets the reader see a row"
    )
    assert "try: fraiseql-observe setup audit" in said


async def test_a_role_with_too_many_rights_is_said(aiohttp_client, tmp_path, audited):
    audited.run("create table public.ledger (n int); grant insert on public.ledger to fraiseql_observe_reader")
    async with serving(aiohttp_client, tmp_path, audited.reader_url) as client:
        said = await warnings(client, "may change")
    assert "writes of the audit questions: may change ledger" in said[0]


async def test_a_mend_is_seen_at_the_next_look(aiohttp_client, tmp_path, audited, monkeypatch):
    monkeypatch.setattr(auditing, "LOOK_EVERY", 0.2)
    audited.run("create table public.ledger (n int); grant insert on public.ledger to fraiseql_observe_reader")
    async with serving(aiohttp_client, tmp_path, audited.reader_url) as client:
        await warnings(client, "may change")
        audited.run("revoke insert on public.ledger from fraiseql_observe_reader")
        for _ in range(100):
            async with client.get("/readyz") as response:
                said = (await response.json())["audit"]
            if not said:
                break
            await asyncio.sleep(0.1)
    assert said == []


async def test_a_database_that_is_away_is_said(aiohttp_client, tmp_path, unused_tcp_port):
    url = f"postgresql://u:hunter2@127.0.0.1:{unused_tcp_port}/none"
    async with serving(aiohttp_client, tmp_path, url) as client:
        (said,) = await warnings(client, "does not answer")
    assert "hunter2" not in said
