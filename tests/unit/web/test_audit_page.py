"""The pages about audit questions say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fraiseql_observe.audit import catalogue, values
from fraiseql_observe.config.audit import AuditSettings
from fraiseql_observe.errors import Outcome
from fraiseql_observe.web.rest.audit import OPERATIONS

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "reference/audit-proxy.md").read_text(encoding="utf-8")
HOW_TO = (DOCS / "how-to/audit-proxy.md").read_text(encoding="utf-8")


def test_every_operation_and_status_is_named():
    for operation in OPERATIONS:
        assert f"`GET {operation.path}" in PAGE
        for status in operation.refusals:
            assert re.search(rf"^\| .*\b{status}\b.* \|", PAGE, re.MULTILINE)


def test_outcomes_settings_and_bounds():
    assert " ".join(f"`{one}`" for one in Outcome) in PAGE
    known = set(AuditSettings.__dataclass_fields__)
    assert set(re.findall(r"`audit\.(\w+)`", PAGE + HOW_TO)) <= known
    for bound in (values.POINTS, values.DRAWN, values.LONGEST_LIST, values.LONGEST_TENANT, values.LONGEST_TEXT):
        assert f"{bound:,}".replace(",", " ") in PAGE or str(bound) in PAGE


def test_the_question_of_the_how_to_is_taken(tmp_path):
    (sql,) = re.findall(r"```sql\n(.*?)```", HOW_TO, re.DOTALL)
    (tmp_path / "logins_by_hour.sql").write_text(sql)
    assert catalogue.with_own(tmp_path)["logins_by_hour"].tenant_aware


@pytest.mark.parametrize("name", re.findall(r"audit (?:query|explain) (\w+)", HOW_TO))
def test_the_commands_of_the_how_to_ask_questions_that_exist(name):
    assert name in {*catalogue.load(), "logins_by_hour"}
