"""The reference pages are what the sources say today."""

from __future__ import annotations

import pytest

from fraiseql_observe.mixin import knobs, reference, sources
from fraiseql_observe.mixin.lint import RULES

FOLDER = sources.CHECKOUT / "docs" / "reference"


@pytest.mark.parametrize("name", reference.PAGES)
def test_a_page_is_fresh(name, tmp_path):
    reference.main(str(tmp_path))
    fresh = (tmp_path / name).read_text(encoding="utf-8")
    stale = "run: python -m fraiseql_observe.mixin.reference docs/reference"
    assert (FOLDER / name).read_text(encoding="utf-8") == fresh, stale


def test_every_knob_and_every_rule_has_its_place():
    page = reference.config_page()
    assert [knob.name for knob in knobs.read() if f"### `{knob.name}`" not in page] == []
    page = reference.lint_page()
    assert [rule for rule in RULES if f"| `{rule}` |" not in page] == []
