"""What a caller may give for parameters, and what becomes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fraiseql_observe.audit.frontmatter import parse
from fraiseql_observe.audit.tenants import SEPARATOR, narrow, problem
from fraiseql_observe.audit.values import Bounds, read
from fraiseql_observe.errors import AskError

NOW = datetime(2026, 3, 4, 12, 0, 7, 500_000, tzinfo=UTC)
EVERY_TYPE = parse(
    "every",
    """-- ---
-- title: Every type
-- description: A parameter of each type.
-- format: table
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   bucket: {type: interval}
--   tenants: {type: "text[]"}
--   word: {type: text, variable: word}
--   whole: {type: integer, default: 5, minimum: 1, maximum: 10}
--   big: {type: bigint, default: 5, minimum: 0}
--   part: {type: double precision, default: 0.5, maximum: 1}
--   truth: {type: boolean, default: true}
--   step: {type: interval, default: 5m, minimum: 60, maximum: 3600}
-- columns:
--   n: {title: N, type: number}
-- ---
select count(*) as n
 where :from::timestamptz < :to::timestamptz and :bucket::interval > '0' and 'a' = any(:tenants::text[])
   and :word::text = '' and :whole::integer = 1 and :big::bigint = 1 and :part::double precision = 1 and :truth::boolean
   and :step::interval > '0'
""",
    "every.sql",
)
RANGE = {"from": ["2026-03-04T10:00:00Z"], "to": ["2026-03-04T11:00:00Z"], "word": ["x"]}


def asked(bounds=Bounds(), **given):  # noqa: B008  frozen
    return read(EVERY_TYPE, {**RANGE, **{name.rstrip("_"): value for name, value in given.items()}}, NOW, bounds)


def test_defaults():
    assert asked() == {
        "from": datetime(2026, 3, 4, 10, tzinfo=UTC),
        "to": datetime(2026, 3, 4, 11, tzinfo=UTC),
        "bucket": timedelta(seconds=18),
        "tenants": None,
        "word": "x",
        "whole": 5,
        "big": 5,
        "part": 0.5,
        "truth": True,
        "step": "5m",
    }


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("from", "1772618400000", datetime(2026, 3, 4, 10, tzinfo=UTC)),
        ("from", "2026-03-04T11:00:00+01:00", datetime(2026, 3, 4, 10, tzinfo=UTC)),
        ("from", "2026-03-04T11:00:00 01:00", datetime(2026, 3, 4, 10, tzinfo=UTC)),
        ("from", "now-6h", NOW - timedelta(hours=6)),
        ("to", "now", NOW),
        ("bucket", "30s", timedelta(seconds=30)),
        ("bucket", "1y", timedelta(days=365)),
        ("bucket", "500ms", timedelta(seconds=0.5)),
        ("tenants", "acme", ["acme"]),
        ("tenants", "acme,globex,acme", ["acme", "globex"]),
        ("tenants", '["a,b", "it\'s"]', ["a,b", "it's"]),
        ("tenants", "[]", None),
        ("tenants", "", None),
        ("word", "'; drop table x --", "'; drop table x --"),
        ("whole", "10", 10),
        ("whole", "", 5),
        ("big", str(2**63 - 1), 2**63 - 1),
        ("part", "-1.5e-3", -0.0015),
        ("truth", "false", False),
        ("step", "2m", timedelta(minutes=2)),
    ],
)
def test_values(name, text, value):
    assert asked(**{f"{name}_": [text]})[name] == value


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("from", "", "is missing"),
        ("from", "yesterday", "is not a time"),
        ("from", "2026-03-04T10:00:00", "is not a time"),
        ("from", "2026-03-04", "is not a time"),
        ("from", "now-", "is not a time"),
        ("from", "now-999999999y", "is not a time"),
        ("from", "0001-01-01T00:00:00Z", "is not a time"),
        ("from", "0001-01-01T00:00:00+14:00", "is not a time"),
        ("from", "9999999999999", "is not a time"),
        ("from", "\u0661\u0662", "is not a time"),
        ("from", "2026-03-04T12:00:00Z", "is later than to"),
        ("bucket", "0s", "is not an interval"),
        ("bucket", "1 hour", "is not an interval"),
        ("bucket", "100y", "is not an interval"),
        ("bucket", "1ms", "is too short"),
        ("tenants", "[1]", "is no JSON list"),
        ("tenants", '["a"', "is no JSON list"),
        ("tenants", "[" * 100_000, "is no JSON list"),
        ("tenants", '["\\ud800"]', "is no Unicode text"),
        ("tenants", "x" * 300, "is longer than 256"),
        ("tenants", ",".join(map(str, range(1001))), "is a list of more than 1000"),
        ("word", "", "is missing"),
        ("word", "x" * 1025, "is longer than 1024"),
        ("word", "a\0b", "holds a zero byte"),
        ("word", "\udcff", "is no Unicode text"),
        ("whole", "0", "is not from 1 to 10"),
        ("whole", "11", "is not from 1 to 10"),
        ("whole", "1.0", "is not a whole number of 32 bits"),
        ("whole", "\u0665", "is not a whole number of 32 bits"),
        ("whole", "2147483648", "is not a whole number of 32 bits"),
        ("big", "-1", "is not from 0 to any"),
        ("big", str(2**63), "is not a whole number of 64 bits"),
        ("part", "1.5", "is not from anything to 1"),
        ("part", "nan", "is not a number"),
        ("part", "1e999", "is not a number"),
        ("truth", "1", "is not true or false"),
        ("step", "30s", "is not from 60 to 3600"),
    ],
)
def test_refusals(name, text, said):
    with pytest.raises(AskError) as refused:
        asked(**{f"{name}_": [text]})
    assert (refused.value.status, refused.value.outcome) == (400, "refused")
    assert refused.value.problems[0].startswith(f"{name}: {said}")


def test_everything_that_is_wrong_is_told_at_once():
    with pytest.raises(AskError, match="4 things are wrong") as refused:
        asked(whole=["1", "2"], part=["x"], hwole=["1"], word=[])
    assert refused.value.problems == (
        "'hwole': is unknown; did you mean whole?",
        "word: is missing",
        "whole: is given 2 times",
        "part: is not a number such as 2.5",
    )


def test_a_range_that_is_too_long():
    with pytest.raises(AskError, match="is more than 1 days after from") as refused:
        asked(Bounds(longest_range=timedelta(days=1)), from_=["2026-03-02T10:00:00Z"])
    assert refused.value.status == 413


def test_a_range_that_ends_now_is_put_on_a_grid_and_another_is_not():
    bounds = Bounds(freshness=timedelta(seconds=10))
    live = asked(bounds, from_=["now-1h"], to_=["now"])
    assert (live["from"], live["to"]) == (
        datetime(2026, 3, 4, 11, 0, 0, tzinfo=UTC),
        datetime(2026, 3, 4, 12, 0, 0, tzinfo=UTC),
    )
    past = asked(bounds, from_=["2026-03-04T10:00:03Z"])
    assert past["from"] == datetime(2026, 3, 4, 10, 0, 3, tzinfo=UTC)


def test_a_bucket_without_a_range_cannot_be_derived():
    question = parse(
        "b",
        "-- ---\n-- title: B\n-- description: B\n-- format: table\n-- parameters:\n--   bucket: {type: interval}\n"
        "-- columns:\n--   n: {title: N, type: number}\n-- ---\nselect 1 as n where :bucket::interval > '0'\n",
        "b.sql",
    )
    with pytest.raises(AskError, match="bucket: is missing"):
        read(question, {}, NOW, Bounds())
    assert read(question, {"bucket": ["1m"]}, NOW, Bounds()) == {"bucket": timedelta(minutes=1)}


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*EVERY_TYPE.parameters, "else"]),
        st.lists(
            st.text(max_size=40)
            | st.integers().map(str)
            | st.floats().map(str)
            | st.datetimes().map(lambda at: f"{at.isoformat()}Z")
            | st.sampled_from(["now", "now-1h", "[]", '["a"]', "1h", "true"]),
            max_size=3,
        ),
    )
)
def test_whatever_comes_it_is_a_value_or_a_reason(given_):
    try:
        values = read(EVERY_TYPE, given_, NOW, Bounds())
    except AskError as refused:
        assert refused.status in (400, 413)  # noqa: PT017
        assert all(": " in one for one in refused.problems)  # noqa: PT017
    else:
        assert set(values) == set(EVERY_TYPE.parameters)
        assert values["from"] <= values["to"]
        assert 1 <= values["whole"] <= 10


@pytest.mark.parametrize(
    ("asked_for", "allowed", "values", "setting"),
    [
        (None, (), None, ""),
        (["a"], (), ["a"], ""),
        (None, ("a", "b"), ["a", "b"], f"a{SEPARATOR}b"),
        (["b", "c"], ("a", "b"), ["b"], "b"),
    ],
)
def test_tenants_are_narrowed(asked_for, allowed, values, setting):
    assert narrow(EVERY_TYPE, {"tenants": asked_for}, allowed) == ({"tenants": values}, setting)


def test_none_of_the_tenants():
    with pytest.raises(AskError, match="none of these tenants"):
        narrow(EVERY_TYPE, {"tenants": ["c"]}, ("a",))


@pytest.mark.parametrize(
    ("tenants", "said"),
    [
        (["a", "b c", "\u00fc"], ""),
        (["(none)"], "cannot hold (none)"),
        ([""], "must be printable"),
        (["a\x1fb"], "must be printable"),
        (["x" * 257], "must be printable"),
        (["a"] * 101, "are more than 100"),
    ],
)
def test_the_tenants_of_a_token(tenants, said):
    assert problem(tenants).startswith(said)
    assert bool(problem(tenants)) == bool(said)
