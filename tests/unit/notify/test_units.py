"""Numbers as people read them."""

from __future__ import annotations

import math

import pytest

from fraiseql_observe.notify.units import digits, readable


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0731, "ratio", "7.31 %"),
        (0.014400000000000013, "ratio", "1.44 %"),
        (11.25, "percent", "11.2 %"),
        (-0.5, "ratio", "-50 %"),
        (0, "seconds", "0 s"),
        (0.00004, "seconds", "40 µs"),
        (0.32, "seconds", "320 ms"),
        (0.9996, "seconds", "1 s"),
        (59.4, "seconds", "59.4 s"),
        (59.99, "seconds", "1 min"),
        (75, "seconds", "1 min 15 s"),
        (3600, "seconds", "1 h"),
        (90061, "seconds", "1 d 1 h"),
        (0, "bytes", "0 B"),
        (1.5 * 2**30, "bytes", "1.5 GiB"),
        (1023.9, "bytes", "1 KiB"),
        (2**70, "bytes", "1048576 PiB"),
        (2048, "bytes/s", "2 KiB/s"),
        (12, "/s", "12/s"),
        (1234567, "", "1.23 M"),
        (999.9, "", "1 K"),
        (0.05, "", "0.05"),
        (3, "furlongs", "3furlongs"),
        (math.inf, "seconds", "infinite"),
        (-math.inf, "", "-infinite"),
        (math.nan, "", "not a number"),
    ],
)
def test_readable(value, unit, text):
    assert readable(value, unit) == text


def test_tiny_numbers_have_no_exponent():
    assert digits(1e-12) == "0"
    assert digits(0.000000123) == "0.000000123"
    assert digits(1e15) == "1000000000000000"
