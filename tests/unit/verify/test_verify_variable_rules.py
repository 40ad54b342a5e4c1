"""Which values a variable offers and which one is selected."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from fraiseql_observe.errors import VerifyError
from fraiseql_observe.verify.options import Option, custom_options, filter_options, sort_options
from fraiseql_observe.verify.timing import parse_window
from fraiseql_observe.verify.variables import Variable, in_order, parse_variable, resolve, selected

if TYPE_CHECKING:
    from fraiseql_observe.verify.interpolate import Value

WINDOW = parse_window("now-6h", "now", datetime(2030, 1, 1, tzinfo=UTC))
ABC = tuple(Option(letter, letter.upper()) for letter in "abc")


def plain(*texts: str) -> tuple[Option, ...]:
    return tuple(Option(text, text) for text in texts)


def values(options: tuple[Option, ...]) -> list[str]:
    return [option.value for option in options]


def chosen(raw: dict[str, Any], options: tuple[Option, ...] = ABC, *insisted: str) -> Value:
    return selected(parse_variable({"name": "v", "type": "query", **raw}), options, WINDOW, insisted)


def test_custom_options():
    assert custom_options(r"a, b , Label : value,x\,y") == (
        Option("a", "a"), Option("b", "b"), Option("value", "Label"), Option("x,y", "x,y"),
    )  # fmt: skip
    assert custom_options("") == ()


def test_custom_options_as_json():
    assert custom_options('["a", {"value": "b", "text": "B"}, {"value": 3}]', as_json=True) == (
        Option("a", "a"), Option("b", "B"), Option("3", "3"),
    )  # fmt: skip
    with pytest.raises(VerifyError, match="not JSON"):
        custom_options("[", as_json=True)
    with pytest.raises(VerifyError, match="not JSON"):
        custom_options('{"a": 1}', as_json=True)


@pytest.mark.parametrize(
    ("pattern", "kept"),
    [
        ("", ["web-1", "web-2", "db-1"]),
        ("/web/", ["web-1", "web-2"]),
        ("web-.", ["web-1", "web-2"]),
        ("web", []),
        ("/^WEB/i", ["web-1", "web-2"]),
        (r"/web-(\d)/", ["1", "2"]),
        (r"/(?<text>\w+)-(?<value>\d)/", ["1", "2"]),
        (r"/(?<text>web)/", ["web"]),
        (r"/([a-z])/g", ["w", "e", "b", "d"]),
    ],
)
def test_regular_expressions_filter_and_rename(pattern, kept):
    assert values(filter_options(plain("web-1", "web-2", "db-1", "web-1"), pattern)) == kept


def test_a_regular_expression_may_look_at_the_text():
    assert values(filter_options(ABC, "/B/", on_text=True)) == ["b"]
    assert filter_options(plain("web-1"), r"/(?<text>\w+)-(?<value>\d)/") == (Option("1", "web"),)


def test_a_malformed_regular_expression_is_named():
    with pytest.raises(VerifyError, match="malformed"):
        filter_options(ABC, "/(/")


@pytest.mark.parametrize(
    ("order", "result"),
    [
        (0, ["b10", "B2", "a", "b9"]),
        (1, ["B2", "a", "b10", "b9"]),
        (2, ["b9", "b10", "a", "B2"]),
        (3, ["a", "B2", "b9", "b10"]),
        (4, ["b10", "b9", "B2", "a"]),
        (5, ["a", "b10", "B2", "b9"]),
        (7, ["a", "B2", "b9", "b10"]),
        (8, ["b10", "b9", "B2", "a"]),
        (99, ["b10", "B2", "a", "b9"]),
    ],
)
def test_sort_orders(order, result):
    assert values(sort_options(plain("b10", "B2", "a", "b9"), order)) == result


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ({}, "a"),
        ({"current": {}}, "a"),
        ({"current": None}, "a"),
        ({"current": {"value": "b"}}, "b"),
        ({"current": {"value": "gone"}}, "a"),
        ({"current": {"value": "$__all"}}, "a"),
        ({"multi": True}, ("a",)),
        ({"multi": True, "current": {"value": ["b", "gone", "c"]}}, ("b", "c")),
        ({"multi": True, "includeAll": True}, ("a", "b", "c")),
        ({"includeAll": True}, ("a", "b", "c")),
        ({"includeAll": True, "current": {"value": "gone"}}, ("a", "b", "c")),
        ({"multi": True, "includeAll": True, "current": {"value": ["$__all"]}}, ("a", "b", "c")),
        ({"multi": True, "includeAll": True, "current": {"value": "All"}}, ("a", "b", "c")),
        ({"multi": True, "includeAll": True, "current": {"value": ["b"]}}, ("b",)),
        ({"includeAll": True, "allValue": ".*"}, ".*"),
    ],
)
def test_selection(raw, value):
    assert chosen(raw).value == value


def test_only_a_custom_all_value_is_verbatim():
    assert chosen({"includeAll": True, "allValue": ".*"}).verbatim
    assert not chosen({"includeAll": True}).verbatim
    assert chosen({"includeAll": True}).text == "All"
    assert chosen({"current": {"value": "b"}}).text == "B"


def test_without_options():
    assert chosen({}, ()).value == ""
    assert chosen({"multi": True}, ()).value == ()
    assert chosen({"includeAll": True}, ()).value == ()


def test_the_user_may_insist_on_what_is_not_offered():
    assert chosen({}, ABC, "x").value == "x"
    assert chosen({"multi": True}, ABC, "x", "b").value == ("x", "b")
    assert chosen({"multi": True, "includeAll": True, "current": {"value": ["b"]}}, ABC, "All").value == ("a", "b", "c")


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ({"type": "interval", "query": "1m,5m"}, "1m"),
        ({"type": "interval", "query": ""}, "1m"),
        ({"type": "interval", "query": "1m", "current": {"value": "5m"}}, "5m"),
        ({"type": "interval", "query": "1m", "current": {"value": "$__auto"}}, "10m"),
        ({"type": "interval", "auto_count": 10, "auto_min": "1h", "current": {"value": "$__auto_interval_v"}}, "1h"),
        ({"type": "constant", "query": "c", "current": {"value": "old"}}, "c"),
        ({"type": "textbox", "query": "t"}, "t"),
        ({"type": "textbox", "query": "t", "current": {"value": "typed"}}, "typed"),
        ({"type": "datasource", "query": "prometheus"}, "prometheus"),
        ({"type": "datasource", "query": "prometheus", "current": {"value": "uid"}}, "uid"),
        ({"type": "switch", "current": {"value": True}}, "True"),
    ],
)
def test_variables_that_ask_nobody(raw, value):
    assert chosen(raw, ()).value == value
    assert chosen(raw, (), "insisted").value == "insisted"


@pytest.mark.parametrize(
    ("query", "text"),
    [
        (None, ""),
        ("label_values(up, job)", "label_values(up, job)"),
        ({"query": "metrics(x)", "refId": "A"}, "metrics(x)"),
        ({"rawSql": "select 1"}, "select 1"),
        ({"qryType": 3, "varQuery": "up"}, "query_result(up)"),
        ({"qryType": 1, "label": "job"}, "label_values(job)"),
        ({"qryType": 1, "label": "job", "metric": "up"}, "label_values(up, job)"),
        (
            {"qryType": 1, "label": "job", "metric": "up", "labelFilters": [{"label": "a", "op": "=~", "value": "b"}]},
            'label_values(up{a=~"b"}, job)',
        ),
        ({"qryType": 4, "seriesQuery": "up"}, "up"),
        ({"qryType": 5, "classicQuery": "label_values(job)"}, "label_values(job)"),
        ({"qryType": 2, "metric": "up.*"}, "metrics(up.*)"),
        ({"qryType": 0}, "label_names()"),
        ({"qryType": 0, "match": "up"}, "label_names(up)"),
    ],
)
def test_queries_are_read_however_they_were_saved(query, text):
    assert parse_variable({"name": "v", "type": "query", "query": query}).query == text


def test_the_order_follows_dependencies():
    a, b, c = (Variable(name, "query", query) for name, query in (("a", "x($b)"), ("b", "y([[c]])"), ("c", "z($a_)")))
    assert [each.name for each in in_order([a, b, c])] == ["c", "b", "a"]
    alone = Variable("self", "query", "x($self)")
    assert in_order([alone]) == (alone,)


def test_variables_that_depend_on_each_other_are_named():
    circle = [Variable("a", "query", "$b"), Variable("b", "query", "", regex="/$a/")]
    with pytest.raises(VerifyError, match="a, b depend on each other"):
        in_order(circle)


def test_resolving_hands_on_values_and_collects_problems():
    asked: list[str] = []

    def ask(variable, scope):
        asked.append(variable.name)
        if variable.name == "broken":
            raise VerifyError("it broke")
        return plain(f"{scope['a'].value}!") if "a" in scope else plain("1")

    declared = [
        Variable("b", "query", "x($a)"),
        Variable("a", "query", "x"),
        Variable("broken", "query", "x"),
        Variable("empty", "query", "x", regex="/nothing/"),
        Variable("kept", "query", "x", refresh=0, saved=plain("saved")),
        Variable("insisted", "query", "x", regex="/nothing/"),
        Variable("c", "custom", "$a, 2"),
    ]
    resolved = resolve(declared, ask, WINDOW, {"insisted": ["i"]})
    assert resolved.scope["b"].value == "1!"
    assert resolved.scope["kept"].value == "saved"
    assert resolved.scope["c"].value == "1"
    assert resolved.scope["insisted"].value == "i"
    assert resolved.problems == {"broken": "it broke", "empty": "it offers no value"}
    assert "kept" not in asked
