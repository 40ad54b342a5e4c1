"""What an answer means, and how long a destination wants to be left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fraiseql_observe.errors import Reason
from fraiseql_observe.notify.answers import Answer, failure, retry_after

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "reason", "retryable"),
    [
        (301, Reason.CLIENT_ERROR, False),
        (400, Reason.CLIENT_ERROR, False),
        (401, Reason.AUTH, False),
        (403, Reason.AUTH, False),
        (404, Reason.NOT_FOUND, False),
        (408, Reason.TIMEOUT, True),
        (410, Reason.GONE, False),
        (413, Reason.TOO_LARGE, False),
        (425, Reason.SERVER_ERROR, True),
        (429, Reason.RATE_LIMITED, True),
        (499, Reason.CLIENT_ERROR, False),
        (500, Reason.SERVER_ERROR, True),
        (503, Reason.SERVER_ERROR, True),
        (599, Reason.SERVER_ERROR, True),
    ],
)
def test_each_status_has_one_reason(status, reason, retryable):
    error = failure(Answer(status), NOW)
    assert (error.reason, error.retryable, error.status) == (reason, retryable, status)
    assert not error.ambiguous
    assert str(status) in error.message


def test_a_redirect_says_that_it_is_not_followed():
    assert "not followed" in failure(Answer(307), NOW).hint


def test_what_the_destination_said_is_printable_and_short():
    error = failure(Answer(400), NOW, said="no\n\x1b[31m such   channel." + "x" * 5000)
    assert error.message.startswith("It answered 400 Bad Request: no [31m such channel.")
    assert len(error.message) < 400


def test_retry_after_belongs_to_what_is_worth_another_try():
    headers = {"retry-after": "30"}
    assert failure(Answer(429, headers), NOW).retry_after == timedelta(seconds=30)
    assert failure(Answer(503, headers), NOW).retry_after == timedelta(seconds=30)
    assert failure(Answer(400, headers), NOW).retry_after is None
    assert failure(Answer(429), NOW).retry_after is None


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("0", timedelta(0)),
        ("30", timedelta(seconds=30)),
        (" 1.5 ", timedelta(seconds=1.5)),
        ("999999999", timedelta(hours=1)),
        ("9" * 5000, None),
        ("-5", None),
        ("٣", None),
        ("", None),
        ("soon", None),
        ("Mon, 02 Mar 2026 12:00:20 GMT", timedelta(seconds=20)),
        ("Mon, 02 Mar 2026 11:00:00 GMT", timedelta(0)),
        ("Mon, 02 Mar 2026 12:00:20 -0000", timedelta(seconds=20)),
        ("Mon, 02 Mar 2126 12:00:20 GMT", timedelta(hours=1)),
        ("Mon, 99 Mar 2026 12:00:20 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_clamped(value, wanted):
    assert retry_after(value, NOW) == wanted


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"\xff\xfe\xff", b"[" * 60_000])
def test_a_body_that_is_no_object_is_an_empty_one(body):
    assert Answer(200, body=body).mapping() == {}


def test_a_body_that_is_an_object_is_read():
    assert Answer(200, body=b'{"ok":true}').mapping() == {"ok": True}
