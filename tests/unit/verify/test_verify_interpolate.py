"""Interpolation writes what Grafana writes."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraiseql_observe.verify.interpolate import Value, for_postgres, for_prometheus, formatted, interpolate, names_in

ONE = Value("a'b", text="A")
TWO = Value(("a.b", 'c"d'), text="x + y", multi=True)
TIME = Value("1700000000123")
words = st.text(min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("form", "one", "two"),
    [
        ("", "a'b", '{a.b,c"d}'),
        ("glob", "a'b", '{a.b,c"d}'),
        ("no_such_format", "a'b", '{a.b,c"d}'),
        ("raw", "a'b", 'a.b,c"d'),
        ("csv", "a'b", 'a.b,c"d'),
        ("pipe", "a'b", 'a.b|c"d'),
        ("regex", "a'b", '(a\\.b|c"d)'),
        ("json", "a'b", '["a.b","c\\"d"]'),
        ("text", "A", "x + y"),
        ("html", "a&#x27;b", "a.b, c&quot;d"),
        ("lucene", "a'b", '("a.b" OR "c\\"d")'),
        ("percentencode", "a%27b", "%7Ba.b%2Cc%22d%7D"),
        ("singlequote", "'a\\'b'", "'a.b','c\"d'"),
        ("doublequote", '"a\'b"', '"a.b","c\\"d"'),
        ("sqlstring", "'a''b'", "'a.b','c\\\"d'"),
        ("join", "a'b", 'a.b,c"d'),
        ("join:;", "a'b", 'a.b;c"d'),
        ("queryparam", "var-v=a%27b", "var-v=a.b&var-v=c%22d"),
        ("distributed", "a'b", 'a.b,v=c"d'),
    ],
)
def test_formats(form, one, two):
    assert formatted(ONE, form, "v") == one
    assert formatted(TWO, form, "v") == two
    if form:
        assert interpolate(f"${{v:{form}}}", {"v": TWO}) == two


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("date", "2023-11-14T22:13:20.123Z"),
        ("date:iso", "2023-11-14T22:13:20.123Z"),
        ("date:seconds", "1700000000"),
        ("date:ms", "1700000000123"),
        ("date:YYYY-MM-DD", "2023-11-14"),
        ("date:YYYY-MM-DD HH:mm:ss", "2023-11-14 22:13:20"),
    ],
)
def test_dates(form, text):
    assert interpolate(f"${{__from:{form}}}", {"__from": TIME}) == text


def test_what_is_no_date_is_not_a_number():
    assert formatted(Value("soon"), "date") == "NaN"
    assert formatted(Value(()), "date:iso") == "NaN"


@pytest.mark.parametrize("form", ["$v", "${v}", "[[v]]", "${v:raw}", "[[v:raw]]", "${v.field}"])
def test_every_way_to_write_a_variable(form):
    assert interpolate(f"<{form}>", {"v": Value("x")}) == "<x>"
    assert names_in(f"<{form}>") == {"v"}


def test_unknown_variables_stay():
    assert interpolate("$a ${b:csv} [[c]] $__timeFrom() $1", {"d": ONE}) == "$a ${b:csv} [[c]] $__timeFrom() $1"


def test_a_custom_all_value_is_sent_as_it_is_and_may_name_variables():
    everything = Value(".+$other", text="All", verbatim=True)
    scope = {"v": everything, "other": Value("x.y")}
    assert interpolate("$v", scope, for_prometheus) == ".+x.y"
    assert interpolate("${v:regex}", scope) == ".+x.y"
    assert interpolate("${v:text}", scope) == "All"
    assert interpolate("${v:percentencode}", {"v": Value(".+", verbatim=True)}) == ".%2B"


def test_a_custom_all_value_that_names_itself_ends():
    assert interpolate("$v", {"v": Value("a$v", verbatim=True)}).endswith("a$v")


def test_prometheus_escapes_what_it_puts_into_regular_expressions():
    assert interpolate("$v", {"v": Value("a.b", multi=True)}, for_prometheus) == r"a\\.b"
    assert interpolate("$v", {"v": Value("a.b", include_all=True)}, for_prometheus) == r"a\\.b"
    assert interpolate("$v", {"v": Value("a.b")}, for_prometheus) == "a.b"
    assert interpolate("$v", {"v": Value(("a|b",), multi=True)}, for_prometheus) == r"a\\|b"
    assert interpolate("$v", {"v": Value(("a", "b"))}, for_prometheus) == "(a|b)"
    assert interpolate("$v", {"v": Value((), multi=True)}, for_prometheus) == "()"
    assert interpolate("$v", {"v": Value("a\\b'c")}, for_prometheus) == r"a\\b\\'c"
    assert interpolate("${v:csv}", {"v": Value(("a", "b"))}, for_prometheus) == "a,b"


def test_postgres_quotes_what_may_be_several():
    assert interpolate("$v", {"v": Value("it's")}, for_postgres) == "it''s"
    assert interpolate("$v", {"v": Value("it's", multi=True)}, for_postgres) == "'it''s'"
    assert interpolate("$v", {"v": Value(("a", "it's"))}, for_postgres) == "'a','it''s'"
    assert interpolate("$v", {"v": Value(())}, for_postgres) == ""


def test_lucene_of_nothing():
    assert formatted(Value(()), "lucene") == "__empty__"


@given(st.lists(words, min_size=1, max_size=5))
def test_a_prometheus_regex_matches_exactly_its_values(values):
    written = for_prometheus(Value(tuple(values), multi=True))
    pattern = re.compile(written.replace("\\\\", "\\"))  # what remains after the PromQL string is read
    assert all(pattern.fullmatch(value) for value in values)
    assert not pattern.fullmatch("".join(values) + "!")


@given(words)
def test_sql_literals_never_end_early(value):
    written = for_postgres(Value((value,)))
    assert written[0] == written[-1] == "'"
    assert written[1:-1].replace("''", "") == value.replace("'", "")


@given(st.lists(words, min_size=1))
def test_json_and_percent_encoding_can_be_read_back(values):
    assert json.loads(formatted(Value(tuple(values)), "json")) == values
    assert unquote(formatted(Value(tuple(values)), "percentencode")) == "{" + ",".join(values) + "}"


@given(st.text(max_size=200), st.dictionaries(st.from_regex(r"\w{1,5}", fullmatch=True), words, max_size=3))
def test_any_text_can_be_interpolated(text, scope):
    out = interpolate(text, {name: Value(value) for name, value in scope.items()}, for_postgres)
    if not names_in(text) & scope.keys():
        assert out == text


@given(words)
def test_text_without_variables_is_untouched(text):
    plain = text.replace("$", "").replace("[[", "")
    assert interpolate(plain, {"v": ONE}) == plain
