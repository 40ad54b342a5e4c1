"""Batched loads for fields made in Python, cached for the length of a request."""

from __future__ import annotations

from typing import Any

from fraiseql.db import DatabaseQuery
from fraiseql.optimization import DataLoader


class PersonLoader(DataLoader[str, dict[str, Any]]):
    def __init__(self, db: Any) -> None:
        super().__init__()
        self._db = db

    async def batch_load(self, keys: list[str]) -> list[dict[str, Any] | None]:
        statement = "select id::text, name from tb_user where id = any(%(ids)s::uuid[])"
        rows = await self._db.run(DatabaseQuery(statement, {"ids": keys}, fetch_result=True))
        return self.sort_by_keys(rows, keys)
