"""What is equal is written equally, and reads back as it was."""

from __future__ import annotations

import json

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fraiseql_observe.mixin import serialise

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc"), whitelist_characters="\n"))
)
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(min_size=1), inner), max_leaves=20
)


@settings(deadline=None, max_examples=50)
@given(DOCUMENTS)
def test_json_reads_back(value):
    assert json.loads(serialise.to_json(value)) == value
    assert json.loads(serialise.to_minified_json(value)) == value


@settings(deadline=None, max_examples=50)
@given(st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.from_regex(r"\A[a-z]+\Z"), inner)))
def test_yaml_reads_back(value):
    assert yaml.safe_load(serialise.to_yaml(value)) == value


def test_keys_are_sorted_and_the_file_ends_with_one_newline():
    assert (
        serialise.to_json({"b": 1, "a": [2.5, "é"]}) == '{\n  "a": [\n    2.5,\n    "é"\n  ],\n  "b": 1\n}\n'.encode()
    )
    assert serialise.to_yaml({"b": 1, "a": "x"}).decode().splitlines()[1:] == ["a: x", "b: 1"]


def test_whole_numbers_stay_whole():
    assert serialise.to_yaml({"port": 9090.0, "share": 0.05}).decode().splitlines()[1:] == ["port: 9090", "share: 0.05"]


def test_lines_stay_lines_and_ambiguous_words_are_quoted():
    text = serialise.to_yaml({"expr": "a\n/\nb", "no": "yes", "version": "1.0"}).decode()
    assert "expr: |-\n  a\n  /\n  b\n" in text
    assert "'no': 'yes'" in text
    assert "version: '1.0'" in text


def test_equal_parts_are_written_twice_not_linked():
    shared = {"a": 1}
    assert "&" not in serialise.to_yaml([shared, shared]).decode()


def test_several_documents():
    assert list(yaml.safe_load_all(serialise.to_yaml_documents([{"a": 1}, {"b": 2}]))) == [{"a": 1}, {"b": 2}]
