"""What a destination gave for its first message of an incident and wants back for the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fraiseql_observe.incident.model import Receipt
from fraiseql_observe.store.columns import dump, load

if TYPE_CHECKING:
    from collections.abc import Collection

    from fraiseql_observe.store.engine import Transaction

_PUT = """
insert into receipt (incident_id, destination, ref) values (:incident_id, :destination, :ref)
on conflict (incident_id, destination) do update set ref = excluded.ref
"""
_OF = "select incident_id, destination, ref from receipt where incident_id = any(:incidents)"


def put(tx: Transaction, receipt: Receipt) -> None:
    tx.execute(
        _PUT, {"incident_id": receipt.incident_id, "destination": receipt.destination, "ref": dump(dict(receipt.ref))}
    )


def of(tx: Transaction, incidents: Collection[str]) -> dict[tuple[str, str], Receipt]:
    """Give the receipts of these incidents, by incident and destination."""
    return {
        (row["incident_id"], row["destination"]): Receipt(row["incident_id"], row["destination"], load(row["ref"]))
        for row in tx.rows(_OF, {"incidents": list(incidents)})
    }
