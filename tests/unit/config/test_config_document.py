"""Files that are hostile, broken or of another dialect of YAML."""

from __future__ import annotations

import pytest

from fraiseql_observe.config import document
from fraiseql_observe.config.document import dotted, scalar
from fraiseql_observe.errors import ConfigError


def first(read, text: str) -> str:
    with pytest.raises(ConfigError) as error:
        read(text)
    return error.value.message[error.value.message.index("observe.yaml") :]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &a [x]\nb: &b [*a, *a]\n", "observe.yaml:1: a: is no setting"),
        ("server: !!python/object/apply:os.system ['true']", "observe.yaml:1: the tag tag:yaml.org,2002:python/object"),
        ("server: !mine {a: 1}", "observe.yaml:1: the tag !mine is not allowed"),
        ("server: !!binary aGVsbG8=", "observe.yaml:1: the tag tag:yaml.org,2002:binary is not allowed"),
        ("server: {port: !!int x}", "observe.yaml:1: 'x' is not a number"),
        ("server: {port: 1}\nlog: {}\nserver: {}", "observe.yaml:3: server: is given a second time, first on line 1"),
        ("server:\n  port: 1\n  port: 2", "observe.yaml:3: server.port: is given a second time, first on line 2"),
        ("- a", "observe.yaml:1: the file must hold a mapping of sections"),
        ("just words", "observe.yaml:1: the file must hold a mapping of sections"),
        ("server: {port: [", "observe.yaml:1: is not YAML"),
        ("a:\n\t- b", "observe.yaml:2: is not YAML"),
        ("a: b\0", "observe.yaml: holds a character that YAML does not allow"),
        ("? [a]\n: 1", "observe.yaml:1: a key must be a text"),
        ("a: 1\n---\nb: 2", "observe.yaml:2: is not YAML"),
        ("*x", "observe.yaml:1: is not YAML"),
        ("<<: {port: 1}", "observe.yaml:1: <<: is no setting"),
    ],
)
def test_what_is_no_settings_file_is_refused_with_its_line(read, text, said):
    assert first(read, text).startswith(said)


def test_aliases_that_stand_for_billions_are_refused(read):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    assert "stands for more than any configuration" in first(read, "\n".join(lines))


def test_an_alias_of_itself_is_refused(read):
    assert "stands for more than any configuration" in first(read, "a: &a [*a]")


@pytest.mark.parametrize("depth", [100, 100_000])
def test_deep_nesting_is_refused(read, depth):
    said = first(read, "a: " + "[" * depth + "]" * depth)
    assert "stands for more" in said or "nested too deeply" in said


def test_a_huge_file_is_refused_without_reading_it_whole(read):
    assert first(read, "# " + "x" * 10_000_000) == "observe.yaml: is larger than 1000000 bytes"


def test_a_number_of_ten_thousand_digits_is_refused(read):
    assert "is not a number" in first(read, "server: {port: " + "9" * 10_000 + "}")


def test_a_file_that_is_not_there_or_not_text(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        document.read(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        document.read(tmp_path / "latin.yaml")


def test_words_that_yaml_1_1_turns_into_something_else_stay_texts(tmp_path):
    path = tmp_path / "f.yaml"
    path.write_text("\ufeffon: off\nyes: no\ntime: 09:30\nday: 2026-12-25\nn: 0o17\nhex: 0x1F\nnothing: ~\nx: .5\n")
    assert document.read(path).value == {
        "on": "off",
        "yes": "no",
        "time": "09:30",
        "day": "2026-12-25",
        "n": "0o17",
        "hex": "0x1F",
        "nothing": None,
        "x": 0.5,
    }


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("12", 12), ("1.5", 1.5), ("off", "off"), ("5m", "5m"), ("", "")]
)
def test_a_bare_word_is_read_as_in_a_file(text, value):
    assert scalar(text) == value


def test_a_word_with_too_many_digits_stays_a_text():
    assert scalar("9" * 5000) == "9" * 5000


def test_a_key_stands_where_it_was_given_or_else_the_nearest_above_it():
    given = document.Document(origins={("server",): "observe.yaml:3", ("server", "port"): "observe.yaml:4"})
    assert given.origin(("server", "port")) == "observe.yaml:4"
    assert given.origin(("server", "host")) == "observe.yaml:3"
    assert given.origin(("log",)) == "defaults"


def test_keys_are_written_as_people_do():
    assert dotted(("policies", "night", "steps", 0, "wait")) == "policies.night.steps[0].wait"
