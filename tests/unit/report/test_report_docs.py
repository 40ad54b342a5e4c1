"""What the pages on the report and the doctor say holds."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from reported import material

from fraiseql_observe.cli.audit_report import report
from fraiseql_observe.cli.doctor import command as doctor

HOW_TO = Path(__file__).parents[3] / "docs" / "how-to"
PAGES = {"report-for-auditors.md": report, "doctor.md": doctor}


@pytest.mark.parametrize("page", PAGES)
def test_only_options_that_there_are_and_pictures_and_pages_that_there_are(page):
    text = (HOW_TO / page).read_text()
    options = {word for option in PAGES[page].params for word in (*option.opts, *option.secondary_opts)}
    for word in re.findall(r"`(--[a-z-]+)[ `]", text):
        assert word in options | {"--format", "--check"}, word
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        assert (HOW_TO / target).exists(), target


def test_the_sum_is_made_again_as_the_page_says(tmp_path, monkeypatch, capsys):
    (code,) = re.findall(r"```python\n(.*?)```", (HOW_TO / "report-for-auditors.md").read_text(), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "october.json").write_text(json.dumps(material().as_json(), indent=2, ensure_ascii=False))
    exec(compile(code, "report-for-auditors.md", "exec"), {})
    assert capsys.readouterr().out.strip() == material().fingerprint
