"""The program on the how-to page runs and prints what it should."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import fraiseql_observe.alerts

DOCS = Path(__file__).parents[3] / "docs"


def test_the_program_runs(tmp_path):
    page = (DOCS / "how-to" / "use-from-python.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    (tmp_path / "program.py").write_text(program)
    (tmp_path / "fraiseql-observe.yaml").write_text("store: {url: 'sqlite:///alerts.db'}\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FRAISEQL_OBSERVE")}
    ran = subprocess.run(
        [sys.executable, "program.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    lines = ran.stdout.splitlines()
    assert "True nightly job" in lines
    assert any(line.endswith("acknowledged BackupFailed") for line in lines)
    assert "trigger BackupFailed" in lines


def test_what_programs_need_can_be_imported_from_one_place():
    for name in fraiseql_observe.alerts.__all__:
        assert getattr(fraiseql_observe.alerts, name).__name__ == name
    with pytest.raises(AttributeError):
        _ = fraiseql_observe.alerts.nothing
