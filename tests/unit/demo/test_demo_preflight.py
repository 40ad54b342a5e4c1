"""What is missing is said in one sentence, with the command that brings it."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys

import pytest

from fraiseql_observe.demo import preflight
from fraiseql_observe.demo.servers.programs import REQUIRED, PostgresPrograms, Program
from fraiseql_observe.errors import DemoError, MissingProgramError

ABSENT = Program(("no-such-program",), "no-such-package")
ANOTHER = Program(("none-of-this", "nor-that"), "another-package")


def test_an_old_python_is_refused():
    with pytest.raises(DemoError, match=r"needs Python 3\.13, and this is Python 3\.11") as caught:
        preflight.require_python((3, 11))
    assert "python3.13 -m venv" in caught.value.hint


def test_a_new_python_will_do():
    preflight.require_python((3, 13))


def test_packages_are_asked_for():
    def version_of(name: str) -> str:
        if name in {"fraiseql", "redis"}:
            raise importlib.metadata.PackageNotFoundError
        return "1"

    with pytest.raises(DemoError, match=r"not installed: fraiseql, redis\.") as caught:
        preflight.require_packages(version_of)
    assert "pip install" in caught.value.hint
    assert preflight.require_packages(lambda name: f"{name} 1") == "fraiseql 1"


BARE = """
import importlib.metadata, sys
for name in ("fraiseql", "jwt", "httpx", "redis", "uvicorn"):
    sys.modules[name] = None
def absent(name):
    raise importlib.metadata.PackageNotFoundError(name)
importlib.metadata.version = absent
sys.argv = ["fraiseql-observe", "demo"]
from fraiseql_observe.cli import main
main()
"""


def test_a_plain_installation_gets_one_sentence_and_no_traceback():
    refused = subprocess.run([sys.executable, "-c", BARE], capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: The demo's application needs Python")
    assert "Traceback" not in refused.stderr


def test_all_missing_programs_share_one_command():
    with pytest.raises(MissingProgramError) as caught:
        preflight.require_programs([ABSENT, ANOTHER])
    assert caught.value.message == "On this machine are not installed: no-such-program, none-of-this."
    assert caught.value.hint == "sudo apt-get install --no-install-recommends no-such-package another-package"


def test_one_missing_program_is_found_missing_when_it_is_wanted():
    with pytest.raises(MissingProgramError, match="is not installed: no-such-program"):
        ABSENT.find()


def test_each_program_has_a_package():
    assert all(program.names and program.package for program in REQUIRED)


def executable(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_a_program_goes_by_several_names(tmp_path, monkeypatch):
    second = executable(tmp_path / "nor-that")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ANOTHER.find() == second


@pytest.fixture
def clusters(tmp_path):
    for version in ("9.6", "15", "16"):
        for name in ("postgres", "initdb"):
            executable(tmp_path / "lib" / version / "bin" / name)
    executable(tmp_path / "lib" / "17" / "bin" / "postgres")  # a client package without initdb
    (tmp_path / "lib" / "common").mkdir()
    return PostgresPrograms(("postgres", "initdb"), "postgresql", tmp_path / "lib")


def test_the_newest_whole_postgresql_is_taken(clusters, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert clusters.find() == tmp_path / "lib" / "16" / "bin"


def test_a_postgresql_on_path_comes_first(clusters, tmp_path, monkeypatch):
    for name in ("postgres", "initdb"):
        executable(tmp_path / "own" / name)
    monkeypatch.setenv("PATH", str(tmp_path / "own"))
    assert clusters.find() == tmp_path / "own"
