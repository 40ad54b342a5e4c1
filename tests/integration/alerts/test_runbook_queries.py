"""The SQL in the runbooks runs on a real database with the audit log set up."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest

from fraiseql_observe.audit import setup

FOLDER = Path(__file__).parents[3] / "docs/runbooks"
BLOCK = re.compile(r"^ *```sql\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
QUERIES = [
    pytest.param(query, id=f"{path.stem} {number}")
    for path in sorted(FOLDER.glob("*.md"))
    for number, query in enumerate(BLOCK.findall(path.read_text()), start=1)
]


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_of_a_runbook_runs(query, audited_url):
    with psycopg.connect(audited_url) as connection:
        if "pg_stat_statements" in query:
            try:
                connection.execute("create extension if not exists pg_stat_statements")
            except psycopg.errors.FeatureNotSupported:
                pytest.skip("this PostgreSQL has no pg_stat_statements")
        cursor = connection.execute(query)
        while cursor.nextset():
            pass  # of several statements, the last one answers
        assert cursor.description


@pytest.fixture
def audited_url(database_url):
    setup.apply(database_url)
    return database_url
