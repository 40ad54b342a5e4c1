"""No value of a client survives in an error's words, and equal errors share a fingerprint."""

from __future__ import annotations

import pytest

pytest.importorskip("graphql", reason="the instrument runs inside a FraiseQL application")

from hypothesis import given
from hypothesis import strategies as st

from fraiseql_observe.instrument.classify import Failure
from fraiseql_observe.instrument.fingerprint import MAX_MESSAGE, fingerprint, literals_of, redact


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Cannot query field 'x' on type \"Query\".", "Cannot query field ? on type ?."),
        ("it broke on 'secret' 42", "it broke on ? ?"),
        ("Key (email)=(bob@example.com) already exists", "Key (email)? already exists"),
        ("no user bob@example.com here", "no user ? here"),
        ("row 4c72ed41-22f2-4da7-80a3-5d62f26a2bc9 is gone", "row ? is gone"),
        ("can't do it", "can't do it"),
        ('invalid input syntax: "abc', "invalid input syntax: "),
        ("two\n  lines\x00", "two lines"),
    ],
)  # fmt: skip
def test_values_become_question_marks(message, expected):
    assert redact(message).strip() == expected.strip()


def test_what_the_client_sent_is_taken_out_even_where_nothing_marks_it():
    literals = literals_of('{ user(name: "Grace Hopper") { id } }', {"input": {"title": "Wombat", "tags": ["alpha"]}})
    assert redact("no Wombat for Grace Hopper in alpha", literals) == "no ? for ? in ?"


def test_literals_are_bounded_and_short_ones_are_left():
    assert literals_of(None, {"a": "xy"}) == []
    assert len(literals_of(None, [f"value {n}" for n in range(5_000)])) == 999


def test_a_literal_is_known_as_the_application_reads_it_too():
    literals = literals_of(r'{ user(name: "hunt\u0065r2 \"x\"") { id } }', None)
    assert redact('no user hunter2 "x" here', literals) == "no user ? here"


def test_a_literal_that_never_closes_is_still_one():
    """Many escaped quotes and no end: each must not begin a search of its own through the rest of the document."""
    unclosed = r"\"" * 30_000
    assert literals_of('{ user(name: "' + unclosed, None)[0] == unclosed


def test_half_a_surrogate_pair_leaves_a_text_that_can_be_encoded():
    assert redact("no tag \ud800 here") == "no tag ? here"
    nested: dict = {}
    for _ in range(5_000):
        nested = {"a": nested}
    assert literals_of('""" block """', nested) == [" block "]


@given(st.text(max_size=300).filter(lambda text: "'" not in text), st.text(max_size=50))
def test_a_quoted_value_never_survives(value, prefix):
    redacted = redact(f"{prefix.replace(chr(39), '')}: '{value}'")
    assert f"'{value}'" not in redacted
    assert len(redacted) <= MAX_MESSAGE
    assert not any(letter.isdigit() and letter.isascii() for letter in redacted)


def test_fingerprints_tell_kinds_apart_and_nothing_else():
    failure = Failure("database", "error", "UniqueViolation", "23505", "raw words differ")
    same = Failure("database", "error", "UniqueViolation", "23505", "other raw words")
    other = Failure("database", "error", "UniqueViolation", "23503", "raw words differ")
    assert fingerprint(failure, "Op", "m") == fingerprint(same, "Op", "m")
    assert (
        len(
            {
                fingerprint(failure, "Op", "m"),
                fingerprint(other, "Op", "m"),
                fingerprint(failure, "Po", "m"),
                fingerprint(failure, "Op", "n"),
            }
        )
        == 4
    )
    assert len(fingerprint(failure, "Op\ud800", "m")) == 32
