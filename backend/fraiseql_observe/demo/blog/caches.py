"""The blog's caches: query results in PostgreSQL and in Redis, permissions in FraiseQL's own cache."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fraiseql.caching import CacheConfig, PostgresCache, ResultCache
from fraiseql.enterprise.rbac.cache import PermissionCache

if TYPE_CHECKING:
    from uuid import UUID

    from fraiseql.enterprise.rbac.models import Permission
    from psycopg_pool import AsyncConnectionPool
    from redis.asyncio import Redis

LIFETIME = 30  # seconds; short, so that hits and misses both happen all the time


class RedisCache:
    """FraiseQL's cache backend protocol on Redis."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def get(self, key: str) -> Any | None:
        value = await self._client.get(key)
        return None if value is None else json.loads(value)

    async def set(self, key: str, value: Any, ttl: int) -> None:
        await self._client.set(key, json.dumps(value, default=str), ex=ttl)

    async def delete(self, key: str) -> bool:
        return bool(await self._client.delete(key))

    async def delete_pattern(self, pattern: str) -> int:
        keys = [key async for key in self._client.scan_iter(match=pattern, count=500)]
        return await self._client.delete(*keys) if keys else 0


class BlogPermissionCache(PermissionCache):
    """FraiseQL's permission cache stores no `created_at`, without which it cannot read its own entries."""

    async def set(self, user_id: UUID, tenant_id: UUID | None, permissions: list[Permission]) -> None:
        key = self._make_key(user_id, tenant_id)
        rows = [permission.model_dump(mode="json") for permission in permissions]
        await self.pg_cache.set(key=key, value=rows, ttl=int(self._cache_ttl.total_seconds()))


def in_postgres(pool: AsyncConnectionPool) -> ResultCache:
    return ResultCache(PostgresCache(pool, table_name="fraiseql_cache"), CacheConfig(default_ttl=LIFETIME))


def in_redis(client: Redis) -> ResultCache:
    return ResultCache(RedisCache(client), CacheConfig(default_ttl=LIFETIME))


def key(view: str, tenant_id: str, name: str) -> str:
    """Return a key in FraiseQL's form: prefix, tenant, view, rest."""
    return f"fraiseql:{tenant_id}:{view}:{name}"
