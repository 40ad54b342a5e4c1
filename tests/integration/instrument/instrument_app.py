"""A small blog on FraiseQL that does everything the instrument must see."""

from __future__ import annotations

import os
from typing import Any
from uuid import UUID

import fraiseql
from fraiseql.auth.base import AuthProvider, UserContext
from fraiseql.caching import PostgresCache, ResultCache
from fraiseql.enterprise.rbac.cache import PermissionCache
from fraiseql.fastapi import create_fraiseql_app
from fraiseql.fastapi.config import FraiseQLConfig
from fraiseql.fastapi.dependencies import get_db_pool, set_db_pool
from fraiseql.mutations import mutation as class_mutation
from fraiseql.optimization.dataloader import DataLoader

ADA = "00000000-0000-0000-0000-000000000001"
BOB = "00000000-0000-0000-0000-000000000002"


@fraiseql.type(sql_source="v_user")
class User:
    id: UUID
    name: str
    email: str


@fraiseql.type(sql_source="v_post")
class Post:
    id: UUID
    title: str
    author: User


@fraiseql.input
class CreatePostInput:
    title: str
    author_id: UUID


@fraiseql.input
class DeletePostInput:
    id: UUID


@fraiseql.success
class CreatePostSuccess:
    message: str
    post: Post | None = None


@fraiseql.error
class CreatePostError:
    message: str
    code: int = 422


@fraiseql.success
class DeletePostSuccess:
    message: str
    post: Post | None = None


@fraiseql.error
class DeletePostError:
    message: str
    code: int = 422


@class_mutation(function="create_post", enable_cascade=True)
class CreatePost:
    input: CreatePostInput
    success: CreatePostSuccess
    error: CreatePostError


@class_mutation(function="delete_post")
class DeletePost:
    input: DeletePostInput
    success: DeletePostSuccess
    error: DeletePostError


class AuthorLoader(DataLoader):
    async def batch_load(self, keys: list[str]) -> list[str]:
        return [key.upper() for key in keys]


def result_cache() -> ResultCache:
    return ResultCache(PostgresCache(get_db_pool()))


@fraiseql.query
async def users(info: Any) -> list[User]:
    return await info.context["db"].find("v_user")


@fraiseql.query
async def post(info: Any, id: UUID) -> Post | None:  # noqa: A002
    return await info.context["db"].find_one("v_post", id=id)


@fraiseql.query
async def posts(info: Any) -> list[Post]:
    return await info.context["db"].find("v_post")


@fraiseql.query
async def slow_posts(info: Any) -> list[Post]:
    return await info.context["db"].find("v_slow_post")


@fraiseql.query
async def ping(info: Any) -> str:
    return "pong"


@fraiseql.query
def plain_ping(info: Any) -> str:
    return "pong"


@fraiseql.query
async def boom(info: Any) -> str:
    raise RuntimeError("it broke on 'secret-value' 42")


@fraiseql.query
async def forbidden(info: Any) -> str:
    raise PermissionError("not yours")


@fraiseql.query
async def missing_view(info: Any) -> list[Post]:
    return await info.context["db"].find("v_missing")


@fraiseql.query
async def cached_titles(info: Any) -> str:
    async def load() -> str:
        return "First, Second"

    return await result_cache().get_or_set("fraiseql:v_post:titles", load)


@fraiseql.query
async def loaded_names(info: Any) -> str:
    loader = AuthorLoader()
    await loader.load("ada")
    return str(await loader.load("ada"))


@fraiseql.query
async def permissions(info: Any) -> int:
    cache = PermissionCache(get_db_pool())
    found = await cache.get(UUID(ADA), None)
    if found is None:
        await cache.set(UUID(ADA), None, [])
    return len(found or [])


@fraiseql.mutation
async def clear_posts(info: Any) -> str:
    await result_cache().invalidate_pattern("fraiseql:v_post:*")
    return "cleared"


@fraiseql.mutation
async def grant_role(info: Any, name: str) -> str:
    return name


class TokenProvider(AuthProvider):
    """Tokens of the form `user:tenant`; everything else is refused."""

    async def validate_token(self, token: str) -> dict[str, Any]:
        user, _, tenant = token.partition(":")
        if not tenant:
            raise ValueError("bad token")
        return {"sub": user, "tenant": tenant}

    async def get_user_from_token(self, token: str) -> UserContext:
        payload = await self.validate_token(token)
        return UserContext(payload["sub"], roles=["writer"], metadata={"tenant_id": payload["tenant"]})


def create_app(database_url: str, *, auth: bool = False, **config: Any) -> Any:
    """The application, not instrumented. One process serves one at a time: FraiseQL keeps its pool in a global."""
    set_db_pool(None)  # type: ignore[arg-type]
    return create_fraiseql_app(
        config=FraiseQLConfig(
            database_url=database_url, **{"environment": "production", "database_pool_size": 4, **config}
        ),
        types=[User, Post],
        queries=[
            users, post, posts, slow_posts, ping, plain_ping, boom, forbidden, missing_view, cached_titles,
            loaded_names, permissions,
        ],
        mutations=[CreatePost, DeletePost, clear_posts, grant_role],
        auth=TokenProvider() if auth else None,
        production=True,
    )  # fmt: skip


def instrumented_app() -> Any:
    """For a server that imports it: everything from the environment."""
    from fraiseql_observe.instrument import instrument  # noqa: PLC0415

    app = create_app(os.environ["DATABASE_URL"])
    instrument(app)
    return app
