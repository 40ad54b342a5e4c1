"""Who asked the audit log what, and whose rows a token may see."""

from __future__ import annotations

from store_samples import T0, at

from fraiseql_observe.store import audit_access, tokens
from fraiseql_observe.store.audit_access import Access
from fraiseql_observe.store.tokens import Token


def entry(number, **more):
    return Access(
        **{
            "id": f"acc_{number:03}",
            "at": at(number),
            "who": "grafana",
            "token_id": "tok_1",
            "on_behalf_of": "ada",
            "address": "127.0.0.1",
            "request_id": "r",
            "question": "errors_recent",
            "parameters": "{}",
            "outcome": "answered",
            "rows": 3,
            "duration_ms": 7,
        }
        | more
    )


async def test_entries_are_read_newest_first_and_only_the_newest_are_kept(engine, write, read):
    await engine.append(audit_access.INSERT, [audit_access.row(entry(number)) for number in range(10)])
    assert await read(audit_access.latest, 2) == [entry(9), entry(8)]
    assert await read(audit_access.latest, 2, "acc_008") == [entry(7), entry(6)]
    assert await write(audit_access.prune, 3) == 7
    assert await read(audit_access.latest, 100) == [entry(9), entry(8), entry(7)]
    assert await write(audit_access.prune, 3) == 0


async def test_what_a_column_cannot_hold_is_replaced_and_what_is_long_is_cut(engine, read):
    odd = entry(1, who="a\0b", parameters="x" * 5000, request_id="\udc00")
    await engine.append(audit_access.INSERT, [audit_access.row(odd)])
    (kept,) = await read(audit_access.latest, 1)
    assert (kept.who, len(kept.parameters), kept.request_id) == ("a\ufffdb", audit_access.LONGEST, "\ufffd")


async def test_a_token_remembers_its_tenants(write, read):
    token = Token("tok_1", "acme", ("audit:read",), "ada", T0, tenants=("acme", "globex \u00fc"))
    await write(tokens.insert, token, "hash")
    assert await read(tokens.by_hash, "hash") == token
