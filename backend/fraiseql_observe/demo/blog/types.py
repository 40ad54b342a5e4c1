"""The blog's GraphQL types.

Those with a view come out of PostgreSQL as JSON and through FraiseQL's Rust pipeline; the others are made in Python.
"""

from datetime import datetime
from uuid import UUID

import fraiseql
from fraiseql.security import authorize_field
from graphql import GraphQLResolveInfo

from fraiseql_observe.demo.blog.loaders import PersonLoader


@fraiseql.type(sql_source="v_user", jsonb_column="data")
class User:
    id: UUID
    name: str
    email: str
    joined_at: datetime


@fraiseql.type(sql_source="v_tag", jsonb_column="data")
class Tag:
    id: UUID
    name: str


@fraiseql.type(sql_source="v_comment", jsonb_column="data")
class Comment:
    id: UUID
    body: str
    created_at: datetime
    author: User


@fraiseql.type(sql_source="v_post", jsonb_column="data")
class Post:
    id: UUID
    title: str
    body: str
    status: str
    views: int
    created_at: datetime
    author: User
    tags: list[Tag]
    comments: list[Comment]


@fraiseql.type(sql_source="v_reading_report", jsonb_column="data")
class ReadingReport:
    id: UUID
    title: str
    views: int


@fraiseql.type(sql_source="v_archived_post", jsonb_column="data")
class ArchivedPost:
    """Its view was never migrated: every query of it fails in the database."""

    id: UUID
    title: str


@fraiseql.type
class Writer:
    id: str
    name: str


@fraiseql.type
class Remark:
    body: str
    author_id: str

    @fraiseql.dataloader_field(PersonLoader, key_field="author_id")
    async def author(self, info: GraphQLResolveInfo) -> Writer | None:
        """Who wrote it."""


def _moderates(info: GraphQLResolveInfo) -> bool:
    return bool(info.context["user"].has_permission("post:moderate"))


@fraiseql.type
class FeedItem:
    title: str
    author_id: str
    remarks: list[Remark]

    @fraiseql.dataloader_field(PersonLoader, key_field="author_id")
    async def author(self, info: GraphQLResolveInfo) -> Writer | None:
        """Who wrote it."""

    @fraiseql.field
    @authorize_field(_moderates)
    async def moderation_note(self, info: GraphQLResolveInfo) -> str:  # noqa: ARG002
        """For moderators only."""
        return f"{self.title}: no complaints."


@fraiseql.type
class Teammate:
    name: str
    posts: int


@fraiseql.type
class PopularPost:
    id: str
    title: str
    views: int


@fraiseql.type
class TagCount:
    name: str
    posts: int


@fraiseql.type
class Engagement:
    comments_per_view: float


@fraiseql.type
class RoleAssignment:
    status: str
    message: str


@fraiseql.type
class Change:
    status: str
    message: str
