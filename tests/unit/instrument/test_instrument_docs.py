"""The documents say what the code declares, no less and no more."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

pytest.importorskip("prometheus_client", reason="the instrument runs inside a FraiseQL application")

from fraiseql_observe.instrument.families import FAMILIES
from fraiseql_observe.instrument.settings import ENVIRONMENT_PREFIX, Settings

DOCS = Path(__file__).parents[3] / "docs"


def rows(path: str, first: str) -> dict[str, list[str]]:
    """Table rows whose first cell is a name that matches, by that name."""
    found = {}
    for line in (DOCS / path).read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and re.fullmatch(f"`{first}`", cells[0]):
            assert cells[0].strip("`") not in found, f"{cells[0]} stands there twice"
            found[cells[0].strip("`")] = cells[1:]
    return found


def test_every_family_is_documented_as_it_is_declared():
    expected = {
        family.name: [
            family.kind,
            ", ".join(f"`{label}`" for label in family.labels) or "none",
            family.hook,
            family.help + (" *" if family.attribute else ""),
        ]
        for family in FAMILIES
    }
    assert rows("reference/signals.md", "fraiseql_[a-z_]+") == expected


def test_every_setting_is_documented_as_it_is_declared():
    documented = rows("how-to/instrument-an-application.md", "[a-z_]+")
    assert {name: cells[2] for name, cells in documented.items()} == {
        declared.name: declared.metadata["description"] for declared in fields(Settings)
    }
    for name, (_, variable, _) in documented.items():
        assert variable in {f"`{ENVIRONMENT_PREFIX}{name.upper()}`", "code only"}
