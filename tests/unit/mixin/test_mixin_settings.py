"""A user's settings are checked before anything is rendered, and what is wrong is said where it stands."""

from __future__ import annotations

import json

import pytest

from fraiseql_observe.config import document
from fraiseql_observe.errors import ConfigError, JsonnetError
from fraiseql_observe.mixin import engine, kinds, knobs, settings

WRONG = """\
flavour: v3
scrapeInterval: 5 minutes
fraiseqlSelector: ""
alerts:
  HighErrorRat: {enabled: false}
  HighLatency:
    thresholds: {critical: high}
    window: null
slo:
  latency: {objective: 99}
deploy: 5
"""


def refused(tmp_path, text, name="my.yaml"):
    file = tmp_path / name
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        settings.load(file)
    return caught.value


def test_every_problem_is_told_with_its_line_and_what_is_wanted(tmp_path):
    error = refused(tmp_path, WRONG)
    file = tmp_path / "my.yaml"
    assert error.message.splitlines() == [
        f'{file}:1: flavour is "v3", which is not one of v1, v2',
        f'{file}:2: scrapeInterval is "5 minutes", which is not a duration above 0, in seconds or as "5m"',
        f'{file}:3: fraiseqlSelector is "", which is not label matchers that select the series, such as job="fraiseql"',
        f"{file}:5: there is no key alerts.HighErrorRat",
        (
            f'{file}:7: alerts.HighLatency.thresholds is {{"critical": "high"}}, '
            "which is not a map from severities (critical, warning, info) to numbers from 0, or null"
        ),
        f'{file}:8: alerts.HighLatency.window is null, which is not a duration above 0, in seconds or as "5m"',
        f"{file}:10: slo.latency.objective is 99, which is not a share from 0 to 1",
        f"{file}:11: deploy is 5, which is not a mapping",
    ]
    assert error.hint == "did you mean alerts.HighErrorRate? All keys are in docs/reference/config.md"


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("flavor", "flavour"),
        ("dashboards: {compliace", "dashboards.compliance"),
        ("refresh", "dashboards.refresh"),
        ("zzzzzz", None),
    ],
)
def test_the_nearest_key_is_suggested(tmp_path, key, near):
    hint = refused(tmp_path, f"{key}: 1" + "}" * key.count("{")).hint
    assert hint.startswith(f"did you mean {near}?" if near else "all keys")


@pytest.mark.parametrize("text", ["- a list", "just text", "a: {", "a: b: c", "\t"])
def test_what_is_no_mapping_is_refused(tmp_path, text):
    assert "my.yaml" in refused(tmp_path, text).message


@pytest.mark.parametrize("text", ["flavour: !foo v1", "flavour: !!python/object/new:os.system [true]"])
def test_a_tag_constructs_nothing(tmp_path, text):
    message = refused(tmp_path, text).message
    assert message.startswith(f"{tmp_path / 'my.yaml'}:1: the tag ")
    assert message.endswith(" is not allowed")


def test_a_key_given_twice_is_refused_with_both_lines(tmp_path):
    error = refused(tmp_path, "slo:\n  period: 60\n  period: 120\n")
    assert error.message == f"{tmp_path / 'my.yaml'}:3: slo.period: is given a second time, first on line 2"


@pytest.mark.parametrize("number", [".inf", ".nan", "-.inf"])
def test_a_number_has_an_end(tmp_path, number):
    assert "which is not a number above 0" in refused(tmp_path, f"timeScale: {number}").message


def test_a_key_like_no_other_gets_no_suggestion(tmp_path):
    assert "did you mean" not in refused(tmp_path, "nope: 1").hint


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "my.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        settings.load(tmp_path / "my.yaml")


def test_a_huge_file_is_refused(tmp_path):
    assert "larger than" in refused(tmp_path, "#" * (document.MAX_BYTES + 1)).message


def test_an_empty_file_changes_nothing(tmp_path):
    (tmp_path / "my.yaml").write_text("# nothing yet\n")
    assert settings.load(tmp_path / "my.yaml") == {}


def test_durations_become_seconds():
    given = {"scrapeInterval": "1m30s", "alerts": {"HighLatency": {"for": "2m", "keepFiringFor": None}}}
    assert settings.check(given) == {
        "scrapeInterval": 90,
        "alerts": {"HighLatency": {"for": 120, "keepFiringFor": None}},
    }


def test_json_is_yaml(tmp_path):
    (tmp_path / "my.json").write_text(json.dumps({"flavour": "v2"}))
    assert settings.load(tmp_path / "my.json") == {"flavour": "v2"}


def test_a_severity_may_be_added():
    given = {"alerts": {"SlowQueryRate": {"thresholds": {"critical": 0.5}}}}
    assert settings.check(given) == given


def test_the_shipped_configuration_is_valid():
    assert settings.check(knobs.defaults()) == knobs.defaults()


def test_every_default_has_a_knob_with_unit_and_example():
    defaults = knobs.defaults()
    declared = {path for knob in knobs.read() if kinds.of(knob.unit) for path in knobs.expand(knob, defaults)}

    def leaves(value, path=()):
        for name, inner in value.items():
            here = (*path, name)
            if here in declared:
                continue
            if isinstance(inner, dict) and inner:
                yield from leaves(inner, here)
            else:
                yield ".".join(here)

    assert list(leaves(defaults)) == []


def test_every_knob_is_documented_and_exists():
    defaults = knobs.defaults()
    for knob in knobs.read():
        assert knob.description, knob.name
        assert knob.unit, knob.name
        assert knob.example, knob.name
        assert knobs.expand(knob, defaults), knob.name
        parent = defaults
        for step in knob.path:
            parent = parent.get(step, {}) if step != knobs.ANY else next(iter(parent.values()))
            assert parent is not None or step == knob.path[-1], knob.name


def test_every_example_is_accepted():
    for knob in knobs.read():
        value = engine.evaluate(knob.example, engine.library())
        kind = kinds.of(knob.unit)
        if kind is not None:
            assert kind.accepts(value), knob.name
        elif isinstance(value, dict):
            nested = value
            for step in reversed(knob.path):
                nested = {step: nested}
            settings.check(nested)


def test_a_jsonnet_file_is_checked_by_what_it_makes(tmp_path):
    file = tmp_path / "my.libsonnet"
    file.write_text("{ alerts+: { HighLatency+: { thresholds+: { critical: super.warning * 3 } } } }")
    settings.check_jsonnet(file)
    file.write_text("{ flavor: 'v2' }")
    with pytest.raises(ConfigError, match="there is no key flavor"):
        settings.check_jsonnet(file)
    file.write_text("{ flavour: }")
    with pytest.raises(JsonnetError, match=r"my\.libsonnet:1"):
        settings.check_jsonnet(file)


@pytest.mark.parametrize(
    ("unit", "right", "wrong"),
    [
        ("seconds", [1, 0.5], [0, -1, "1 hour", True, None]),
        ("seconds or null", [None, 5], [0]),
        ("label name", ["pod"], ["", "1pod", "a-b", 5]),
        ("list of label names", [["a"], []], ["a", [1]]),
        ("PromQL matchers", ['job="a"', 'job=~"a|b", x!="y"', r'a="say \"hi\""'], ["", "job", '{job="a"}', "job=a", 5]),
        ("regular expression", [".+"], ["", "(", 5]),
        ("true or false", [True, False], [1, "true", None]),
        ("URL", ["https://a.example"], ["a.example", "ftp://a", "https://", 5]),
        ("URL or ''", ["", "http://a"], ["a"]),
        ("factor", [0.5], [0, "2"]),
        ("share", [0, 1, 0.5], [1.5, -0.1, "5%"]),
        ("number (per second)", [-1], ["1"]),
        ("count (bytes)", [0, 5], [1.5, -1]),
        ("thresholds", [{"warning": 1, "critical": None}], [{"page": 1}, {"info": "x"}, 5]),
        ("severity", ["critical", "none"], ["page"]),
        ("v1 or v2", ["v1"], ["v3", 1]),
        ("text", ["a"], ["", 5]),
        ("list of texts", [["a"]], [[""], "a"]),
        ("map of texts", [{"a": "b"}, {}], [{"a": 1}]),
        ("address", ["a:1"], [""]),
        ("list of addresses", [["a:1"]], ["a:1"]),
        ("list of objects", [[{}]], [[1]]),
        ("receiver of Alertmanager", [{}, {"email_configs": [{}]}], [{"name": "mine"}, {"email_configs": {}}, []]),
    ],
)
def test_a_unit_says_what_is_accepted(unit, right, wrong):
    kind = kinds.of(unit)
    assert [value for value in right if not kind.accepts(value)] == []
    assert [value for value in wrong if kind.accepts(value)] == []
    assert kind.expects


@pytest.mark.parametrize(
    "unit", ["see each key", "", "words of no kind", "words of no kind or null", "such words or ''"]
)
def test_other_words_declare_no_kind(unit):
    assert kinds.of(unit) is None


def test_a_configuration_is_read_from_its_comments():
    text = """\
{
  _config+:: {
    // ------------------------------- Times

    // How often.
    // Every time.
    // Unit: seconds.
    // Example: 30
    interval: 15,
    // Not a knob: hidden.
    derived:: 5,

    undocumented: 1,
    // Things.
    // Unit: see each key
    // Example: { 'a-b'+: { size: 2 } }
    // - *.size: How large
    //   it is. Unit: count. Example: 2
    // - nonsense
    things: {
      // One of them.
      // Unit: see each key
      // Example: {}
      'a-b': { size: 1 },
    },
  },
}
"""
    found = {knob.name: knob for knob in knobs.parse(text)}
    assert list(found) == ["interval", "things", "things.*.size", "things.a-b"]
    assert found["interval"] == knobs.Knob(("interval",), "How often. Every time.", "seconds", "30", "Times")
    assert found["things.*.size"].description == "How large it is."
    assert knobs.expand(found["things.*.size"], {"things": {"a-b": {}, "c": {}}}) == [
        ("things", "a-b", "size"),
        ("things", "c", "size"),
    ]


BOMB = "a0: &a0 {x: 1, y: 2}\n" + "".join(f"a{n}: &a{n} {{x: *a{n - 1}, y: *a{n - 1}}}\n" for n in range(1, 28))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB, "stands for more than any configuration holds"),
        ("a: &a {b: *a}", "stands for more than any configuration holds"),
        ("[" * 5_000, "is nested too deeply"),
        ("timeScale: !!int x", "'x' is not a number"),
    ],
)
def test_a_file_that_is_out_to_hurt_ends_in_a_sentence(tmp_path, text, message):
    assert message in refused(tmp_path, text).message
