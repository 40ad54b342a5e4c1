"""Who asked the audit log what: written in batches, bounded in number, read by administrators."""

# ruff: noqa: S608 - what is put into statements are our own lists of columns

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fraiseql_observe.store.columns import micros, moment, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from fraiseql_observe.store.engine import Transaction

LONGEST = 2000  # characters of the parameters
_COLUMNS = "id, at, who, token_id, on_behalf_of, address, request_id, question, parameters, outcome, rows, duration_ms"
INSERT = f"insert into audit_access ({_COLUMNS}) values (:{_COLUMNS.replace(', ', ', :')})"
_LATEST = f"""
select {_COLUMNS} from audit_access
where id < :before and (:who = '' or who = :who) and (:outcome = '' or outcome = :outcome)
order by id desc limit :limit
"""
_EXCESS = "select id from audit_access order by id desc limit 1 offset :most"
_PRUNE = "delete from audit_access where id <= :last"
_END = "~"  # after every id


@dataclass(frozen=True, slots=True)
class Access:
    """One question: `who` names the token, `on_behalf_of` what the client said of its user, which nobody checks."""

    id: str
    at: datetime
    who: str
    token_id: str
    on_behalf_of: str
    address: str
    request_id: str
    question: str
    parameters: str  # JSON, cut at LONGEST
    outcome: str
    rows: int
    duration_ms: int


def parameters(given: Mapping[str, Sequence[str]]) -> str:
    """What was asked with, as an entry says it."""
    return json.dumps(dict(given), ensure_ascii=False)[:LONGEST]


def row(access: Access) -> dict[str, Any]:
    """The parameters of INSERT."""
    words = {name: text(getattr(access, name)) for name in ("who", "on_behalf_of", "address", "question", "outcome")}
    return {
        "id": access.id,
        "at": micros(access.at),
        "token_id": access.token_id,
        "request_id": text(access.request_id),
        "parameters": text(access.parameters)[:LONGEST],
        "rows": access.rows,
        "duration_ms": access.duration_ms,
        **words,
    }


def latest(tx: Transaction, limit: int, before: str = "", *, who: str = "", outcome: str = "") -> list[Access]:
    """Give the newest entries, or the newest before an id, newest first; only of `who`, only what became `outcome`."""
    given = {"before": before or _END, "limit": limit, "who": who, "outcome": outcome}
    return [_access(one) for one in tx.rows(_LATEST, given)]


def prune(tx: Transaction, most: int) -> int:
    """Keep the newest; says how many went."""
    excess = tx.rows(_EXCESS, {"most": most})
    return tx.execute(_PRUNE, {"last": excess[0]["id"]}) if excess else 0


def _access(row: Mapping[str, Any]) -> Access:
    return Access(**{**row, "at": moment(row["at"])})
