"""Cutting what is too long."""

from __future__ import annotations

import json

from samples import message

from fraiseql_observe.notify.bounds import cut, cut_all, encode, fewer_alerts, first_that_fits
from fraiseql_observe.notify.identity import channel, provider_key
from fraiseql_observe.notify.wire import document, moment, nanoseconds


def test_cut_keeps_what_fits_and_says_when_it_does_not():
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "ab…"


def test_cut_all_goes_into_everything():
    assert cut_all({"abcd": ["abcd", 1, None, {"x": "abcd"}]}, 3) == {"ab…": ["ab…", 1, None, {"x": "ab…"}]}


def test_json_survives_half_a_surrogate_pair():
    assert json.loads(encode({"a": "\ud800é"})) == {"a": "?é"}


def test_the_first_that_fits_else_the_last():
    assert first_that_fits(iter([b"aaaa", b"aa", b"a"]), 2) == b"aa"
    assert first_that_fits(iter([b"aaaa", b"aaa"]), 2) == b"aaa"


def test_alerts_are_left_out_until_it_fits_and_counted():
    given = message(alerts=100, omitted=5)
    body = json.loads(fewer_alerts(given, 6000, lambda each: encode(document(each))))
    shown = len(body["data"]["alerts"])
    assert 0 < shown < 100
    assert body["data"]["omitted_alerts"] == 105 - shown


def test_what_fits_without_alerts_only_has_none():
    body = fewer_alerts(message(alerts=3), 10, lambda each: encode(len(each.alerts)))
    assert body == b"3"
    assert json.loads(fewer_alerts(message(alerts=3), 0, lambda each: encode(each.omitted))) == 3


def test_times_are_rfc_3339_in_utc():
    assert moment(None) is None
    assert moment(message().now) == "2026-03-02T12:00:30Z"
    assert nanoseconds(1_772_452_800_123_456_789) == "2026-03-02T12:00:00.123456789Z"
    assert nanoseconds(1_772_452_800_000_000_000) == "2026-03-02T12:00:00Z"
    assert nanoseconds(2**63 - 1).startswith("2262-")
    assert nanoseconds(10**30) == ""


def test_keys_keep_incidents_apart():
    keys = {provider_key(one) for one in ("inc_1", "inc_2")}
    assert len(keys) == 2
    assert all(len(key) == 64 for key in keys)


def test_a_channel_shows_no_secret():
    assert "secret" not in channel("slack", "secret", "C1")
    assert channel("slack", "secret", "C1") != channel("slack", "secret", "C2")
