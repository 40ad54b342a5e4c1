"""The guide to hash chains says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from fraiseql_observe.audit.chain.model import Kind
from fraiseql_observe.audit.verifier import VERIFIER
from fraiseql_observe.cli.audit import command
from fraiseql_observe.config.audit import AuditSettings
from fraiseql_observe.web.rest.chain import OPERATIONS

DOCS = Path(__file__).parents[3] / "docs"
GUIDE = (DOCS / "how-to/verify-the-audit-chain.md").read_text(encoding="utf-8")


def test_every_kind_setting_and_operation_is_there():
    assert re.findall(r"^\| `(\w+)` \|", GUIDE, re.MULTILINE) != []
    assert set(re.findall(r"^\| `(\w+)` \|", GUIDE, re.MULTILINE)) == set(Kind)
    known = set(AuditSettings.__dataclass_fields__)
    assert {name.removesuffix("_file") for name in re.findall(r"\bchain_\w+", GUIDE)} <= known
    for operation in OPERATIONS:
        assert operation.path.rpartition("{")[0].split("/audit/")[-1] in GUIDE
    assert VERIFIER in GUIDE


def test_links_lead_somewhere():
    for link in re.findall(r"\]\(([^)#]+)\)", GUIDE):
        assert (DOCS / "how-to" / link).exists(), link


@pytest.mark.parametrize("name", ["verify-chain", "breaks", "accept-break", "access"])
def test_the_options_of_the_guide_exist(name):
    said = CliRunner().invoke(command, [name, "--help"]).output
    used = {
        flag
        for line in re.findall(rf"fraiseql-observe audit {name}[^\n`]*", GUIDE)
        for flag in re.findall(r"--[a-z]+", line)
    }
    assert all(flag in said for flag in used)
