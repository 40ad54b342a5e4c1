"""Alertmanager's matchers."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraiseql_observe.errors import ConfigError
from fraiseql_observe.incident import matchers

LABELS = {"team": "database", "severity": "critical", "text": "two\nlines", "ünï": "x"}


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ('team="database"', True),
        ("team=database", True),
        (' team = "database" ', True),
        ('team="data"', False),
        ('team!="data"', True),
        ('team!="database"', False),
        ('team=~"data.*"', True),
        ('team=~"data"', False),  # the whole value
        ('team=~"data|database"', True),
        ('team!~"data.*"', False),
        ('team!~"x.*"', True),
        ('missing=""', True),
        ('missing!=""', False),
        ('missing=~".+"', False),
        ('missing=~".*"', True),
        ('text=~"two.lines"', True),
        ('"ünï"="x"', True),
        ('team="a\\"b"', False),
        ("team=", False),
        ("team!=", True),
    ],
)
def test_a_matcher_fits_as_in_alertmanager(text, fits):
    assert matchers.parse(text).fits(LABELS) is fits


@pytest.mark.parametrize(
    "text",
    [
        "",
        "team",
        "=x",
        'team="open',
        'team=a"b',
        '{team="a"}',
        'team="a" x',
        'team=~"("',
        'team=~"(?=a)"',
        "a b=c",
        'team="\\q"',
        "x" * 5000 + "=1",
    ],
)
def test_a_malformed_one_is_refused(text):
    with pytest.raises(ConfigError) as refused:
        matchers.parse(text)
    assert refused.value.hint
    assert len(refused.value.message) < 200


def test_all_must_fit_and_none_fits_everything():
    assert matchers.all_fit((), LABELS)
    assert matchers.all_fit(('team="database"', "severity=critical"), LABELS)
    assert not matchers.all_fit(('team="database"', "severity=warning"), LABELS)


def test_a_hostile_value_takes_linear_time():
    matcher = matchers.parse('team=~"(a+)+$"')
    began = time.process_time()
    assert not matcher.fits({"team": "a" * 100_000 + "!"})
    assert time.process_time() - began < 5  # a backtracking engine would never come back


@given(st.text(max_size=40), st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=3))
def test_any_text_is_a_matcher_or_refused(text, labels):
    with contextlib.suppress(ConfigError):
        assert matchers.parse(text).fits(labels) in {True, False}
