"""A plain install has everything a build needs: the sources travel inside the wheel."""

from __future__ import annotations

import subprocess
import sys
import zipfile

import pytest

from fraiseql_observe.mixin import sources

ROOT = sources.CHECKOUT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    hatchling = pytest.importorskip("hatchling.build")
    del hatchling
    folder = tmp_path_factory.mktemp("wheel")
    build = "import sys, hatchling.build; print(hatchling.build.build_wheel(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", build, str(folder)], cwd=ROOT, check=True, timeout=120, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_every_source_is_inside(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    wanted = {
        f"fraiseql_observe/_jsonnet/{file.relative_to(sources.root()).as_posix()}"
        for file in sources.root().rglob("*")
        if file.is_file()
    }
    assert wanted <= names
    assert any(name.startswith("fraiseql_observe/audit/queries/") and name.endswith(".sql") for name in names)


def test_the_installed_package_builds_what_is_committed(wheel, tmp_path):
    """From the unpacked wheel alone: same interpreter and libraries, but none of the checkout."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    run = (
        "import sys; sys.path.insert(0, sys.argv[1]); import fraiseql_observe;"
        "assert fraiseql_observe.__file__.startswith(sys.argv[1]), fraiseql_observe.__file__;"
        "sys.argv = ['fraiseql-observe', 'build', '--check', '--output', sys.argv[2]];"
        "from fraiseql_observe.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", run, str(tmp_path / "site"), str(ROOT)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr
