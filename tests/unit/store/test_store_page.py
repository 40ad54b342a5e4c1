"""The reference page says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fraiseql_observe.store import (
    deliveries,
    groupcommit,
    inbox,
    incidents,
    migrations,
    postgres,
    postgres_listen,
    postgres_session,
    sqlite,
    sqlite_file,
)

PAGE = (Path(__file__).parents[3] / "docs/reference/store.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("what", "limits"),
    [
        ("writes that wait", (groupcommit.JOBS,)),
        ("bodies among them", (groupcommit.BYTES // 2**20,)),
        ("rows of one commit", (groupcommit.BATCH,)),
        ("pieces of work", (postgres.WAITING,)),
        ("pieces of work", (sqlite.READS,)),
        ("seconds without a commit", (groupcommit.STUCK,)),
        ("seconds SQLite waits", (sqlite_file.BUSY_SECONDS,)),
        ("seconds to connect", (postgres_session.CONNECT_SECONDS,)),
        ("seconds one PostgreSQL", (postgres_session.HANG,)),
        ("refused bodies", (inbox.REJECTED_KEPT, inbox.REJECTED_BYTES // 1024)),
        ("incidents or deliveries", (incidents.LIMIT,)),
        ("incidents or deliveries", (deliveries.LIMIT,)),
    ],
)
def test_limits(what, limits):
    [row] = re.findall(rf"^\| {what}.*\| (.*) \|$", PAGE, re.MULTILINE)
    assert [int(number) for number in re.findall(r"\d+", row)] == list(limits)


def test_tables():
    scripts = "\n".join(migration.script for migration in migrations.shipped())
    made = re.findall(r"^create table (\w+)", scripts, re.MULTILINE)
    assert re.findall(r"^\| `(\w+)` \|", PAGE.split("## Tables")[1], re.MULTILINE) == [*made, "schema_version"]


def test_connections_and_names():
    assert f"schema `{postgres_session.SCHEMA}`" in PAGE
    assert f"`NOTIFY {postgres_listen.CHANNEL}`" in PAGE
    total = postgres.WRITERS + postgres.READERS + 2
    assert f"{total} for each replica: {postgres.WRITERS} write, {postgres.READERS} read" in PAGE
    assert f"1 that writes, {sqlite.READERS} that read" in PAGE
