"""Maintenance windows: times during which the alerts they match are kept from people."""

# ruff: noqa: S608 - what is put into statements are our own lists of columns

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fraiseql_observe.errors import NotFoundError
from fraiseql_observe.incident.windows import Window
from fraiseql_observe.store.columns import dump, load, micros, moment, text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from fraiseql_observe.store.engine import Transaction

_COLUMNS = "id, matchers, starts_at, ends_at, comment, created_by, created_at"
_ADD = f"""
insert into maintenance ({_COLUMNS})
values (:id, :matchers, :starts_at, :ends_at, :comment, :created_by, :created_at)
"""
_GET = f"select {_COLUMNS} from maintenance where id = :id"
_END = "update maintenance set ends_at = :at where id = :id and ends_at > :at"
_ACTIVE = f"select {_COLUMNS} from maintenance where starts_at <= :now and ends_at > :now order by ends_at, id"
_NOT_OVER = f"select {_COLUMNS} from maintenance where ends_at > :after order by starts_at desc, id limit :limit"


LIMIT = 500


def add(tx: Transaction, window: Window) -> None:
    tx.execute(_ADD, _row(window))


def get(tx: Transaction, id: str) -> Window:  # noqa: A002 - the column
    """Give one window.

    Raises:
        NotFoundError: there is none of that id.
    """
    rows = tx.rows(_GET, {"id": id})
    if not rows:
        raise NotFoundError(f"There is no maintenance window {id!r}.")
    return _window(rows[0])


def end(tx: Transaction, id: str, at: datetime) -> Window:  # noqa: A002 - the column
    """End a window now; one that is over stays as it is.

    Raises:
        NotFoundError: there is none of that id.
    """
    tx.execute(_END, {"id": id, "at": micros(at)})
    return get(tx, id)


def active(tx: Transaction, now: datetime) -> list[Window]:
    """Give the windows that hold now, the one that ends first first."""
    return [_window(row) for row in tx.rows(_ACTIVE, {"now": micros(now)})]


def since(tx: Transaction, after: datetime, limit: int = LIMIT) -> list[Window]:
    """Give the windows that end after a time, latest start first: `now` for those to come and those that hold."""
    return [_window(row) for row in tx.rows(_NOT_OVER, {"after": micros(after), "limit": limit})]


def _row(window: Window) -> dict[str, Any]:
    return {
        "id": window.id,
        "matchers": dump(list(window.matchers)),
        "starts_at": micros(window.starts_at),
        "ends_at": micros(window.ends_at),
        "comment": text(window.comment),
        "created_by": text(window.created_by),
        "created_at": micros(window.created_at),
    }


def _window(row: Mapping[str, Any]) -> Window:
    return Window(
        id=row["id"],
        matchers=tuple(load(row["matchers"])),
        starts_at=moment(row["starts_at"]),
        ends_at=moment(row["ends_at"]),
        comment=row["comment"],
        created_by=row["created_by"],
        created_at=moment(row["created_at"]),
    )
