"""The blog's queries, good and bad: each kind of thing that happens to a FraiseQL application happens here."""

from typing import Any
from uuid import UUID

import fraiseql
from fraiseql.auth import requires_permission
from fraiseql.db import DatabaseQuery
from fraiseql.optimization import get_loader
from graphql import GraphQLResolveInfo

from fraiseql_observe.demo.blog import caches
from fraiseql_observe.demo.blog.loaders import PersonLoader
from fraiseql_observe.demo.blog.permissions import granted
from fraiseql_observe.demo.blog.types import (
    ArchivedPost,
    Comment,
    Engagement,
    FeedItem,
    PopularPost,
    Post,
    ReadingReport,
    Remark,
    Tag,
    TagCount,
    Teammate,
    User,
)

# Straight from PostgreSQL through the Rust pipeline.


@fraiseql.query
async def users(info: GraphQLResolveInfo, limit: int = 20) -> list[User]:
    """The people of the caller's tenant."""
    return await _find(info, "v_user", limit=limit)


@fraiseql.query
async def posts(info: GraphQLResolveInfo, limit: int = 20, offset: int = 0) -> list[Post]:
    """Posts with authors, tags and comments."""
    return await _find(info, "v_post", limit=limit, offset=offset)


@fraiseql.query
async def post(info: GraphQLResolveInfo, id: UUID) -> Post | None:  # noqa: A002  GraphQL's name
    """One post."""
    return await info.context["db"].find_one("v_post", "post", info, id=id, tenant_id=info.context["tenant_id"])


@fraiseql.query
async def comments(info: GraphQLResolveInfo, limit: int = 20) -> list[Comment]:
    """Comments with their authors."""
    return await _find(info, "v_comment", limit=limit)


@fraiseql.query
async def tags(info: GraphQLResolveInfo) -> list[Tag]:
    """The tenant's tags."""
    return await _find(info, "v_tag")


@fraiseql.query
async def reading_report(info: GraphQLResolveInfo, limit: int = 5) -> list[ReadingReport]:
    """Slow: a report that nobody has optimised."""
    return await _find(info, "v_reading_report", limit=limit)


@fraiseql.query
async def archived_posts(info: GraphQLResolveInfo) -> list[ArchivedPost]:
    """Broken: its view does not exist."""
    return await _find(info, "v_archived_post")


# Made in Python.


@fraiseql.query
async def feed(info: GraphQLResolveInfo, limit: int = 10) -> list[FeedItem]:
    """The newest posts that readers remarked on; their authors come along, other people are loaded in a batch."""
    rows = await _rows(
        info,
        """
        select p.title, p.author_id::text, u.name as author,
               jsonb_agg(jsonb_build_object('body', c.body, 'author_id', c.author_id) order by c.created_at) as remarks
        from tb_post p
        join tb_user u on u.id = p.author_id
        join tb_comment c on c.post_id = p.id
        where p.tenant_id = %(tenant)s
        group by p.id, u.id order by p.created_at desc limit %(limit)s
        """,
        limit=limit,
    )
    people = get_loader(PersonLoader)
    for row in rows:
        await people.prime(row["author_id"], {"id": row["author_id"], "name": row.pop("author")})
        row["remarks"] = [Remark(**remark) for remark in row["remarks"]]
    return [FeedItem(**row) for row in rows]


@fraiseql.query
async def popular_posts(info: GraphQLResolveInfo, limit: int = 5) -> list[PopularPost]:
    """The most read posts; cached in PostgreSQL, briefly: mutations that FraiseQL runs itself cannot invalidate."""

    async def ask() -> list[dict[str, Any]]:
        return await _rows(
            info,
            """
            select id::text, title, views from tb_post
            where tenant_id = %(tenant)s order by views desc limit %(limit)s
            """,
            limit=limit,
        )

    rows = await _cached(info, "posts", "v_post", f"popular:{limit}", ask, seconds=5)
    return [PopularPost(**row) for row in rows]


@fraiseql.query
async def team(info: GraphQLResolveInfo) -> list[Teammate]:
    """The people of the caller's tenant and how much they write; cached in PostgreSQL."""

    async def ask() -> list[dict[str, Any]]:
        return await _rows(
            info,
            """
            select u.name, count(p.id)::int as posts
            from tb_user u left join tb_post p on p.author_id = u.id
            where u.tenant_id = %(tenant)s group by u.id order by posts desc
            """,
        )

    rows = await _cached(info, "posts", "v_user", "team", ask)
    return [Teammate(**row) for row in rows]


@fraiseql.query
async def tag_cloud(info: GraphQLResolveInfo) -> list[TagCount]:
    """How many posts each tag has; cached in Redis where there is one."""

    async def ask() -> list[dict[str, Any]]:
        return await _rows(
            info,
            """
            select t.name, count(pt.post_id)::int as posts
            from tb_tag t left join tb_post_tag pt on pt.tag_id = t.id
            where t.tenant_id = %(tenant)s group by t.name order by posts desc limit 20
            """,
        )

    rows = await _cached(info, "tags", "v_tag", "cloud", ask)
    return [TagCount(**row) for row in rows]


@fraiseql.query
async def engagement(info: GraphQLResolveInfo, id: UUID) -> Engagement:  # noqa: A002  GraphQL's name
    """Comments per view. Breaks on a post that nobody has viewed."""
    (row,) = await _rows(
        info,
        """
        select p.views, (select count(*) from tb_comment c where c.post_id = p.id)::int as comments
        from tb_post p where p.id = %(id)s and p.tenant_id = %(tenant)s
        """,
        id=str(id),
    )
    shares = {"comments_per_view": row["comments"] / row["views"]}
    return Engagement(**shares)


@fraiseql.query
async def my_permissions(info: GraphQLResolveInfo) -> list[str]:
    """What the caller may do, by FraiseQL's role-based access control."""
    return [f"{permission.resource}:{permission.action}" for permission in await granted(info)]


@fraiseql.query
@requires_permission("post:moderate")
async def moderation_queue(info: GraphQLResolveInfo, limit: int = 10) -> list[Comment]:
    """Denied to all but administrators."""
    return await info.context["db"].find(
        "v_comment", "moderationQueue", info, tenant_id=info.context["tenant_id"], limit=limit
    )


async def _find(info: GraphQLResolveInfo, view: str, **options: Any) -> Any:
    return await info.context["db"].find(view, info.field_name, info, tenant_id=info.context["tenant_id"], **options)


async def _rows(info: GraphQLResolveInfo, statement: str, **parameters: Any) -> list[dict[str, Any]]:
    parameters["tenant"] = info.context["tenant_id"]
    rows: list[dict[str, Any]] = await info.context["db"].run(DatabaseQuery(statement, parameters, fetch_result=True))
    return rows


async def _cached(
    info: GraphQLResolveInfo, cache: str, view: str, name: str, ask: Any, *, seconds: int = caches.LIFETIME
) -> list[dict[str, Any]]:
    key = caches.key(view, info.context["tenant_id"], name)
    rows: list[dict[str, Any]] = await info.context["caches"][cache].get_or_set(key, ask, ttl=seconds)
    return rows
