"""The blog's mutations: classes that FraiseQL runs itself, and functions that check, call and invalidate."""

from typing import Any
from uuid import UUID

import fraiseql
from graphql import GraphQLResolveInfo

from fraiseql_observe.demo.blog import caches
from fraiseql_observe.demo.blog.permissions import demand, forget
from fraiseql_observe.demo.blog.types import Change, Post, RoleAssignment


@fraiseql.input
class CreatePostInput:
    title: str
    body: str


@fraiseql.success
class CreatePostSuccess:
    message: str
    post: Post


@fraiseql.error
class CreatePostError:
    message: str


@fraiseql.mutation(function="create_post", schema="app", context_params={"tenant_id": "tenant", "user": "author"})
class CreatePost:
    """Write a post. A title that is too short breaks a constraint: the transaction is rolled back."""

    input: CreatePostInput
    success: CreatePostSuccess
    error: CreatePostError


@fraiseql.input
class UpdatePostInput:
    id: UUID
    title: str


@fraiseql.success
class UpdatePostSuccess:
    message: str
    post: Post


@fraiseql.error
class UpdatePostError:
    message: str


@fraiseql.mutation(function="update_post", schema="app", context_params={"tenant_id": "tenant"})
class UpdatePost:
    """Give a post another title; the same title is a no-op, a post of another tenant is not found."""

    input: UpdatePostInput
    success: UpdatePostSuccess
    error: UpdatePostError


@fraiseql.input
class AddCommentInput:
    post_id: UUID
    body: str


@fraiseql.mutation
async def add_comment(info: GraphQLResolveInfo, input: AddCommentInput) -> Change:  # noqa: A002  GraphQL's name
    """Say something about a post, and drop what was cached about posts: the comment shows there too."""
    author = info.context["user"].user_id
    change = await _call(info, "app.add_comment", post_id=str(input.post_id), body=input.body, author_id=author)
    await _invalidate(info, "posts", "v_comment")
    await _invalidate(info, "posts", "v_post")
    return change


@fraiseql.input
class CreateTagInput:
    name: str


@fraiseql.mutation
async def create_tag(info: GraphQLResolveInfo, input: CreateTagInput) -> Change:  # noqa: A002  GraphQL's name
    """Add a tag. A second one of the same name breaks a constraint: the transaction is rolled back."""
    change = await _call(info, "app.create_tag", name=input.name)
    await _invalidate(info, "tags", "v_tag")
    return change


@fraiseql.input
class PostInput:
    id: UUID


@fraiseql.mutation
async def publish_post(info: GraphQLResolveInfo, input: PostInput) -> Change:  # noqa: A002  GraphQL's name
    """Publish a draft, and drop what was cached about posts."""
    await demand(info, "post", "write")
    change = await _call(info, "app.publish_post", id=str(input.id))
    await _invalidate(info, "posts", "v_post")
    return change


@fraiseql.mutation
async def delete_post(info: GraphQLResolveInfo, input: PostInput) -> Change:  # noqa: A002  GraphQL's name
    """Delete a post with its comments; only administrators may."""
    await demand(info, "post", "delete")
    change = await _call(info, "app.delete_post", id=str(input.id))
    await _invalidate(info, "posts", "v_post")
    await _invalidate(info, "posts", "v_comment")
    await _invalidate(info, "tags", "v_tag")
    return change


@fraiseql.input
class RoleInput:
    user_id: UUID
    role: str


@fraiseql.mutation
async def grant_role(info: GraphQLResolveInfo, input: RoleInput) -> RoleAssignment:  # noqa: A002  GraphQL's name
    """Give somebody a role; only administrators may."""
    return await _assign(info, "app.grant_role", input)


@fraiseql.mutation
async def revoke_role(info: GraphQLResolveInfo, input: RoleInput) -> RoleAssignment:  # noqa: A002  GraphQL's name
    """Take a role away; only administrators may."""
    return await _assign(info, "app.revoke_role", input)


async def _assign(info: GraphQLResolveInfo, function: str, wanted: RoleInput) -> RoleAssignment:
    await demand(info, "role", "assign")
    tenant_id = info.context["tenant_id"]
    row = await info.context["db"].execute_function(
        function,
        {
            "user_id": str(wanted.user_id),
            "role": wanted.role,
            "tenant_id": tenant_id,
            "granted_by": info.context["user"].user_id,
        },
    )
    await forget(info, wanted.user_id)
    return RoleAssignment(**_outcome(row))


async def _call(info: GraphQLResolveInfo, function: str, **values: str) -> Change:
    row = await info.context["db"].execute_function(function, values | {"tenant_id": info.context["tenant_id"]})
    return Change(**_outcome(row))


def _outcome(row: dict[str, Any]) -> dict[str, str]:
    return {"status": row["status"], "message": row["message"]}


async def _invalidate(info: GraphQLResolveInfo, cache: str, view: str) -> None:
    await info.context["caches"][cache].invalidate_pattern(caches.key(view, info.context["tenant_id"], "*"))
