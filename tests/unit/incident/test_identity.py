"""Fingerprints, keys and receivers."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from told import T0, at

from fraiseql_observe.incident import identity
from fraiseql_observe.incident.ids import new_id


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        # Given by a real Alertmanager 0.25 for these labels.
        ({}, "cbf29ce484222325"),
        ({"alertname": "a", "job": "b"}, "b1929844e23ab434"),
        ({"alertname": "Ü", "A": "1"}, "f81db266bb22db7d"),
    ],
)
def test_fingerprints_are_alertmanagers(labels, expected):
    assert identity.fingerprint(labels) == expected


def test_a_key_is_of_receiver_and_group_whatever_the_order():
    key = identity.incident_key("team", {"a": "1", "b": "2"})
    assert key == identity.incident_key("team", {"b": "2", "a": "1"})
    others = {
        identity.incident_key("other", {"a": "1", "b": "2"}),
        identity.incident_key("team", {"a": "1"}),
        identity.incident_key("team", {"a": "1b", "": "2"}),
        identity.incident_key("team", {}),
    }
    assert len(others) == 4
    assert key not in others
    assert re.fullmatch("[0-9a-f]{64}", key)


@given(st.text())
def test_quoting_is_undone(name):
    assert identity.unquote(identity.quote(name)) == name


def test_what_go_does_not_quote_stays():
    assert identity.unquote(r"a\d") == r"a\d"


def test_ids_are_ordered_by_time_and_different():
    made = [new_id("inc", at(second)) for second in range(3)]
    assert made == sorted(made)
    assert len({new_id("inc", T0) for _ in range(1000)}) == 1000
    assert re.fullmatch("inc_[0-9a-z]{26}", made[0])
