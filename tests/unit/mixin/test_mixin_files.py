"""Writing touches only what changed and what is ours; checking names what differs."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest

from fraiseql_observe.errors import BuildError
from fraiseql_observe.mixin import files
from fraiseql_observe.mixin.outputs import MANIFEST


def build(**contents):
    written = {f"bundle/{name}": text.encode() for name, text in contents.items()}
    checksums = {path: sha256(content).hexdigest() for path, content in written.items()}
    return {**written, MANIFEST: json.dumps({"files": checksums}).encode()}


def test_what_was_written_is_not_written_again(tmp_path):
    first = files.write(build(a="1", b="2"), tmp_path)
    assert first.changed == ("bundle/a", "bundle/b", MANIFEST)
    before = (tmp_path / "bundle/b").stat().st_mtime_ns
    second = files.write(build(a="3", b="2"), tmp_path)
    assert second.changed == ("bundle/a", MANIFEST)
    assert second.unchanged == ("bundle/b",)
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


def test_a_file_that_somebody_put_or_changed_there_is_left_alone(tmp_path):
    """The manifest lies on disk for anybody to write; what it calls ours must be ours by its content and its place."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").write_text("1")
    output = tmp_path / "output"
    files.write(build(a="1", b="2", c="1", **{"link/file": "1"}), output)
    (output / "bundle/b").write_text("2, and what I added by hand")
    (output / "bundle/c").unlink()
    (output / "bundle/c").symlink_to(elsewhere / "file")
    (output / "bundle/link/file").unlink()
    (output / "bundle/link").rmdir()
    (output / "bundle/link").symlink_to(elsewhere)
    assert files.write(build(a="1"), output).removed == ()
    assert (elsewhere / "file").read_text() == "1"
    assert (output / "bundle/b").exists()


def test_a_folder_where_a_file_belongs_is_named(tmp_path):
    (tmp_path / MANIFEST).mkdir(parents=True)
    with pytest.raises(BuildError, match=r"manifest\.json cannot be read: Is a directory"):
        files.write(build(a="1"), tmp_path)


@pytest.mark.parametrize(
    "manifest", ["{", "[]", '{"files": null}', "", '{"files": 5}', '{"files": {"bundle/\\u0000": 1}}', "[" * 100_000]
)
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
    drift, _ = files.check(build(a="\n".join(map(str, range(100, 200)))), tmp_path)
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
