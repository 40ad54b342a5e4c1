"""The inbox, escalations, and the small repositories."""

from __future__ import annotations

from dataclasses import replace

import pytest
from store_samples import T0, at, step

from fraiseql_observe.errors import NotFoundError
from fraiseql_observe.incident.model import Receipt
from fraiseql_observe.incident.windows import Window
from fraiseql_observe.store import channels, escalations, inbox, leases, receipts, settings, tokens, windows
from fraiseql_observe.store.tokens import Token


async def _append(engine, *ids, body=b"{}"):
    await engine.append(inbox.INSERT, [inbox.row(id_, "alertmanager", T0, body) for id_ in ids])


async def test_the_inbox_gives_in_the_order_of_arrival(engine, write, read):
    await _append(engine, "box_9", "box_1")
    await _append(engine, "box_5", body=b'{"a": "\xc3\xa4\\u0000"}')
    assert [item.id for item in await read(inbox.claim, 2)] == ["box_9", "box_1"]
    assert await read(inbox.backlog) == inbox.Backlog(3, T0)
    assert await write(inbox.done, ["box_9", "box_1", "box_none"]) == 2
    [left] = await read(inbox.claim, 10)
    assert left == inbox.Item("box_5", "alertmanager", T0, b'{"a": "\xc3\xa4\\u0000"}')
    assert await write(inbox.done, ["box_5"]) == 1
    assert await write(inbox.done, []) == 0
    assert await read(inbox.backlog) == inbox.Backlog(0, None)


async def test_the_same_webhook_twice_is_one(engine, read):
    await _append(engine, "box_1", body=b"first")
    await _append(engine, "box_1", body=b"second")
    assert [item.body for item in await read(inbox.claim, 10)] == [b"first"]


async def test_only_the_newest_refused_bodies_are_kept(write, read):
    for number in range(inbox.REJECTED_KEPT + 3):
        await write(inbox.keep_rejected, "alertmanager", at(number), b"\xff" * 100_000, f"garbage {number}\0")
    kept = await read(inbox.rejected)
    assert len(kept) == inbox.REJECTED_KEPT
    assert kept[0] == inbox.Rejected("alertmanager", at(102), "garbage 102\ufffd", b"\xff" * inbox.REJECTED_BYTES)
    assert len(await read(inbox.rejected, 2)) == 2


async def test_due_steps_are_taken_once(write, read):
    first, second, later = step(0), step(1, due_at=at(-1)), step(2, due_at=at(60))
    await write(escalations.schedule, [first, second, later, step(0, incident_id="inc_2", due_at=at(90))])
    assert await read(escalations.next_due) == at(-1)
    assert await read(escalations.overdue, at(1)) == escalations.Overdue(2, at(-1))
    assert await write(escalations.claim_due, T0) == [second, first]
    assert await write(escalations.claim_due, T0) == []
    assert await read(escalations.of, "inc_1") == [later]
    assert await write(escalations.cancel, ["inc_1"]) == 1
    assert await read(escalations.next_due) == at(90)
    assert await write(escalations.claim_due, at(999), 1) != []
    assert await read(escalations.next_due) is None
    assert await read(escalations.overdue, at(999)) == escalations.Overdue(0, None)


async def test_a_step_is_there_once(write, read):
    first = step(1)
    await write(escalations.schedule, [first])
    await write(escalations.schedule, [replace(step(1), due_at=at(5))])
    assert await read(escalations.of, "inc_1") == [replace(first, due_at=at(5))]


async def test_a_step_whose_transaction_fails_is_still_due(engine, write, read):
    await write(escalations.schedule, [step(0)])

    def dies(tx):
        assert escalations.claim_due(tx, T0)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await engine.write(dies)
    assert len(await read(escalations.of, "inc_1")) == 1


async def test_windows(write, read):
    def window(id_, begin, end):
        return Window(id_, ('job="x"', "env=~a|b"), at(begin), at(end), "ada", T0, "disk\0")

    for one in (window("win_1", 0, 10), window("win_2", 5, 20), window("win_3", 50, 60)):
        await write(windows.add, one)
    assert await read(windows.get, "win_1") == replace(window("win_1", 0, 10), comment="disk\ufffd")
    assert [one.id for one in await read(windows.active, at(5))] == ["win_1", "win_2"]
    assert [one.id for one in await read(windows.active, at(10))] == ["win_2"]
    assert [one.id for one in await read(windows.since, at(10))] == ["win_3", "win_2"]
    assert (await write(windows.end, "win_2", at(7))).ends_at == at(7)
    assert (await write(windows.end, "win_2", at(9))).ends_at == at(7), "it is over"
    for function, more in ((windows.get, ()), (windows.end, (T0,))):
        with pytest.raises(NotFoundError, match="win_none"):
            await write(function, "win_none", *more)


async def test_tokens(write, read):
    token = Token("tok_1", "grafana", ("alerts:read",), "ada", T0, at(60))
    await write(tokens.insert, token, "hash 1")
    await write(tokens.insert, Token("tok_2", "ci", (), "ada", at(1)), "hash 2")
    assert await read(tokens.by_hash, "hash 1") == token
    assert await read(tokens.by_hash, "hash 3") is None
    await write(tokens.used, "tok_1", at(9))
    await write(tokens.used, "tok_1", at(8))
    assert [(one.id, one.last_used_at) for one in await read(tokens.every)] == [("tok_1", at(9)), ("tok_2", None)]
    await write(tokens.revoke, "tok_1")
    assert await read(tokens.by_hash, "hash 1") is None
    with pytest.raises(NotFoundError, match="tok_1"):
        await write(tokens.revoke, "tok_1")


async def test_a_pause_is_never_shortened_by_another(write, read):
    await write(channels.pause, "slack/C1", at(60))
    await write(channels.pause, "slack/C1", at(30))
    assert await read(channels.paused, at(59)) == {"slack/C1": at(60)}
    await write(channels.pause, "slack/C1", at(90))
    assert await read(channels.paused, at(89)) == {"slack/C1": at(90)}
    assert await read(channels.paused, at(90)) == {}
    await write(channels.resume, "slack/C1")
    assert await read(channels.paused, T0) == {}


async def test_a_lease_has_one_holder(write):
    assert await write(leases.take, "heartbeat", "a", at(30), now=T0)
    assert not await write(leases.take, "heartbeat", "b", at(40), now=at(29))
    assert await write(leases.take, "heartbeat", "a", at(60), now=at(29))
    assert not await write(leases.take, "heartbeat", "b", at(90), now=at(59))
    assert await write(leases.take, "heartbeat", "b", at(90), now=at(60))
    assert not await write(leases.take, "heartbeat", "a", at(90), now=at(61))


async def test_settings_and_receipts(write, read):
    assert await read(settings.get, "signing") is None
    assert await write(settings.keep, "signing", "first") == "first"
    assert await write(settings.keep, "signing", "second") == "first"
    await write(settings.put, "signing", "third")
    assert await read(settings.get, "signing") == "third"
    assert await read(receipts.of, ["inc_1"]) == {}
    await write(receipts.put, Receipt("inc_1", "chat", {"ts": "1.5"}))
    newer = Receipt("inc_1", "chat", {"ts": "1.5", "channel": "C\u00e4"})
    await write(receipts.put, newer)
    assert await read(receipts.of, ["inc_1", "inc_2"]) == {("inc_1", "chat"): newer}
