"""Access tokens. Only their hashes are kept: a token is shown once, when it is made."""

# ruff: noqa: S608 - what is put into statements are our own lists of columns

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fraiseql_observe.errors import NotFoundError
from fraiseql_observe.store.columns import dump, load, micros, micros_or_none, moment, moment_or_none, text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from fraiseql_observe.store.engine import Transaction

_COLUMNS = "id, name, scopes, tenants, created_by, created_at, expires_at, last_used_at"
_INSERT = f"""
insert into token ({_COLUMNS}, hash)
values (:id, :name, :scopes, :tenants, :created_by, :created_at, :expires_at, :last_used_at, :hash)
"""
_BY_HASH = f"select {_COLUMNS} from token where hash = :hash"
_ALL = f"select {_COLUMNS} from token order by created_at, id"
_REVOKE = "delete from token where id = :id"
_USED = "update token set last_used_at = :at where id = :id and (last_used_at is null or last_used_at < :at)"


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token; `name` says who uses it, `tenants` whose audit rows it may see (none: everybody's)."""

    id: str
    name: str
    scopes: tuple[str, ...]
    created_by: str
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    tenants: tuple[str, ...] = ()


def insert(tx: Transaction, token: Token, hash: str) -> None:  # noqa: A002 - the column
    """Keep a new token by the hash of its secret."""
    tx.execute(_INSERT, {**_row(token), "hash": hash})


def by_hash(tx: Transaction, hash: str) -> Token | None:  # noqa: A002 - the column
    """Give the token, expired or not, whose secret has that hash."""
    rows = tx.rows(_BY_HASH, {"hash": hash})
    return _token(rows[0]) if rows else None


def every(tx: Transaction) -> list[Token]:
    """Give all tokens, oldest first."""
    return [_token(row) for row in tx.rows(_ALL)]


def revoke(tx: Transaction, id: str) -> None:  # noqa: A002 - the column
    """Remove a token.

    Raises:
        NotFoundError: there is none of that id.
    """
    if not tx.execute(_REVOKE, {"id": id}):
        raise NotFoundError(f"There is no token {id!r}.", hint="fraiseql-observe token list")


def used(tx: Transaction, id: str, at: datetime) -> None:  # noqa: A002 - the column
    """Note the last use; never moves back."""
    tx.execute(_USED, {"id": id, "at": micros(at)})


def _row(token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": text(token.name),
        "scopes": dump(list(token.scopes)),
        "tenants": dump(list(token.tenants)),
        "created_by": text(token.created_by),
        "created_at": micros(token.created_at),
        "expires_at": micros_or_none(token.expires_at),
        "last_used_at": micros_or_none(token.last_used_at),
    }


def _token(row: Mapping[str, Any]) -> Token:
    return Token(
        id=row["id"],
        name=row["name"],
        scopes=tuple(load(row["scopes"])),
        tenants=tuple(load(row["tenants"])),
        created_by=row["created_by"],
        created_at=moment(row["created_at"]),
        expires_at=moment_or_none(row["expires_at"]),
        last_used_at=moment_or_none(row["last_used_at"]),
    )
