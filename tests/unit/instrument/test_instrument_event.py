"""The audit event: what was done, to what, by whom, and how it ended."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from fraiseql_observe.instrument import event
from fraiseql_observe.instrument.event import Row


def row(status: str, entity: str | None = None, identifier: str | None = None) -> Row:
    return Row(status, entity, identifier, frozenset())


def test_a_mutation_row_is_recognised_in_both_shapes():
    value = {
        "status": "Created", "entity_type": "Post", "entity_id": 7, "entity": {},
        "cascade": {"updated": [{"__typename": "User"}, "x"], "deleted": [{"type_name": "Tag"}]},
    }  # fmt: skip
    expected = Row("created", "Post", "7", frozenset({"User", "Tag"}))
    assert event.mutation_row(value) == expected
    assert event.mutation_row((value,)) == expected
    assert event.mutation_row({**value, "cascade": None, "message": "done"}) == Row(
        "created", "Post", "7", frozenset(), "done"
    )


@pytest.mark.parametrize(
    "value", [None, (), (1,), {"status": 3, "entity": 1}, {"status": "active", "name": "x"}, "created"]
)
def test_other_rows_are_not(value):
    assert event.mutation_row(value) is None


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("created", "success"),
        ("noop:unchanged", "noop"),
        ("failed:x", "failure"),
        ("not_found:y", "failure"),
        ("ok", "success"),
    ],
)
def test_the_outcome_of_a_status(status, outcome):
    assert event.row_outcome(status) == outcome


@pytest.mark.parametrize(
    ("error_type", "rows", "outcome"),
    [
        (None, [], "success"), ("auth", [], "denied"), ("internal", [row("created")], "failure"),
        (None, [row("created"), row("failed:x")], "failure"), (None, [row("noop")], "noop"),
    ],
)  # fmt: skip
def test_the_outcome_of_an_operation(error_type, rows, outcome):
    assert event.outcome(error_type, rows) == outcome


@pytest.mark.parametrize(
    ("rows", "field", "expected"),
    [
        ([row("created")], "updatePost", "create"), ([row("success")], "deletePost", "delete"),
        ([], "addTag", "create"),
        ([], "archive_post", "delete"), ([], "grantRole", "update"), ([], "doSomething", "update"),
        ([], "mintCoin", "create"),
    ],
)  # fmt: skip
def test_the_kind_of_a_mutation(rows, field, expected):
    assert event.event_type("mutation", rows, [field], {"mint": "create"}) == expected


def test_reads_are_accesses():
    assert event.event_type("query", [row("created")], ["createPost"], {}) == "access"
    assert event.event_type("unknown", [], [], {}) == "access"


def test_words_of_names():
    assert event.words("createBlogPost") == ("create", "blog", "post")
    assert event.words("fn_create_blog_post") == ("create", "blog", "post")
    assert event.words("HTTPCheck2") == ("http", "check2")


def test_the_entity_of_a_field_is_its_name_without_the_verb():
    assert event.entity_of_field("createBlogPost", {}) == "BlogPost"
    assert event.entity_of_field("mintCoin", {"mint": "create"}) == "Coin"
    assert event.entity_of_field("create", {}) is None


@pytest.mark.parametrize(
    ("operation_type", "entity", "field", "expected"),
    [
        ("query", "Role", "roles", "data"), ("mutation", "Role", "createRole", "admin"),
        ("mutation", "UserRole", "setUserRole", "permission"), ("mutation", "Role", "revokeRole", "permission"),
        ("mutation", "Post", "createPost", "data"),
    ],
)  # fmt: skip
def test_the_category(operation_type, entity, field, expected):
    assert event.category(operation_type, entity, [field], admin={"Role"}, permission={"UserRole"}) == expected


def test_the_reason_of_a_failure():
    failed = Row("failed:duplicate_email", None, None, frozenset(), "It is taken")
    assert event.refusal([row("created"), failed]) == ("duplicate_email", "It is taken")
    assert event.refusal([row("failed")]) == ("failed", "")
    assert event.refusal([row("created")]) is None


@pytest.mark.parametrize(
    ("context", "user", "tenant", "roles"),
    [
        ({}, None, None, None),
        ({"user_id": 5, "tenant_id": "t"}, "5", "t", None),
        ({"user": "ada"}, "ada", None, None),
        ({"user": {"sub": "ada", "tenant_id": "t", "roles": ["a", 2]}}, "ada", "t", ["a", "2"]),
        ({"user": {"name": "nobody"}}, None, None, None),
        ({"user": SimpleNamespace(user_id="ada", metadata={"tenant_id": 9}, roles=("r",))}, "ada", "9", ["r"]),
        ({"user": SimpleNamespace(id=3, roles="text")}, "3", None, None),
    ],
)
def test_who_it_was(context, user, tenant, roles):
    assert (event.user_of(context), event.tenant_of(context), event.roles_of(context)) == (user, tenant, roles)


def test_texts_are_bounded_and_acceptable_to_postgresql():
    assert event.text("a\x00b") == "ab"
    assert event.text("x" * 999) == "x" * 256
    assert event.text("\ud800é") == "?é"
    assert event.text(None) is None


@pytest.mark.parametrize(
    ("host", "expected"), [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("testclient", None), (None, None), ("", None),
                         ("fe80::1%eth0", "fe80::1"), ("fe80::1%'", "fe80::1"), ("::1" + "%" * 9_999, None)],
)  # fmt: skip
def test_addresses(host, expected):
    assert event.address(host) == expected
