"""Filters: from the address and back, and as queries by urgency."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict

from fraiseql_observe.errors import PayloadError
from fraiseql_observe.incident.model import Severity, State
from fraiseql_observe.web.console import filters
from fraiseql_observe.web.console.filters import Filters

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=100).map(str.strip)


def address(query: str) -> MultiDict[str]:
    return MultiDict(parse_qsl(query, keep_blank_values=True))


@given(
    states=st.sampled_from([filters.ACTIVE, (State.FIRING,), (State.ACKNOWLEDGED,)]),
    severities=st.sets(st.sampled_from(Severity)).map(lambda some: tuple(one for one in Severity if one in some)),
    text=WORDS,
    labels=WORDS,
    period=st.sampled_from(["", *filters.PERIODS]),
)
def test_filters_survive_the_address(states, severities, text, labels, period) -> None:
    chosen = Filters(states, severities, text, labels, period)
    assert filters.read(address(chosen.query_string())) == chosen


def test_what_nobody_chose_is_not_in_the_address() -> None:
    assert Filters().query_string() == ""
    assert not Filters().narrowed
    assert Filters(states=(State.FIRING,)).narrowed


def test_nonsense_in_the_address_is_passed_over() -> None:
    chosen = filters.read(address("state=exploded&severity=&period=eon&text=" + "x" * 9000))
    assert (chosen.states, chosen.severities, chosen.period) == (filters.ACTIVE, (), "")
    assert len(chosen.text) == filters.LONGEST


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("team=core", {"team": "core"}),
        ('team="core, of all", region = eu ,', {"team": "core, of all", "region": "eu"}),
        (r'path="a\"b\\c"', {"path": 'a"b\\c'}),
        ("empty=", {"empty": ""}),
    ],
)
def test_labels_are_read(text: str, found: dict[str, str]) -> None:
    assert filters.labels(text) == found


@pytest.mark.parametrize("text", ["core", '"core"', 'team="core', "team=~core", "team!=core", "=x", 'a="b"c'])
def test_labels_that_cannot_be_searched_are_said(text: str) -> None:
    with pytest.raises(PayloadError) as caught:
        filters.labels(text)
    assert caught.value.hint


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading_of_labels(text: str) -> None:
    try:
        assert isinstance(filters.labels(text), dict)
    except PayloadError as error:
        assert error.message  # noqa: PT017 - either is fine


def test_the_most_urgent_come_first() -> None:
    queries = filters.strata(Filters(), NOW)
    assert [(query.states, query.severities) for query in queries] == [
        ((State.FIRING,), (Severity.CRITICAL,)),
        ((State.FIRING,), (Severity.WARNING,)),
        ((State.FIRING,), (Severity.INFO,)),
        ((State.ACKNOWLEDGED,), ()),
    ]


def test_the_past_is_bounded_by_its_period() -> None:
    (query,) = filters.strata(Filters(states=(State.RESOLVED,), period="week"), NOW)
    assert query.since == NOW - timedelta(days=7)


def test_a_list_goes_on_where_it_ended() -> None:
    queries = filters.strata(Filters(), NOW)
    left = filters.resume(queries, filters.place_of(2, "17.inc_a"))
    assert [query.cursor for query in left] == ["17.inc_a", ""]
    assert left[0].severities == (Severity.INFO,)


@pytest.mark.parametrize("place", ["", "x", "9.a", "-1.a", "²."])
def test_a_place_that_is_none_begins_at_the_top(place: str) -> None:
    queries = filters.strata(Filters(), NOW)
    assert filters.resume(queries, place) == queries
