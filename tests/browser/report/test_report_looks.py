"""The audit report in a real browser: on screens of both kinds, to a screen reader, and on paper.

`python tests/browser/report/test_report_looks.py docs/images/audit-report.png` takes the picture for the documentation.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))

from reported import START, TIMES, answered, material

from fraiseql_observe.audit.chain.model import Break, Kind, Verdict
from fraiseql_observe.report import page, pdf_file
from fraiseql_observe.report.material import Chains

HERE = Path(__file__).parent
SECONDS = 90


def long_page():
    """A report with lists of several pages, and with what strangers write."""
    hostile = ["<b>bold</b><script>alert(1)</script>", "\u202eright to left\u202c שלום", "x" * 100_000, "ada"]
    rows = [
        {"time": TIMES[place % 48], "user": hostile[place % 4], "operation_name": "rotateKeys", "entity": "Key"}
        for place in range(120)
    ]
    broken = Break("row 7", START, "acme", Kind.CHANGED, "its content has another hash")
    verdict = Verdict(
        "public.audit_events", "unified", 9, (broken,), 1, ("To know.",), 0, signatures=False, seconds=0.1
    )
    failed = answered("compliance_access_by_user", [], problem="The question takes longer than 60 s.")
    return page.render(
        material(answered("compliance_admin_actions", rows, more=True), failed, chains=Chains((verdict,)))
    )


@pytest.fixture(scope="module")
def saw(packages, tmp_path_factory):
    if packages is not None:
        assert packages.wait(timeout=240) == 0, "npm ci failed"
    folder = tmp_path_factory.mktemp("report")
    (folder / "report.html").write_text(long_page())
    done = subprocess.run(
        ["node", "look.mjs", str(folder / "report.html"), str(folder)],
        cwd=HERE,
        env={**os.environ, "CHROMIUM": pdf_file.browser()},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        timeout=SECONDS,
    )
    return json.loads(done.stdout)


def test_it_asks_for_nothing_and_runs_nothing(saw):
    assert saw["complaints"] == []
    assert {url.rpartition("/")[2] for url in saw["requests"]} == {"report.html"}


def test_whoever_cannot_see_it_can_read_it(saw):
    """WCAG 2.2 AA as far as axe-core knows, light and dark."""
    assert saw["checks"] > 80
    assert saw["violations"] == []


def test_nothing_is_wider_than_the_screen(saw):
    assert {saw["widths"][f"desk {scheme}"] for scheme in ("light", "dark")} == {1100}
    assert {saw["widths"][f"phone {scheme}"] for scheme in ("light", "dark")} == {390}


def test_it_is_dark_in_the_dark_and_white_on_paper(saw):
    assert saw["papers"] == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 26)", "print": "rgb(255, 255, 255)"}


@pytest.mark.skipif(not any(map(shutil.which, pdf_file.NAMES)), reason="no Chromium on PATH (apt-get install chromium)")
def test_it_is_printed_on_a4(tmp_path):
    pdf_file.print_page(long_page(), tmp_path / "report.pdf")
    printed = (tmp_path / "report.pdf").read_bytes()
    assert printed.startswith(b"%PDF")
    sheets = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert len(sheets) > 5
    assert {(round(float(width)), round(float(height))) for width, height in sheets} == {(595, 842)}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "report.html").write_text(Path(sys.argv[2]).read_text() if sys.argv[2:] else long_page())
        subprocess.run(
            ["node", "look.mjs", f"{scratch}/report.html", scratch],
            cwd=HERE,
            env={**os.environ, "CHROMIUM": pdf_file.browser()},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        from PIL import Image

        picture = Image.open(f"{scratch}/report-desk-light.png").convert("RGB")
        picture.quantize(96, dither=Image.Dither.NONE).save(sys.argv[1], optimize=True)
