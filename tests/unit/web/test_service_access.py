"""Tokens behind the routes: what is remembered, for how long, and what ends it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from web_requests import TOKENS

from fraiseql_observe.config.server import AuthSettings
from fraiseql_observe.errors import AuthError, ConflictError, StoreError
from fraiseql_observe.web import access, token_admin
from fraiseql_observe.web.access import Access
from fraiseql_observe.web.auth import authenticate, recall
from fraiseql_observe.web.principal import Scope


def test_tokens_are_random_and_long():
    made = {access.make() for _ in range(100)}
    assert len(made) == 100
    assert all(one.startswith("fqo_") and len(one) == 47 for one in made)


async def test_only_the_hash_is_stored(manager, clock):
    _, secret = await token_admin.create(manager.engine, "ci", ["admin"], "me", clock())
    rows = await manager.engine.read(lambda tx: tx.rows("select * from token"))
    assert secret not in str(rows)
    assert rows[0]["hash"] == access.digest(secret)


async def test_configured_tokens_follow_a_reload_and_end_their_sessions(client, manager, settings):
    principal = await authenticate(client.app, TOKENS["reader"][0])
    assert (principal.name, principal.scopes) == ("reader", frozenset({Scope.READ}))
    assert await recall(client.app, principal.token_id) == principal
    await manager.reload(replace(settings, auth=AuthSettings()))
    with pytest.raises(AuthError):
        await authenticate(client.app, TOKENS["reader"][0])
    with pytest.raises(AuthError, match="no longer configured"):
        await recall(client.app, principal.token_id)


async def test_a_session_ends_with_its_token(manager, clock):
    known = Access(manager)
    made, secret = await token_admin.create(manager.engine, "me", ["alerts:read"], "x", clock(), timedelta(hours=1))
    principal = await known.principal(secret)
    assert await known.recall(principal.token_id) == principal
    clock.later(timedelta(hours=1))
    with pytest.raises(AuthError, match="expired"):
        await known.recall(principal.token_id)
    clock.later(-timedelta(hours=1))
    await token_admin.revoke(manager.engine, made.id)
    assert await known.recall(principal.token_id) == principal, "remembered for some seconds"
    known.forget()
    with pytest.raises(AuthError, match="unknown"):
        await known.recall(principal.token_id)


async def test_what_is_remembered_is_bounded(manager, monkeypatch):
    monkeypatch.setattr(access, "MOST_REMEMBERED", 3)
    known = Access(manager)
    for number in range(10):
        with pytest.raises(AuthError):
            await known.principal(f"fqo_{number}")
    assert len(known._remembered) <= 3


async def test_a_store_that_knows_nothing_now_does_not_end_the_notes(manager, clock, monkeypatch, caplog):
    monkeypatch.setattr(access, "NOTE_USE_EVERY", 0.01)
    known = Access(manager)
    _, secret = await token_admin.create(manager.engine, "me", ["alerts:read"], "x", clock())
    await known.principal(secret)
    kept = manager.engine.write

    async def broken(work):
        monkeypatch.setattr(manager.engine, "write", kept)
        raise StoreError("The disk is full.")

    monkeypatch.setattr(manager.engine, "write", broken)
    task = asyncio.create_task(known.note_use())
    async with asyncio.timeout(5):
        while "could not be written" not in caplog.text:  # noqa: ASYNC110  a log tells no event
            await asyncio.sleep(0.01)
        await known.principal(secret)
        while not (await token_admin.every(manager.engine))[0].last_used_at:  # noqa: ASYNC110  nor does a column
            await asyncio.sleep(0.01)
    task.cancel()


async def test_names_are_unique_among_the_living_and_tokens_are_bounded(manager, clock, monkeypatch):
    await token_admin.create(manager.engine, "a", ["admin"], "x", clock(), timedelta(hours=1))
    with pytest.raises(ConflictError, match="already"):
        await token_admin.create(manager.engine, "a", ["admin"], "x", clock())
    later = clock() + timedelta(hours=2)
    await token_admin.create(manager.engine, "a", ["admin", "admin"], "x", later)
    assert [one.scopes for one in await token_admin.every(manager.engine)] == [("admin",), ("admin",)]
    monkeypatch.setattr(token_admin, "MOST", 2)
    with pytest.raises(ConflictError, match="2 tokens already"):
        await token_admin.create(manager.engine, "b", ["admin"], "x", clock())
