"""Batched loads for fields made in Python; each is cached for the length of its request."""

from __future__ import annotations

from collections import defaultdict
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


class CommentsLoader(DataLoader[str, list[dict[str, Any]]]):
    def __init__(self, db: Any) -> None:
        super().__init__()
        self._db = db

    async def batch_load(self, keys: list[str]) -> list[list[dict[str, Any]] | None]:
        statement = """
            select post_id::text, body, author_id::text from tb_comment
            where post_id = any(%(ids)s::uuid[]) order by created_at
        """
        rows = await self._db.run(DatabaseQuery(statement, {"ids": keys}, fetch_result=True))
        by_post: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            by_post[row["post_id"]].append({"body": row["body"], "author_id": row["author_id"]})
        return [by_post[key] for key in keys]
