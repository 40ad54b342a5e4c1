"""Accepted webhooks that are not yet worked into incidents, and the newest of those that were refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fraiseql_observe.store.columns import micros, moment, moment_or_none, text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from fraiseql_observe.store.engine import Transaction

# An append whose commit was ambiguous is done again, so the same id may come twice.
INSERT = """
insert into inbox (id, source, received_at, body) values (:id, :source, :received_at, :body)
on conflict (id) do nothing
"""
_CLAIM = "select id, source, received_at, body from inbox order by seq limit :limit"
_DONE = "delete from inbox where id = any(:ids)"
_BACKLOG = "select count(*) as count, min(received_at) as oldest from inbox"
_REJECT = """
insert into rejected (source, received_at, why, body) values (:source, :received_at, :why, :body)
"""
_FORGET = """
delete from rejected where seq not in (select seq from rejected order by seq desc limit :keep)
"""
_REJECTED = "select source, received_at, why, body from rejected order by seq desc limit :limit"


@dataclass(frozen=True, slots=True)
class Item:
    """One accepted body. `source`: alertmanager, grafana, reconciler, python."""

    id: str
    source: str
    received_at: datetime
    body: bytes


@dataclass(frozen=True, slots=True)
class Rejected:
    """A body that was refused, cut to `REJECTED_BYTES`, kept for whoever asks why."""

    source: str
    received_at: datetime
    why: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Backlog:
    count: int
    oldest: datetime | None


REJECTED_BYTES = 64 * 1024
REJECTED_KEPT = 100


def row(id: str, source: str, received_at: datetime, body: bytes) -> dict[str, Any]:  # noqa: A002 - the column
    """Give the row that `engine.append(inbox.INSERT, [row])` takes."""
    return {"id": id, "source": source, "received_at": micros(received_at), "body": body}


def claim(tx: Transaction, limit: int) -> list[Item]:
    """Read the oldest in the order of their arrival.

    They stay until `done` in the same transaction; whoever claims holds `tx.lock("processor")`.
    """
    return [_item(row) for row in tx.rows(_CLAIM, {"limit": limit})]


def done(tx: Transaction, ids: Collection[str]) -> int:
    """Remove what was worked in; returns how many there were."""
    return tx.execute(_DONE, {"ids": list(ids)}) if ids else 0


def backlog(tx: Transaction) -> Backlog:
    row = tx.rows(_BACKLOG)[0]
    return Backlog(row["count"], moment_or_none(row["oldest"]))


def keep_rejected(tx: Transaction, source: str, received_at: datetime, body: bytes, why: str) -> None:
    """Keep a refused body, of which only the newest `REJECTED_KEPT` stay."""
    parameters = {"source": text(source), "received_at": micros(received_at), "why": text(why)}
    tx.execute(_REJECT, {**parameters, "body": body[:REJECTED_BYTES]})
    tx.execute(_FORGET, {"keep": REJECTED_KEPT})


def rejected(tx: Transaction, limit: int = REJECTED_KEPT) -> list[Rejected]:
    """Give the refused bodies, newest first."""
    return [
        Rejected(row["source"], moment(row["received_at"]), row["why"], bytes(row["body"]))
        for row in tx.rows(_REJECTED, {"limit": limit})
    ]


def _item(row: Mapping[str, Any]) -> Item:
    return Item(row["id"], row["source"], moment(row["received_at"]), bytes(row["body"]))
