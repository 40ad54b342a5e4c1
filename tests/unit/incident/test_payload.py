"""Webhooks as they come, and as they should not."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from told import T0, YEAR_ONE, alert, at, body, group, member

from fraiseql_observe.errors import PayloadError
from fraiseql_observe.incident import bounds, identity, payload
from fraiseql_observe.incident.model import AlertStatus, Severity


def only(raw):
    (one,) = payload.parse(raw).alerts
    return one


def test_alertmanagers_webhook():
    told = payload.parse(body(member(), receiver=r"rx\.200\+a", truncatedAlerts=3, futureKey={"x": [1]}))
    assert told.receiver == "rx.200+a"
    assert told.group_labels == {"alertname": "HighErrorRate"}
    assert told.truncated == 3
    assert told.external_url == "http://alertmanager:9093"
    assert told.version == "4"
    (one,) = told.alerts
    assert one.fingerprint == "00112233445566ff"
    assert one.status is AlertStatus.FIRING
    assert one.ended_at is None
    assert one.starts_ns % 1_000_000_000 == 123_456_789
    assert one.name == "HighErrorRate"


def test_starts_within_one_microsecond_are_two():
    first, second = (only(body(member(startsAt=f"2026-03-02T12:00:00.12345678{digit}Z"))) for digit in "12")
    assert second.starts_ns - first.starts_ns == 1


@pytest.mark.parametrize(
    "text",
    ["2026-03-02T14:00:00+02:00", "2026-03-02T12:00:00Z", "2026-03-02T07:00:00.000-05:00", "2026-03-02T12:00:00z"],
)
def test_every_offset_is_the_same_moment(text):
    assert only(body(member(startsAt=text))).starts_ns == payload.nanoseconds(T0)


def test_the_end_of_a_resolved_alert():
    assert only(body(member(status="resolved", endsAt="2026-03-02T12:05:00.5Z"))).ended_at == at(300.5)
    assert only(body(member(status="resolved", endsAt=YEAR_ONE))).ended_at is None
    assert only(body(member(status="resolved", endsAt=""))).ended_at is None
    assert only(body(member(status="firing", endsAt="2026-03-02T12:05:00Z"))).ended_at is None


WRONG = ["yesterday", "2262-01-01T00:00:00Z", "2026-03-02T12:00:00", "2026-02-30T00:00:00Z", "1969-12-31T23:59:59Z"]


@pytest.mark.parametrize(
    ("field", "text"),
    [*(("startsAt", text) for text in ["", YEAR_ONE, *WRONG]), *(("endsAt", text) for text in WRONG)],
)
def test_a_time_that_is_none_is_refused_and_says_where(field, text):
    told = member(status="resolved", endsAt="2026-03-02T12:05:00Z") | {field: text}
    for read in (payload.parse, payload.check):
        with pytest.raises(PayloadError, match=r"alerts\[1\] has a time"):
            read(body(member(), told))


@pytest.mark.parametrize("given_print", ["", "XYZ", "0" * 100_000, None])
def test_a_missing_fingerprint_is_computed_as_alertmanager_does(given_print):
    one = only(body(member(labels={"alertname": "a", "job": "b"}, fingerprint=given_print)))
    assert one.fingerprint == identity.fingerprint({"job": "b", "alertname": "a"})


def test_grafanas_webhook():
    raw = member(
        startsAt="2026-03-02T14:00:00.5+02:00",
        values={"A": 12.5, "B": 3},
        valueString="[ var='A' ]",
        dashboardURL="http://grafana/d/x",
        panelURL="http://grafana/d/x?viewPanel=2",
        imageURL=None,
    )
    one = only(body(raw, version="1", orgId=1, title="t", state="alerting", message="m", truncatedAlerts=None))
    assert one.annotations == {
        "value": "12.5, 3",
        "dashboard_url": "http://grafana/d/x?viewPanel=2",
        "summary": "Errors are high",
    }
    assert only(body(member(valueString="v=1", values=None), version="1")).annotations["value"] == "v=1"
    assert payload.parse(body(member(), version=1)).version == "1"


def test_labels_that_are_no_texts_become_their_json():
    labels = {"n": 1, "f": 1.5, "yes": True, "none": None, "list": ["ü", {"a": 1}], "t": "x"}
    one = only(body(member(labels=labels)))
    assert one.labels == {"n": "1", "f": "1.5", "yes": "true", "list": '["ü", {"a": 1}]', "t": "x"}


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (rb'"a\u0000b"', "a\ufffdb"),
        (rb'"a\ud800b"', "a\ufffdb"),
        (rb'"\udc00"', "\ufffd"),
        (rb'"\ud83d\ude00"', "\U0001f600"),
        (b'"a\xff\xfeb"', "a\ufffd\ufffdb"),
        (rb'"\\u0000"', r"\u0000"),
    ],
)
def test_what_no_text_column_holds_is_replaced(raw, clean):
    one = only(body(member(labels={"alertname": "MARK"})).replace(b'"MARK"', raw))
    assert one.labels == {"alertname": clean}
    clean.encode()


def test_sixteen_kilobytes_of_label_are_kept():
    value = "<b>&\n*_~" * 2000
    assert only(body(member(labels={"alertname": value}))).labels["alertname"] == value


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\x00\x01", "not JSON"),
        (b"null", "no alert webhook"),
        (b"[]", "no alert webhook"),
        (b'"text"', "no alert webhook"),
        (b"{}", "version"),
        (b'{"version": "4", "receiver": "r"}', "alerts"),
        (b'{"version": "4", "receiver": "r", "alerts": 1}', "alerts"),
        (b'{"version": "4", "receiver": "r", "alerts": [1]}', r"alerts\[0\]|alerts\[...\]"),
        (body(member(status="pending")), "status"),
        (body(member(labels=[1])), "labels"),
        (body(member(), version="3"), "version is '3'"),
        (b"[" * 200_000, "deep"),
        (b'{"a":' * 200_000, "deep"),
        (b'{"version": ' + b"1" * 5000 + b"}", "not JSON|no alert"),
        (b" " * (payload.MAX_BYTES + 1), "bytes"),
    ],
)
def test_what_is_no_webhook_is_refused_and_says_why(raw, why):
    with pytest.raises(PayloadError, match=why) as refused:
        payload.parse(raw)
    with pytest.raises(PayloadError, match=why):
        payload.check(raw)
    assert len(str(refused.value)) < 600


@given(st.binary(max_size=200))
def test_garbage_is_refused_and_nothing_else(raw):
    with pytest.raises(PayloadError):
        payload.parse(raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from([*json.loads(body()), *member()]), JSON, max_size=4), st.booleans())
def test_any_json_is_read_or_refused(changed, inside):
    raw = body(member() | changed) if inside else body(member(), **changed)
    try:
        told = payload.parse(raw)
    except PayloadError:
        with pytest.raises(PayloadError):
            payload.check(raw)
        return
    assert payload.check(raw) == payload.Checked(told.version, len(told.alerts))
    for one in told.alerts:
        assert all(isinstance(text, str) and "\0" not in text for pair in one.labels.items() for text in pair)
        json.dumps(one.labels).encode()


def test_our_own_findings_are_read_as_they_were_written():
    written = group(alert("a", start=1), alert("b", start=2, end=3.5), truncated=2)
    assert payload.parse(payload.render(written)) == written


def test_only_our_own_name_destinations():
    raw = payload.render(payload.Group("r", {}, {}, {}, (), destinations=("pager",)))
    assert payload.parse(raw, own=True).destinations == ("pager",)
    assert payload.parse(raw).destinations == ()


def test_a_long_time_is_read_but_not_remembered():
    before = payload._remembered_time.cache_info().currsize
    assert payload.read_time(f"2026-01-01T00:00:00.{'1' * 1000}Z")[1] % 10**9 == 111_111_111
    assert payload._remembered_time.cache_info().currsize == before


TIMES = st.from_regex(
    r"(0001|1969|1970|1971|2026|2260|2261|2262)-(01|12)-(01|31)[Tt ](00|23):(00|59):(00|59|60)"
    r"(\.(0{1,12}|9{1,40}))?(Z|z|[+-](00|02|23|24):?(00|30|59))?",
    fullmatch=True,
)


@given(TIMES, TIMES | st.just(""), st.sampled_from(["firing", "resolved"]))
def test_what_the_intake_takes_can_be_worked_in(start, end, status):
    raw = body(member(startsAt=start, endsAt=end, status=status))
    try:
        payload.parse(raw)
    except PayloadError:
        with pytest.raises(PayloadError):
            payload.check(raw)
    else:
        assert payload.check(raw).alerts == 1


def test_ones_own_labels_are_cleaned_too():
    assert payload.new_alert("a\0b", labels={"x\ud800": "\0"}).labels["x\ufffd"] == "\ufffd"


def test_an_alert_of_ones_own():
    firing = payload.new_alert("DiskFull", severity=Severity.CRITICAL, labels={"disk": "sda"}, starts_at=T0)
    over = payload.new_alert("DiskFull", severity=Severity.CRITICAL, labels={"disk": "sda"}, ended_at=T0)
    assert firing.labels == {"alertname": "DiskFull", "severity": "critical", "disk": "sda"}
    assert firing.fingerprint == over.fingerprint == identity.fingerprint(firing.labels)
    assert (firing.status, over.status) == (AlertStatus.FIRING, AlertStatus.RESOLVED)
    assert (payload.moment(firing.starts_ns), over.starts_ns) == (T0, 0)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2261, 12, 31)), st.integers(0, 999))  # noqa: DTZ001 - made aware below
def test_times_survive(moment, nanos):
    aware = moment.replace(tzinfo=UTC)
    exact = payload.nanoseconds(aware) + nanos
    assert payload.moment(exact) == aware
    text = f"{aware:%Y-%m-%dT%H:%M:%S}.{exact % 1_000_000_000:09}Z"
    text = text if aware.year >= 1000 else text.zfill(len(text))
    assert payload.read_time(text) == (aware, exact)
    assert payload.moment(exact) - aware < timedelta(microseconds=1)


def test_what_is_too_large_is_cut_and_told_all_the_same():
    huge = "x" * 1_000_000
    told = payload.parse(
        body(
            member(
                labels={"alertname": "Huge", "severity": "critical", "query": huge, "zone": "eu"},
                annotations={f"note{place:04}": "y" * 1000 for place in range(1000)} | {"summary": "Too much"},
                generatorURL="http://prometheus/" + huge,
                values={"A": huge},
                panelURL="http://grafana/" + huge,
            ),
            receiver=huge,
            groupLabels={"query": huge},
            commonLabels={"query": huge},
            commonAnnotations={"text": huge},
            externalURL="http://alertmanager/" + huge,
        )
    )
    (one,) = told.alerts
    assert (one.name, one.labels["severity"], one.labels["zone"]) == ("Huge", "critical", "eu")
    assert one.labels["query"].startswith("xxx")
    assert "(1000000 characters, " in one.labels["query"]
    assert len(one.labels["query"]) == bounds.VALUE
    assert one.annotations["summary"] == "Too much"
    assert re.fullmatch("9[0-9]{2} more, [0-9a-f]{16}", one.annotations[bounds.LEFT_OUT])
    assert (one.generator_url, told.external_url) == ("", "")
    assert len(told.receiver) == bounds.RECEIVER
    assert len(payload.render(told)) < 100_000


def test_of_a_group_that_is_too_large_what_fires_is_read_first_and_the_rest_counts_as_truncated():
    over = [member(status="resolved", fingerprint=f"{place:016x}") for place in range(payload.MAX_ALERTS)]
    told = payload.parse(raw := body(*over, member(), member(), truncatedAlerts=3))
    assert (len(told.alerts), told.truncated) == (payload.MAX_ALERTS, 5)
    assert [one.status for one in told.alerts[:3]] == [AlertStatus.FIRING, AlertStatus.FIRING, AlertStatus.RESOLVED]
    assert payload.check(raw).alerts == payload.MAX_ALERTS


@given(st.dictionaries(st.text(max_size=2000), st.text(max_size=2000)), st.integers(200, 3000))
def test_bounds_hold_and_what_was_cut_is_cut_no_further(labels, limit):
    cut = bounds.labels(labels, limit)
    assert sum(map(len, [*cut, *cut.values()])) <= limit
    assert bounds.labels(cut, limit) == cut
    assert bounds.labels(dict(reversed(labels.items())), limit) == cut


def test_groups_that_differ_only_behind_the_cut_stay_two():
    def key(*names):
        told = payload.parse(body(member(), groupLabels=dict.fromkeys(names, "x" * 20000), receiver="r" * 600))
        again = payload.parse(payload.render(told))
        keys = {identity.incident_key(one.receiver, one.group_labels) for one in (told, again)}
        assert len(keys) == 1
        return keys.pop()

    many = [f"label{place}" for place in range(40)]
    assert len({key("a"), key("b"), key(*many), key(*many[:-1], "other")}) == 4
