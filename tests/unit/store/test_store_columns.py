"""Values stand in columns and come back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraiseql_observe.store.columns import (
    dump,
    load,
    micros,
    micros_or_none,
    moment,
    moment_or_none,
    text,
)


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_are_exact(at):
    assert moment(micros(at)) == at


def test_times_are_utc_and_may_be_missing():
    at = datetime(2026, 3, 1, 14, tzinfo=timezone(timedelta(hours=2)))
    assert moment(micros(at)).isoformat() == "2026-03-01T12:00:00+00:00"
    assert micros(datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)) == -1
    assert (micros_or_none(None), moment_or_none(None)) == (None, None)
    assert moment_or_none(micros_or_none(at)) == at


@given(st.dictionaries(st.text(), st.text()))
def test_json_is_text_that_postgresql_takes_and_keeps_everything(labels):
    assert "\0" not in dump(labels)
    assert dump(labels).encode()
    assert load(dump(labels)) == labels


def test_json_keeps_what_is_no_text_and_what_is_too_large_a_number():
    value = {"half \ud800": [2**70, "\0"]}
    assert dump(value).isascii()
    assert load(dump(value)) == value


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("plain", "plain"),
        ("ä€😀", "ä€😀"),
        ("a\0b", "a\ufffdb"),
        ("\ud800", "\ufffd"),
        ("\ud83d\ude00", "😀"),
        ("", ""),
    ],
)
def test_text_is_made_fit_for_every_engine(given, kept):
    assert text(given) == kept


@given(st.text())
def test_any_text_can_be_written(given):
    kept = text(given)
    assert "\0" not in kept
    kept.encode()
