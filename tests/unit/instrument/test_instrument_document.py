"""What a document asks for: counted right, bounded, and never an exception."""

from __future__ import annotations

import pytest

pytest.importorskip("graphql", reason="the instrument runs inside a FraiseQL application")

from hypothesis import given, settings
from hypothesis import strategies as st

from fraiseql_observe.instrument.document import (
    EMPTY,
    INVALID,
    MAX_COMPLEXITY,
    OVERSIZED,
    DocumentCache,
    RootField,
    analyse,
)


def one(text: str):
    (operation,) = analyse(text, max_size=65_536).operations
    return operation


@pytest.mark.parametrize(
    ("text", "complexity", "depth"),
    [
        ("{ a }", 1, 1),
        ("query Q { a { b { c } } d }", 4, 3),
        ("mutation { a b }", 2, 1),
        ("{ a { ... on T { b } } }", 2, 2),
        ("{ a { ...F } } fragment F on T { b { c } }", 3, 3),
        ("{ a { ...F } z { ...F } } fragment F on T { b c }", 6, 2),
        ("{ ...Missing a }", 1, 1),
        ("{ a { ...F } } fragment F on T { b ...F }", 2, 2),
        ("{ a { ...F } } fragment F on T { b ...G } fragment G on T { c ...F }", 3, 2),
    ],
)
def test_complexity_counts_fields_after_expansion_and_depth_counts_nesting(text, complexity, depth):
    operation = one(text)
    assert (operation.complexity, operation.depth) == (complexity, depth)


def test_fragments_that_double_at_each_level_are_counted_in_no_time_and_capped():
    levels = 60
    fragments = "".join(f"fragment F{n} on T {{ x ...F{n + 1} ...G{n + 1} }} " for n in range(levels))
    fragments += "".join(f"fragment G{n} on T {{ x ...F{n + 1} ...G{n + 1} }} " for n in range(levels))
    text = "{ ...F0 } " + fragments + f"fragment F{levels} on T {{ x }} fragment G{levels} on T {{ x }}"
    operation = one(text)
    assert operation.complexity == MAX_COMPLEXITY
    assert {field.name for field in operation.fields} == {"x"}


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (None, EMPTY),
        ("", EMPTY),
        (" \n", EMPTY),
        (7, EMPTY),
        ("{ a", INVALID),
        ("x" * 101, OVERSIZED),
        ("{" * 90, INVALID),
    ],
)
def test_what_cannot_be_analysed_says_why(text, state):
    assert analyse(text, max_size=100) is state


def test_a_document_nested_beyond_the_stack_is_invalid_and_not_an_error():
    assert analyse("{a" * 5_000, max_size=65_536) is INVALID


def test_a_document_of_too_many_tokens_is_not_parsed():
    assert analyse("{" + " a" * 20_000 + "}", max_size=65_536) is OVERSIZED


def test_root_fields_carry_their_id_argument_and_come_out_of_fragments():
    text = """query ($i: ID) { a(id: "x") b(id: 7) c(id: $i) d(id: null) e(n: 1) ... on Query { f } ...G }
        fragment G on Query { g }"""
    assert one(text).fields == (
        RootField("a", id_literal="x"),
        RootField("b", id_literal="7"),
        RootField("c", id_variable="i"),
        RootField("d"),
        RootField("e"),
        RootField("f"),
        RootField("g"),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [("{ __schema { a } }", True), ("{ __typename }", True), ("{ __typename a }", False), ("{ ...Missing }", False)],
)
def test_introspection_selects_nothing_else(text, expected):
    assert one(text).introspection is expected


def test_names_and_ids_are_kept_no_longer_than_any_that_exist():
    text = "{ " + "a" * 5_000 + '(id: "' + "1" * 5_000 + '") }'
    (field,) = analyse(text, max_size=65_536).operations[0].fields
    assert (len(field.name), len(field.id_literal)) == (128, 256)


def test_the_operation_a_request_runs():
    document = analyse("query A { a } query B { b } mutation C { c }", max_size=1000)
    assert document.operation("B").name == "B"
    assert document.operation("Forged") is None
    assert document.operation(None) is None
    assert document.first_query().name == "A"
    assert analyse("query A { a }", max_size=1000).operation("").name == "A"
    assert analyse("mutation A { a }", max_size=1000).first_query() is None


@settings(max_examples=200)
@given(st.text(alphabet="{}()$:@!.\"'#,ab _on\n\\", max_size=200))
def test_no_text_raises(text):
    assert analyse(text, max_size=150).state in {"parsed", "empty", "invalid", "oversized"}


def test_the_cache_returns_the_same_document_and_stays_within_its_bounds():
    cache = DocumentCache(max_size=50, max_entries=3, max_weight=640)
    first = cache.get("{ a }")
    assert cache.get("{ a }") is first
    for number in range(10):
        cache.get(f"{{ a{number} }}")
    assert len(cache) == 3
    cache.get("{ b b b b }")  # few characters, but they stand for many fields
    assert len(cache) == 1
    assert cache.get("x" * 51) is OVERSIZED
    assert cache.get(None) is EMPTY
    assert len(cache) == 1


def test_the_cache_forgets_what_was_not_used_lately():
    cache = DocumentCache(max_size=50, max_entries=2)
    a = cache.get("{ a }")
    cache.get("{ b }")
    cache.get("{ a }")
    cache.get("{ c }")
    assert cache.get("{ a }") is a
