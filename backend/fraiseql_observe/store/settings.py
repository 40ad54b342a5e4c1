"""Small values that belong to the installation and not to its configuration, as the secret that signs links."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fraiseql_observe.store.engine import Transaction

_GET = "select value from setting where name = :name"
_PUT = """
insert into setting (name, value) values (:name, :value)
on conflict (name) do update set value = excluded.value
"""
_KEEP = "insert into setting (name, value) values (:name, :value) on conflict (name) do nothing"


def get(tx: Transaction, name: str) -> str | None:
    rows = tx.rows(_GET, {"name": name})
    return str(rows[0]["value"]) if rows else None


def put(tx: Transaction, name: str, value: str) -> None:
    tx.execute(_PUT, {"name": name, "value": value})


def keep(tx: Transaction, name: str, value: str) -> str:
    """Give the value that is there, else keep this one: replicas that start together agree on the first."""
    tx.execute(_KEEP, {"name": name, "value": value})
    return get(tx, name) or value
