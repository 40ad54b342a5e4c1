"""Printing through a Chromium: that it is asked safely, and what is said when it does not work."""

from __future__ import annotations

from pathlib import Path

import pytest

from fraiseql_observe.errors import ObserveError
from fraiseql_observe.report import pdf_file

WRITES = """#!/bin/sh
for word; do case "$word" in --print-to-pdf=*) target="${word#*=}";; esac; last="$word"; done
echo "$HOME $@" > "$target"
cat "${last#file://}" >> "$target"
"""


@pytest.fixture
def chromium(tmp_path, monkeypatch):
    """A function that puts a script of that name on PATH, alone."""
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    (tmp_path / "bin").mkdir()

    def made(script, name="chromium"):
        file = tmp_path / "bin" / name
        file.write_text(script)
        file.chmod(0o755)
        return str(file)

    return made


def test_the_page_is_printed_without_network_and_into_the_file(chromium, tmp_path):
    program = chromium(WRITES)
    assert pdf_file.browser() == program
    pdf_file.print_page("<p>the page</p>", tmp_path / "report.pdf")
    said = (tmp_path / "report.pdf").read_text()
    assert "<p>the page</p>" in said
    assert "--host-resolver-rules=MAP * ~NOTFOUND" in said
    home = said.split()[0]
    assert home in said.split("--user-data-dir=")[1], "it writes nothing into the user's own"
    assert not Path(home).exists()


@pytest.mark.parametrize("root", [True, False])
def test_the_sandbox_is_left_only_where_chromium_would_not_start(chromium, tmp_path, monkeypatch, root):
    chromium(WRITES)
    monkeypatch.setattr("os.geteuid", lambda: 0 if root else 1000)
    pdf_file.print_page("<p>", tmp_path / "report.pdf")
    assert ("--no-sandbox" in (tmp_path / "report.pdf").read_text()) == root


def test_without_a_chromium(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ObserveError, match="no Chromium on PATH") as told:
        pdf_file.browser()
    assert "laid out for A4" in told.value.hint


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("#!/bin/sh\nexit 3\n", "could not print the page .CalledProcessError"),
        ("#!/bin/sh\nexit 0\n", "printed nothing"),
        ("#!/bin/sh\nexec sleep 20\n", "within 0.2 s"),
        ("no program", "could not print the page .OSError"),
    ],
)
def test_a_chromium_that_fails(chromium, tmp_path, script, said):
    program = chromium(script)
    with pytest.raises(ObserveError, match=said):
        pdf_file.print_page("<p>", tmp_path / "report.pdf", program=program, seconds=0.2 if "sleep" in script else 20)
    assert not (tmp_path / "report.pdf").exists()


def test_a_file_that_cannot_be_written(chromium, tmp_path):
    chromium(WRITES)
    with pytest.raises(ObserveError, match=r"cannot be written to .*: No such file"):
        pdf_file.print_page("<p>", tmp_path / "none" / "report.pdf")
