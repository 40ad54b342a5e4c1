"""What scripts/demo and scripts/test do before their own work, with stand-ins for apt-get and Python."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

LIB = Path(__file__).parents[3] / "scripts" / "lib.sh"
NEEDED = ("bash", "cat", "dirname", "id", "env", "grep", "sha256sum", "tail", "rm", "mkdir", "tee", "chmod", "touch")


@pytest.fixture
def programs(tmp_path):
    """A PATH with little on it, to which a test adds stand-ins."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in NEEDED:
        (folder / name).symlink_to(shutil.which(name))
    return folder


def stand_in(programs, name, script):
    (programs / name).write_text(f"#!{shutil.which('bash')}\n{script}\n")
    (programs / name).chmod(0o755)


def run(programs, script, **settings):
    """Run bash after sourcing the library; a policy file of ours must not land in the real system."""
    environment = {"PATH": str(programs), "HOME": str(programs.parent)} | settings
    body = f"set -euo pipefail; . {LIB}; policy={programs.parent}/policy-rc.d; {script}"
    return subprocess.run(
        [shutil.which("bash"), "-c", body], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_what_is_there_is_not_installed(programs):
    stand_in(programs, "apt-get", "echo called >&2; exit 1")
    stand_in(programs, "wanted", "")
    done = run(programs, "ensure_programs wanted:package other,wanted:package")
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_missing_is_installed_without_starting_services(programs):
    calls, policy = programs.parent / "calls", programs.parent / "policy-rc.d"
    stand_in(programs, "apt-get", f'echo "$@" >> {calls}; cat {policy} >> {calls}')
    stand_in(programs, "sudo", 'exec "$@"')
    done = run(programs, "ensure_programs no-such-thing:its-package nor-this:another", SUDO="")
    if "They need root" in done.stderr:
        pytest.skip("neither root nor a sudo that asks nothing")
    assert done.returncode == 0, done.stderr
    assert "Installing its-package another" in done.stderr
    assert "install --yes -qq --no-install-recommends its-package another" in calls.read_text()
    assert "exit 101" in calls.read_text()
    assert not policy.exists()


def test_a_failed_installation_is_one_sentence(programs):
    stand_in(programs, "apt-get", "exit 100")
    stand_in(programs, "sudo", 'exec "$@"')
    done = run(programs, "ensure_programs no-such-thing:its-package")
    assert done.returncode == 1
    assert "error: " in done.stderr
    assert "apt-get install --no-install-recommends its-package" in done.stderr
    assert not (programs.parent / "policy-rc.d").exists()


def test_elsewhere_the_user_installs(programs):
    done = run(programs, "ensure_programs no-such-thing:its-package")
    assert done.returncode == 1
    assert "Not installed: its-package. This is neither Debian nor Ubuntu." in done.stderr


PYTHON = """
case "$*" in
  "-m venv "*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; echo made >> {made};;
  "-m pip "*) [ -e {broken} ] && { echo "no such package"; exit 1; }; true;;
  *) true;;
esac
"""


@pytest.fixture
def python(programs):
    (programs / "cp").symlink_to(shutil.which("cp"))
    script = PYTHON.replace("{made}", str(programs.parent / "made")).replace(
        "{broken}", str(programs.parent / "broken")
    )
    stand_in(programs, "python-stand-in", script)
    return programs / "python-stand-in"


def test_an_environment_is_made_once_for_the_same_wishes(programs, python):
    folder, made = programs.parent / "venv", programs.parent / "made"
    for wishes in ("one", "one", "one two"):
        done = run(programs, f"ensure_venv {folder} {python} {wishes}")
        assert done.returncode == 0, done.stderr
    assert made.read_text().split() == ["made", "made"]


def test_a_broken_installation_shows_pips_words_and_is_tried_again(programs, python):
    folder, broken = programs.parent / "venv", programs.parent / "broken"
    broken.touch()
    done = run(programs, f"ensure_venv {folder} {python} one")
    assert done.returncode == 1
    assert "no such package" in done.stderr
    assert "pip could not install one" in done.stderr
    broken.unlink()
    assert run(programs, f"ensure_venv {folder} {python} one").returncode == 0
