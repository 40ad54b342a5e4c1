"""What a destination gave for its first message of an incident and wants back for the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fraiseql_observe.incident.model import Receipt
from fraiseql_observe.store.columns import dump, load

if TYPE_CHECKING:
    from fraiseql_observe.store.engine import Transaction

_PUT = """
insert into receipt (incident_id, destination, ref) values (:incident_id, :destination, :ref)
on conflict (incident_id, destination) do update set ref = excluded.ref
"""
_GET = "select ref from receipt where incident_id = :incident_id and destination = :destination"


def put(tx: Transaction, receipt: Receipt) -> None:
    tx.execute(
        _PUT, {"incident_id": receipt.incident_id, "destination": receipt.destination, "ref": dump(dict(receipt.ref))}
    )


def get(tx: Transaction, incident_id: str, destination: str) -> Receipt | None:
    rows = tx.rows(_GET, {"incident_id": incident_id, "destination": destination})
    return Receipt(incident_id, destination, load(rows[0]["ref"])) if rows else None
