"""The PostgreSQL macros write what Grafana's data source writes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fraiseql_observe.errors import VerifyError
from fraiseql_observe.verify.macros import MACROS, expand
from fraiseql_observe.verify.timing import Window

WINDOW = Window(datetime(2030, 1, 2, 3, 4, 5, 600_000, UTC), datetime(2030, 1, 2, 4, 4, 5, 0, UTC))


@pytest.mark.parametrize(
    ("macro", "sql"),
    [
        ("$__time(at)", 'at AS "time"'),
        ("$__timeEpoch(at)", 'extract(epoch from at) as "time"'),
        ("$__timeFilter(at)", "at BETWEEN '2030-01-02T03:04:05.6Z' AND '2030-01-02T04:04:05Z'"),
        ("$__timeFrom()", "'2030-01-02T03:04:05.6Z'"),
        ("$__timeTo()", "'2030-01-02T04:04:05Z'"),
        ("$__timeGroup(at, '5m')", "floor(extract(epoch from at)/300)*300"),
        ("$__timeGroup(at, '30d') x", "floor(extract(epoch from at)/2592000)*2592000 x"),
        ("$__timeGroup(at,'500ms')", "floor(extract(epoch from at)/0.5)*0.5"),
        ("$__timeGroup(at, '5m'), 1", 'floor(extract(epoch from at)/300)*300 AS "time", 1'),
        ("$__timeGroup(at, 1h, NULL)", "floor(extract(epoch from at)/3600)*3600"),
        ("$__timeGroupAlias(at, '5m')", 'floor(extract(epoch from at)/300)*300 AS "time"'),
        ("$__unixEpochFilter(at)", "at >= 1893553445 AND at <= 1893557045"),
        ("$__unixEpochFrom()", "1893553445"),
        ("$__unixEpochTo()", "1893557045"),
        ("$__unixEpochNanoFilter(at)", "at >= 1893553445600000000 AND at <= 1893557045000000000"),
        ("$__unixEpochNanoFrom()", "1893553445600000000"),
        ("$__unixEpochNanoTo()", "1893557045000000000"),
        ("$__unixEpochGroup(at, '1m')", "floor((at)/60)*60"),
        ("$__unixEpochGroupAlias(at, '1m')", 'floor((at)/60)*60 AS "time"'),
        ("select 1 -- $__timeFrom()", "select 1 -- '2030-01-02T03:04:05.6Z'"),
        ("select $1, cost$ from t", "select $1, cost$ from t"),
    ],
)
def test_macros(macro, sql):
    assert expand(macro, WINDOW) == sql


def test_every_macro_is_tested():
    cases = test_macros.pytestmark[0].args[1]
    assert {name for name in MACROS if any(f"${name}(" in macro for macro, _ in cases)} == MACROS.keys()


@pytest.mark.parametrize(
    ("macro", "words"),
    [
        ("$__nonsense(at)", "no macro $__nonsense"),
        ("$unknown()", "no macro $unknown"),
        ("$__timeFilter()", "lacks an argument"),
        ("$__timeGroup(at)", "lacks an argument"),
        ("$__timeGroup(at, 'soon')", "`soon` is not an interval"),
    ],
)
def test_mistakes_are_named(macro, words):
    with pytest.raises(VerifyError) as caught:
        expand(macro, WINDOW)
    assert words in caught.value.message
    assert caught.value.hint
