"""Labels stay within their bound, whatever is thrown at them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fraiseql_observe.instrument.labels import OTHER, BoundedNames, method_label


@given(st.lists(st.text(max_size=10), max_size=200), st.integers(min_value=1, max_value=20))
def test_there_are_never_more_labels_than_the_limit_and_other(names, limit):
    bounded = BoundedNames(limit)
    labels = {bounded.admit(name) for name in names}
    assert len(labels - {OTHER}) <= limit
    assert len(bounded) <= limit


def test_the_first_names_keep_themselves_and_asking_teaches_nothing():
    bounded = BoundedNames(2)
    assert bounded.known("a") == OTHER
    assert [bounded.admit(name) for name in ("a", "b", "c", "a")] == ["a", "b", OTHER, "a"]
    assert bounded.known("a") == "a"
    assert bounded.known("c") == OTHER


def test_where_names_are_given_no_other_takes_a_place():
    bounded = BoundedNames(2, frozenset({"a", "b"}))
    assert [bounded.admit(name) for name in ("x", "y", "z", "a", "b")] == [OTHER, OTHER, OTHER, "a", "b"]


def test_a_name_as_long_as_a_document_is_no_label():
    names = BoundedNames(10)
    assert names.admit("a" * 60_000) == OTHER
    assert len(names) == 0


def test_methods():
    assert method_label("POST") == "POST"
    assert method_label("BREW") == OTHER
