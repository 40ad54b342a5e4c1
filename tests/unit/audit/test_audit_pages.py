"""The reference page names every column, index, view and source that the SQL creates."""

import re
from importlib import resources
from pathlib import Path

import pytest

from fraiseql_observe.audit import ddl
from fraiseql_observe.audit.sources import KINDS

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "audit-schema.md").read_text(encoding="utf-8")
TABLES = resources.files("fraiseql_observe.audit").joinpath("schema", "tables.sql").read_text(encoding="utf-8")


def section(title):
    return re.split(r"\n#+ ", PAGE.split(f" {title}\n", 1)[1], maxsplit=1)[0]


@pytest.mark.parametrize(
    "table", ["audit_event", "error_group", "schema_version", "maintenance_setting", "rollup_state"]
)
def test_every_column_is_described_with_its_type(table):
    body = TABLES.split(f"fraiseql_observe.{table} (", 1)[1].split("\n)", 1)[0]
    columns = re.findall(
        r"^  (\w+) (uuid|timestamptz|text\[\]|text|inet|double precision|integer|bigint|interval)", body, re.MULTILINE
    )
    assert columns
    assert re.findall(r"^\| `(\w+)` \| ([^|]+) \|", section(table), re.MULTILINE) == columns


def test_every_index_source_and_role_is_described():
    for name in ddl.index_names():
        assert f"`{name}`" in section("Indexes")
    for kind in KINDS:
        assert f"`{kind.table}`" in section("Sources")
    for role in ("fraiseql_observe_reader", "fraiseql_observe_writer", "fraiseql_observe_maintainer"):
        assert f"`{role}`" in section("Roles")
