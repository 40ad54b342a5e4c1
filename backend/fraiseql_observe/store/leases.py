"""Work that one replica does for all: whoever holds the lease, until it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fraiseql_observe.store.columns import micros

if TYPE_CHECKING:
    from datetime import datetime

    from fraiseql_observe.store.engine import Transaction

_TAKE = """
insert into lease (name, holder, until) values (:name, :holder, :until)
on conflict (name) do update set holder = excluded.holder, until = excluded.until
where lease.holder = excluded.holder or lease.until <= :now
"""


def take(tx: Transaction, name: str, holder: str, until: datetime, *, now: datetime) -> bool:
    """Take or prolong a lease; False while somebody else holds it."""
    return tx.execute(_TAKE, {"name": name, "holder": holder, "until": micros(until), "now": micros(now)}) > 0
