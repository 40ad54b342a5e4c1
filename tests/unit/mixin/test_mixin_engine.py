"""Jsonnet evaluates from memory, inside its folders, and says where it is wrong."""

from __future__ import annotations

import builtins

import pytest

from fraiseql_observe.errors import BuildError, JsonnetError
from fraiseql_observe.mixin import engine, sources


@pytest.fixture
def library(tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "a.libsonnet").write_text("{ a: (import 'lib/b.libsonnet') + 1, text: importstr 'lib/c.txt' }")
    (tmp_path / "lib/b.libsonnet").write_text("1")
    (tmp_path / "lib/c.txt").write_text("text")
    (tmp_path / "wrong.libsonnet").write_text("{\n  a: {}.b,\n}\n")
    return engine.Library((tmp_path,))


def test_imports_are_relative_to_who_imports(library):
    assert engine.evaluate("import 'a.libsonnet'", library) == {"a": 2, "text": "text"}
    assert engine.evaluate_go("import 'a.libsonnet'", library) == {"a": 2, "text": "text"}


def test_an_overlay_wins_over_the_disk(library):
    overlaid = engine.Library(library.folders, {"lib/b.libsonnet": "41"})
    assert engine.evaluate("(import 'a.libsonnet').a", overlaid) == 42


def test_a_changed_file_is_read_again(library, tmp_path):
    assert engine.evaluate("(import 'a.libsonnet').a", library) == 2
    (tmp_path / "lib/b.libsonnet").write_text("100")
    assert engine.evaluate("(import 'a.libsonnet').a", library) == 101


@pytest.mark.parametrize("path", ["/etc/hostname", "../secret", "lib/../../secret", "link"])
def test_nothing_outside_is_read(tmp_path, path):
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret").write_text("1")
    (inside / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(JsonnetError, match="outside the folders"):
        engine.evaluate(f"importstr '{path}'", engine.Library((inside,)))


def test_a_second_folder_may_be_opened(library, tmp_path_factory):
    beside = tmp_path_factory.mktemp("beside")
    (beside / "mine.libsonnet").write_text("import 'more.libsonnet'")
    (beside / "more.libsonnet").write_text("7")
    both = engine.Library((*library.folders, beside))
    assert engine.evaluate(f"import '{beside}/mine.libsonnet'", both) == 7


@pytest.mark.parametrize(
    ("snippet", "message"),
    [
        ("import 'wrong.libsonnet'", r"wrong.libsonnet:2:6: Field does not exist: b"),
        ("{ a: error 'mine' }", r"<build>:1:6: mine"),
        ("{ a: ", r"<build>:1:6: Unexpected end of file"),
        ("import 'missing.libsonnet'", r"missing.libsonnet"),
        ("{} + []", r"<build>:1:1"),
    ],
)
def test_an_error_has_a_place_and_a_message(library, snippet, message):
    with pytest.raises(JsonnetError, match=message):
        engine.evaluate(snippet, library)


def without_gojsonnet(monkeypatch):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name == "_gojsonnet":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)


def test_gojsonnet_is_not_needed(library, monkeypatch):
    without_gojsonnet(monkeypatch)
    with pytest.raises(JsonnetError, match="no such field: b"):
        engine.evaluate("import 'wrong.libsonnet'", library)
    with pytest.raises(JsonnetError, match=r"<build>:1:6: runtime error: mine"):
        engine.evaluate("{ a: error 'mine' }", library)


def test_what_only_one_engine_refuses_is_said_in_its_words(library):
    with pytest.raises(JsonnetError):
        engine.evaluate("std.thisFile", library)


def test_sources_of_the_mixin_are_named_as_in_the_repository():
    with pytest.raises(JsonnetError, match=r"^jsonnet/config.libsonnet:1:10: mine$"):
        engine.evaluate("import 'config.libsonnet'", engine.library({"config.libsonnet": "{ a: 1 + error 'mine' }"}))


def test_a_long_lived_process_collects_now_and_then(library, monkeypatch):
    collected = []
    monkeypatch.setattr(engine, "_collect_garbage", lambda: collected.append(1))
    for _ in range(2 * engine.COLLECT_EVERY):
        engine.evaluate("1", library)
    assert len(collected) == 2


def test_an_installation_without_sources_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(sources, "PACKAGE", tmp_path)
    monkeypatch.setattr(sources, "CHECKOUT", tmp_path)
    with pytest.raises(BuildError, match="sources are missing"):
        sources.root()


def test_an_installed_package_builds_where_it_is_called(monkeypatch, tmp_path):
    (tmp_path / "_jsonnet").mkdir()
    (tmp_path / "_jsonnet/mixin.libsonnet").write_text("{}")
    monkeypatch.setattr(sources, "PACKAGE", tmp_path)
    monkeypatch.chdir(tmp_path)
    assert sources.root() == tmp_path / "_jsonnet"
    assert sources.default_output() == tmp_path


def test_a_checkout_builds_into_itself():
    assert (sources.default_output() / "jsonnet" / "mixin.libsonnet").is_file()


def test_an_engine_that_panics_ends_in_a_sentence(monkeypatch):
    def panic(*_, **__):
        raise type("PanicException", (BaseException,), {})("assertion failed: !data.is_null()")

    monkeypatch.setattr(engine, "_evaluate", panic)
    with pytest.raises(JsonnetError, match="does not fit into memory"):
        engine.evaluate("{}", engine.library())
