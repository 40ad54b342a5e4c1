"""Recommended actions: from the shipped runbooks, or from the alert."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from samples import alert

from fraiseql_observe.notify import runbooks

SHIPPED = sorted((Path(__file__).parents[3] / "docs" / "runbooks").glob("FraiseQL*.md"))


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_every_shipped_runbook_says_what_to_do(file):
    actions = runbooks.actions(alert(alertname=file.stem))

    assert actions
    assert not any("](" in action or "\n" in action or "```" in action for action in actions)


def test_an_alert_of_ones_own_says_it_itself():
    own = replace(alert(), annotations={"runbook_actions": "- restart `it`\n\n2. <b>call</b> Kim\n"})

    assert runbooks.actions(own) == ("restart `it`", "<b>call</b> Kim")
    assert runbooks.actions(alert()) == ()


def test_it_is_bounded():
    own = replace(alert(), annotations={"runbook_actions": "\n".join(["x" * 1000] * 50)})

    actions = runbooks.actions(own)
    assert len(actions) <= runbooks.MOST
    assert max(map(len, actions)) <= runbooks.LONGEST


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "", "a/b", "x" * 200, "FraiseQL\0"])
def test_a_name_reaches_no_other_file(name):
    assert runbooks.actions(alert(alertname=name)) == ()


def test_markdown_becomes_plain_text():
    text = (
        "# T\n\n## Mitigation\n\nFirst **do** [this](x.md)\nthen that.\n\n```sh\nrm\n```\n\n"
        "- *one*\n- two\n  lines\n\n## After\n\nno"
    )

    assert runbooks.mitigation(text) == ("First do this then that.", "one", "two lines")
    assert runbooks.mitigation("# T\n\n## Meaning\n\nx") == ()
