"""Writing touches only what changed and what is ours; checking names what differs."""

from __future__ import annotations

import json

import pytest

from fraiseql_observe.errors import BuildError
from fraiseql_observe.mixin import files
from fraiseql_observe.mixin.outputs import MANIFEST


def build(**contents):
    written = {f"bundle/{name}": text.encode() for name, text in contents.items()}
    return {**written, MANIFEST: json.dumps({"files": dict.fromkeys(written, "")}).encode()}


def test_what_was_written_is_not_written_again(tmp_path):
    first = files.write(build(a="1", b="2"), tmp_path)
    assert first.changed == ("bundle/a", "bundle/b", MANIFEST)
    before = (tmp_path / "bundle/b").stat().st_mtime_ns
    second = files.write(build(a="3", b="2"), tmp_path)
    assert second.changed == ("bundle/a",)
    assert second.unchanged == ("bundle/b", MANIFEST)
    assert (tmp_path / "bundle/b").stat().st_mtime_ns == before
    assert (tmp_path / "bundle/a").read_text() == "3"
    assert (tmp_path / "bundle/a").stat().st_mode & 0o777 == 0o644


def test_what_is_no_longer_rendered_is_removed(tmp_path):
    files.write(build(a="1", b="2"), tmp_path)
    assert files.check(build(a="1"), tmp_path)[-1] == files.Drift("bundle/b", "stale")
    assert files.write(build(a="1"), tmp_path).removed == ("bundle/b",)
    assert not (tmp_path / "bundle/b").exists()


def test_files_of_others_are_left_alone(tmp_path):
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle/mine").write_text("x")
    (tmp_path / "mine").write_text("x")
    forged = {"files": {"mine": "", "../mine": "", "bundle/../mine": "", "/etc/hostname": ""}}
    (tmp_path / MANIFEST).write_text(json.dumps(forged))
    assert files.write(build(a="1"), tmp_path).removed == ()
    assert (tmp_path / "mine").exists()
    assert (tmp_path / "bundle/mine").exists()


@pytest.mark.parametrize("manifest", ["{", "[]", '{"files": null}', ""])
def test_a_broken_manifest_claims_nothing(tmp_path, manifest):
    (tmp_path / "bundle").mkdir()
    (tmp_path / MANIFEST).write_text(manifest)
    assert files.write(build(a="1"), tmp_path).removed == ()


def test_check_names_what_differs(tmp_path):
    files.write(build(a="1", b="old\n"), tmp_path)
    (tmp_path / "bundle/a").unlink()
    missing, changed = [drift for drift in files.check(build(a="1", b="new\n"), tmp_path) if drift.path != MANIFEST]
    assert missing == files.Drift("bundle/a", "missing")
    assert (changed.path, changed.kind) == ("bundle/b", "changed")
    assert changed.diff.splitlines()[-2:] == ["-old", "+new"]


def test_a_long_difference_is_cut(tmp_path):
    files.write(build(a="\n".join(map(str, range(100)))), tmp_path)
    (drift,) = files.check(build(a="\n".join(map(str, range(100, 200)))), tmp_path)
    assert len(drift.diff.splitlines()) == files.DIFF_LINES


def test_nothing_differs_after_a_write(tmp_path):
    files.write(build(a="1"), tmp_path)
    assert files.check(build(a="1"), tmp_path) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "bundle").write_text("a file where the folder should be")
    with pytest.raises(BuildError, match="cannot be written"):
        files.write(build(a="1"), tmp_path)


def test_a_failed_write_leaves_no_scraps(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", refuse)
    with pytest.raises(BuildError, match="No space left"):
        files.write(build(a="1"), tmp_path)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []
