"""Every alert has a runbook and every runbook an alert; what a runbook tells somebody to run can be run."""

from __future__ import annotations

import re
from pathlib import Path

import emitted
import mixin_rules
import pytest

from fraiseql_observe.audit import catalogue
from fraiseql_observe.mixin import render
from fraiseql_observe.mixin.lint import promql

FOLDER = Path(__file__).parents[3] / "docs/runbooks"
RUNBOOKS = sorted(FOLDER.glob("*.md"))
ALERTS = {rule["alert"] for rule in mixin_rules.rendered().all if "alert" in rule}
OTHERS = ("pg_", "node_", "redis_", "up", "alertmanager_", "prometheus_", "process_", "ALERTS")

each_runbook = pytest.mark.parametrize("runbook", RUNBOOKS, ids=lambda path: path.stem)


def blocks(runbook, language):
    """The code blocks of one language, without the indentation of a list."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", runbook.read_text(), re.MULTILINE | re.DOTALL)
    return ["\n".join(line.removeprefix(indent) for line in text.splitlines()) for indent, text in found]


@pytest.fixture(scope="module")
def panels():
    """The panels of all dashboards, as runbooks call them."""
    dashboards = render(catalogue=catalogue.load().as_json()).dashboards.values()
    return {
        f"{dashboard['title'].removeprefix('FraiseQL / ')} / {panel['title']}"
        for dashboard in dashboards
        for panel in dashboard["panels"]
        if panel["type"] != "row"
    }


def test_every_alert_has_a_runbook_and_every_runbook_an_alert():
    assert {path.stem for path in RUNBOOKS} == ALERTS


def test_every_alert_links_to_its_runbook():
    for rule in mixin_rules.rendered().all:
        if "alert" in rule:
            assert rule["annotations"]["runbook_url"].endswith(f"docs/runbooks/{rule['alert']}.md")


@each_runbook
def test_a_runbook_has_its_four_parts(runbook):
    text = runbook.read_text()
    assert text.startswith(f"# {runbook.stem}\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Meaning", "Impact", "Diagnosis", "Mitigation"]
    assert all(len(part.split()) >= 6 for part in re.split(r"^## .+$", text, flags=re.MULTILINE)[1:])


@each_runbook
def test_links_of_a_runbook_resolve(runbook):
    for target in re.findall(r"\]\(([^)#]+)", runbook.read_text()):
        assert (runbook.parent / target).is_file(), target


@each_runbook
def test_a_runbook_has_something_to_run(runbook):
    assert blocks(runbook, "promql")


@each_runbook
def test_the_queries_of_a_runbook_parse_and_ask_for_metrics_that_exist(runbook):
    known = emitted.series()
    for block in blocks(runbook, "promql"):
        query = promql.parse(block)
        assert not query.error, block
        for metric in query.metrics:
            assert metric.startswith(OTHERS) or metric in known, metric


@each_runbook
def test_the_panels_that_a_runbook_names_exist(runbook, panels):
    text = " ".join(runbook.read_text().split())
    named = re.findall(r"(?<!\*)\*([A-Z][^*/]+ / [^*]+)\*", text)
    assert named
    assert set(named) <= panels
