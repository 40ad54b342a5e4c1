# ruff: noqa: E402  (what FraiseQL brings is imported only where it is installed)
"""Which entity a root field is about, told by the schema."""

from __future__ import annotations

import pytest

graphql = pytest.importorskip("graphql", reason="the instrument runs inside a FraiseQL application")

from fraiseql_observe.instrument.entity import entity_of_root_field

SCHEMA = graphql.build_schema("""
    type Post { id: ID title: String }
    type PostEdge { node: Post }
    type PostConnection { edges: [PostEdge!]! }
    type BrokenConnection { edges: [String] }
    type Cascade { count: Int }
    type CreatePostSuccess { message: String cascade: Cascade post: Post }
    type CreatePostError { message: String post: Post }
    union CreatePostResult = CreatePostError | CreatePostSuccess
    type Query { post: Post posts: [Post!]! page: PostConnection broken: BrokenConnection count: Int }
    type Mutation { makePost: CreatePostResult grantRole: String create: Int }
""")


@pytest.mark.parametrize(
    ("operation_type", "field", "entity"),
    [
        ("query", "post", "Post"),
        ("query", "posts", "Post"),
        ("query", "page", "Post"),
        ("query", "broken", None),
        ("query", "count", None),
        ("query", "forged", None),
        ("mutation", "makePost", "Post"),
        ("mutation", "grantRole", "Role"),
        ("mutation", "create", None),
        ("mutation", "forged", None),
        ("subscription", "posts", None),
        ("unknown", "posts", None),
    ],
)
def test_the_entity(operation_type, field, entity):
    assert entity_of_root_field(SCHEMA, operation_type, field, {}) == entity


def test_without_a_schema_nothing_is_known():
    assert entity_of_root_field(None, "query", "posts", {}) is None
