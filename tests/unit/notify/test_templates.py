"""Templates: overriding, escaping by dialect, limits, and what happens when one fails."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import DictLoader

from fraiseql_observe.errors import TemplateError
from fraiseql_observe.incident.model import Severity, State
from fraiseql_observe.notify.context import context
from fraiseql_observe.notify.examples import EXAMPLES, example
from fraiseql_observe.notify.rendering import Rendering
from fraiseql_observe.notify.templates import BUILT_IN, Templates, built_in_names

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOSTILE = "<!here> & <x> *b* \u202e\n\x07"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "templates"


@pytest.fixture
def write(folder):
    def write(text, name="own.txt.j2"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return Templates(folder)

    return write


@pytest.mark.parametrize("name", built_in_names())
def test_every_built_in_template_is_well_formed(name, folder):
    path = folder / name
    path.parent.mkdir(parents=True)
    path.write_text((BUILT_IN / name).read_text())
    assert Templates(folder).check() == []


def test_a_users_file_replaces_the_built_in_one_and_may_include_others(write, folder):
    write("{% import 'parts.txt.j2' as parts %}{{ parts.line(title) }}", "slack/header.txt.j2")
    templates = write("{% macro line(x) %}our {{ x }}{% endmacro %}", "parts.txt.j2")
    assert templates.render("slack/header.txt.j2", {"title": "own"}) == "our own"
    assert templates.check() == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("x.html.j2", "&lt;!here&gt; &amp; &lt;x&gt; *b*"),
        ("x.mrkdwn.j2", "&lt;!here&gt; &amp; &lt;x&gt; \u2060*b\u2060*"),
        ("x.txt.j2", "<!here> & <x> *b*"),
        ("x.json.j2", HOSTILE),
    ],
)
def test_the_ending_says_how_values_are_escaped(write, name, shown):
    templates = write("{{ value }}|{{ value ~ '!' }}|{% set v = value %}{{ v }}", name)
    first, second, third = templates.render(name, {"value": HOSTILE}).split("|")
    assert first.strip() == third.strip() == shown.strip()
    assert second.endswith("!")
    assert "<!here>" not in second or name.endswith((".txt.j2", ".json.j2"))


def test_macros_and_joins_are_escaped_once(write):
    templates = write("{% macro m(x) %}<b>{{ x }}</b>{% endmacro %}{{ m(v) ~ v }}{{ [v, v] | join('<') }}", "x.html.j2")
    assert templates.render("x.html.j2", {"v": "&"}) == "<b>&amp;</b>&amp;&amp;&lt;&amp;"


USEFUL = {
    "{{ at | time }} {{ at | time('iso') }} {{ none | time }}": "2026-03-02 12:00 UTC 2026-03-02T12:00:00+00:00 ",
    "{{ 'a long text' | cut(6) }}": "a lon…",
    "{{ 2.345 | round(1) }}": "2.3",
    "{{ labels.get('team', 'nobody') }} {{ labels['job'] }} {{ labels | tojson }}": 'nobody api {"job": "api"}',
    "{{ 'x' | replace('x', 'yy') }} {{ 'a,b'.split(',') | last }} {{ severity }}": "yy b critical",
    "{% for i in range(3) %}{{ loop.index }}{% endfor %} {{ 7 // 2 + 1 - 1 }} {{ 'a' + 'b' }} {{ [1] + [2] }}": (
        "123 3 ab [1, 2]"
    ),
    "{{ [label] | join(', ', attribute='job') }}": "api",
    "{{ {'at': at, 'who': who} | tojson }}": (
        '{"at": "2026-03-02T12:00:00+00:00", "who": {"address": "", "name": "Ada", "source": "console"}}'
    ),
    "{{ {'x': state} | tojson }}": '{"x": "firing"}',
    "{{ [none] | tojson }}": "[null]",
    "{{ {'other': other} | tojson }}": '{"other": "1+2j"}',
}


@pytest.mark.parametrize("text", USEFUL)
def test_what_templates_are_for(write, text):
    from fraiseql_observe.incident.model import Actor  # noqa: PLC0415

    variables = {
        "at": NOW,
        "labels": MappingProxyType({"job": "api"}),
        "label": {"job": "api"},
        "severity": Severity.CRITICAL,
        "state": State.FIRING,
        "who": Actor("Ada", "console"),
        "other": Other(),
    }
    assert write(text).render("own.txt.j2", variables) == USEFUL[text]


class Other:
    def __str__(self):
        return "1+2j"


def test_slack_links_are_safe_or_plain(write):
    templates = write("{{ good | link('a<b') }} {{ bad | link('c') }}", "x.mrkdwn.j2")
    shown = templates.render("x.mrkdwn.j2", {"good": "https://x.example/?a=1&b=2", "bad": "javascript:x"})
    assert shown == "<https://x.example/?a=1&amp;b=2|a&lt;b> c"


ENDLESS = {
    "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}": "turns of loops",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}": "calls itself",
    "{% include 'own.txt.j2' %}": "calls itself",
    "{{ range(10**7) }}": "not allowed",
    "{{ range(99999) }}": "range of more",
    "{{ 'a' * 10 ** 9 }}": "not allowed",
    "{{ 2 ** 2 ** 40 }}": "not allowed",
    "{{ '%999999999d' % 1 }}": "not allowed",
    "{{ '{:999999999}'.format(1) }}": "unsafe",
    "{{ 'x'.center(10) }}": "unsafe",
    "{{ title.__class__.__mro__ }}": "unsafe",
    "{{ lipsum(n=9) }}": "undefined",
    "{{ 'x' | center(9) }}": "No filter",
    "{% set n = namespace(a='ab') %}{% for i in range(99) %}{% set n.a = n.a ~ n.a %}{% endfor %}": "characters",
    "{% set n = namespace(a='ab') %}{% for i in range(99) %}{% set n.a = n.a + n.a %}{% endfor %}": "characters",
    "{% set n = namespace(a='ab') %}{% for i in range(99) %}{% set n.a = [n.a, n.a] | join %}{% endfor %}": (
        "characters"
    ),
    "{% set n = namespace(a='aa') %}{% for i in range(99) %}{% set n.a = n.a | replace('a', 'aaaa') %}{% endfor %}": (
        "characters"
    ),
    "{% set n = namespace(a='ab') %}{% for i in range(99) %}{% set x %}{{ n.a }}{{ n.a }}{% endset %}"
    "{% set n.a = x %}{% endfor %}": "characters",
    "{% for i in range(9999) %}{% set x %}" + "x" * 500 + "{% endset %}{% endfor %}": "characters",
    "{% set n = namespace(a=[1]) %}{% for i in range(99) %}{% set n.a = n.a + n.a %}{% endfor %}": "list of more",
    "{% set n = namespace(a=9) %}{% for i in range(99) %}{% set n.a = n.a * n.a %}{% endfor %}": "number beyond",
    "{% set n = namespace(a='ab') %}{% for i in range(99) %}{% set n.a = [n.a, n.a] %}{% endfor %}": "that holds",
    "{% set n = namespace(a='ab') %}{% for i in range(99) %}{% set n.a = (n.a, n.a) %}{% endfor %}": "that holds",
    "{% set n = namespace(a='ab') %}{% for i in range(99) %}{% set n.a = {1: n.a, 2: n.a} %}{% endfor %}": "that holds",
    "{% set n = namespace(a=[1]) %}{% for i in range(99) %}{% set n.a = [n.a] + [n.a] %}{% endfor %}": "that holds",
    "{% set r = range(9999) %}{{ [" + "r," * 900 + "] | map('list') | list }}": "that holds",
    "{% set r = range(999) | list %}{{ [" + "0," * 9999 + "] | map('default', r, true) | list }}": "that holds",
    "{% set r = range(999) | list %}{{ [" + "0," * 9999 + "] | map('default', r, true) | sort }}": "that holds",
    "{% set r = range(999) | list %}{{ [" + "0," * 9999 + "] | map('default', r, true) | groupby(0) }}": "that holds",
    "{{ [[1], [2]] | sum(start=[]) }}": "only numbers",
    "{% set n = namespace(a='ab') %}{% for i in range(17) %}{% set n.a = n.a ~ n.a %}{% endfor %}"
    "{{ range(9999) | join(n.a) }}": "characters",
    "x" * 70_000: "larger than",
}


@pytest.mark.parametrize("text", ENDLESS)
def test_a_template_that_wants_too_much_is_ended_with_a_sentence(write, text, monkeypatch):
    monkeypatch.setattr("fraiseql_observe.notify.sandbox.SECONDS", 60.0)  # by what it wants, not by its time
    with pytest.raises(TemplateError) as caught:
        write(text).render("own.txt.j2", {"title": "x"})
    assert ENDLESS[text] in caught.value.message
    assert "own.txt.j2" in caught.value.message


def test_what_holds_itself_or_twice_the_same_is_written_short(write):
    twice = "{% set a = namespace() %}" + "{% set a = namespace(x=a, y=a) %}" * 40 + "{{ a }} {{ [a] | tojson }}"
    itself = "{% set n = namespace() %}{% set n.a = [n] %}{{ n.a }}"
    assert write(twice + itself).render("own.txt.j2", {}) == 'namespace ["namespace"][namespace]'


def test_lists_are_still_made_sorted_grouped_and_summed(write):
    text = (
        "{% for a, b in [(2, 'x'), (1, 'y')] | sort %}{{ a }}{{ b }}{% endfor %} {{ [1, 2] + [3] }} {{ [1, 2] | sum }} "
        "{{ {'a': [1]} | tojson }} {{ [{'n': 1}, {'n': 2}] | sum('n') }} {{ 'ab' | list }} "
        "{% for name, group in [{'n': 1}] | groupby('n') %}{{ name }}{{ group | length }}{% endfor %}"
    )
    shown = write(text).render("own.txt.j2", {})
    assert shown == "1y2x [1, 2, 3] 3 {\"a\": [1]} 3 ['a', 'b'] 11"


def test_time_is_limited_too(write, monkeypatch):
    monkeypatch.setattr("fraiseql_observe.notify.sandbox.SECONDS", -1.0)
    with pytest.raises(TemplateError, match="takes more than"):
        write("{{ title }}").render("own.txt.j2", {"title": "x"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("one\n\n{{ nope }}", "own.txt.j2, line 3: 'nope' is undefined."),
        ("{{ labels.nope }}", "own.txt.j2, line 1: 'dict object' has no attribute 'nope'."),
        ("one\n{% if %}", "own.txt.j2, line 2: Expected an expression"),
        ("{{ 1 / 0 }}", "own.txt.j2, line 1: division by zero."),
        ("{% include 'other.txt.j2' %}", "own.txt.j2, line 1: there is no template other.txt.j2."),
        ("{{ 'x' + 1 }}", "own.txt.j2, line 1: can only concatenate"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(write, text, said):
    with pytest.raises(TemplateError) as caught:
        write(text).render("own.txt.j2", {"labels": {}})
    assert said in caught.value.message


def test_a_broken_template_of_the_users_gives_way_to_the_built_in_one(write, caplog):
    templates = write("{{ nope }}", "slack/header.txt.j2")
    variables = {**context(example("critical", State.FIRING, NOW)), "icon": ":x:"}
    notices: list[str] = []
    for _ in range(2):
        assert templates.render("slack/header.txt.j2", variables, notices).startswith(":x: CRITICAL")
    assert "line 1: 'nope' is undefined. The built-in template was used instead." in notices[0]
    assert len(caplog.records) == 1, "the log says it once"
    assert templates.render("slack/header.txt.j2", variables)


def test_a_template_that_does_not_exist_is_an_error(folder):
    for templates in (Templates(), Templates(folder)):
        with pytest.raises(TemplateError, match="there is no template"):
            templates.render("nope.txt.j2", {})
    with pytest.raises(TemplateError, match="must end in one of"):
        Templates().render("nope.j2", {})
    with pytest.raises(TemplateError):
        Templates().render("../../secrets.txt.j2", {})


def test_the_check_finds_broken_and_misnamed_files(write, folder):
    assert Templates().check() == []
    assert "does not exist" in Templates(folder).check()[0]
    write("{% if %}", "slack/body.mrkdwn.j2")
    write("x", "slack/haeder.txt.j2")
    write("x", "odd.j2")
    templates = write("x", "mine/part.txt.j2")
    odd, broken, misnamed = templates.check()
    assert "must end in one of" in odd
    assert "body.mrkdwn.j2, line 1" in broken
    assert misnamed == "slack/haeder.txt.j2 replaces no built-in template; did you mean slack/header.txt.j2?"


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_whatever_a_template_says_it_ends_in_text_or_in_a_sentence(text):
    rendering = Rendering(DictLoader({"x.txt.j2": "{{" + text + "}}"}))
    with suppress(TemplateError):
        assert isinstance(rendering.render("x.txt.j2", {"title": "x"}), str)


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("state", State)
def test_examples_use_every_variable_that_is_documented(name, state):
    variables = context(example(name, state, NOW))
    assert variables["state"] == state.value
    assert variables["headline"] in {"firing", "acknowledged", "resolved"}
    assert len(variables["alerts"]) == variables["total"]
