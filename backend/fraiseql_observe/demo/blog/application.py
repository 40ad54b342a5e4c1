"""The composition root of the blog: FraiseQL's own factory, its caches, and one line of ours."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from fraiseql.fastapi import FraiseQLConfig, create_fraiseql_app
from fraiseql.fastapi.dependencies import get_db_pool
from redis.asyncio import Redis

from fraiseql_observe.demo.blog import caches, mutations, queries, types  # noqa: F401  importing registers operations
from fraiseql_observe.demo.blog.auth import TokenProvider
from fraiseql_observe.instrument import instrument

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from fastapi import FastAPI, Request
    from fraiseql.auth.base import UserContext
    from fraiseql.caching import ResultCache

TYPES = [types.User, types.Tag, types.Comment, types.Post, types.ReadingReport, types.ArchivedPost]


def create_app(
    database_url: str,
    *,
    token_secret: str,
    redis_url: str | None = None,
    pool_size: int = 10,
    instrumented: bool = True,
) -> FastAPI:
    """Return the blog as an ASGI application.

    Args:
        database_url: of the role that owns the blog's tables.
        token_secret: signs the tokens of `fraiseql_observe.demo.blog.auth.issue_token`.
        redis_url: where the tag cloud is cached; in PostgreSQL when None.
        pool_size: database connections; small, so that a burst makes requests wait.
        instrumented: False gives the same application without our line, to compare with.
    """
    config = FraiseQLConfig(
        database_url=database_url,
        app_name="Blog",
        database_pool_size=pool_size,
        database_max_overflow=0,
        database_pool_timeout=5,
    )
    context = BlogContext(redis_url)
    app: FastAPI = create_fraiseql_app(
        config=config,
        types=TYPES,
        auth=TokenProvider(token_secret),
        context_getter=context,
        lifespan=context.lifespan,
    )
    if instrumented:
        instrument(app, user=_email, tenant=_tenant_name)  # names that people know, instead of ids
    return app


def _email(context: Mapping[str, Any]) -> str | None:
    user = context.get("user")
    return user.email if user else None


def _tenant_name(context: Mapping[str, Any]) -> str | None:
    user = context.get("user")
    return user.metadata["tenant"] if user else None


class BlogContext:
    """What each request's resolvers find in their context, besides what FraiseQL puts there."""

    def __init__(self, redis_url: str | None) -> None:
        self._redis_url = redis_url
        self._caches: dict[str, ResultCache] = {}

    @asynccontextmanager
    async def lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        """Open the caches; FraiseQL has opened its pool by now."""
        in_postgres = caches.in_postgres(get_db_pool())
        self._caches = {"posts": in_postgres, "tags": in_postgres}
        if self._redis_url is None:
            yield
            return
        async with Redis.from_url(self._redis_url, socket_timeout=1, socket_connect_timeout=1) as redis:
            self._caches["tags"] = caches.in_redis(redis)
            yield

    async def __call__(self, _request: Request, user: UserContext | None) -> dict[str, Any]:
        return {"tenant_id": user.metadata["tenant_id"] if user else None, "caches": self._caches}
