"""Statements are translated without touching what is data in them."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sqlite3
from datetime import UTC, datetime

import pytest

from fraiseql_observe import store
from fraiseql_observe.store import migrations, sqlite
from fraiseql_observe.store.statement import for_postgres, for_sqlite, split

PATIENT = {  # they walk or sort on purpose: few rows, or in the order of the table
    "alerts._OF",
    "alerts._OF_ALL",
    "channels._CHANNELS",
    "channels._PAUSED",
    "clockback._CHANNELS",
    "clockback._LEASES",
    "deliveries._ATTEMPTS",
    "escalations._OF",
    "events._NEWEST",
    "inbox._BACKLOG",
    "inbox._CLAIM",
    "inbox._FORGET",
    "inbox._REJECTED",
    "incidents._SILENCED",
    "retention._CHANNELS",
    "retention._LEASES",
    "tokens._ALL",
    "windows._NOT_OVER",
}


# `due`, `w` and `waiting` are the small tables within a statement.
WALK = r"SCAN (?!CONSTANT|json_each|due$|w$|waiting$)(?!.* USING )"


def test_parameters_become_those_of_psycopg():
    assert for_postgres("select :a::text, ':b', \"x:c\", d % 2 -- :e %\nwhere f = any(:g)") == (
        "select %(a)s::text, ':b', \"x:c\", d %% 2 -- :e %%\nwhere f = any(%(g)s)"
    )


def test_lists_become_json():
    statement = for_sqlite("select 1 where a = any(:names) and b = :b for update skip locked")
    assert statement.text == "select 1 where a in (select value from json_each(:names)) and b = :b "
    assert for_sqlite("select strpos(a, :b)").text == "select instr(a, :b)"
    assert statement.bind({"names": ("x", "\ud800"), "b": 1}) == {"names": '["x","\\ud800"]', "b": 1}
    plain = {"b": 1}
    assert for_sqlite("select :b").bind(plain) is plain


def test_a_script_is_split_where_it_may_be():
    script = "create table a (b text default ';'); -- ; not here\n/* ; */ insert into a values (';');\n\n;"
    assert list(split(script)) == ["create table a (b text default ';')", "insert into a values (';')"]
    assert list(split("select 1")) == ["select 1"]
    assert list(split("  \n")) == []


def _statements():
    for module in pkgutil.iter_modules(store.__path__):
        if module.name in {"migrations", "postgres", "postgres_session", "sqlite_file"}:
            continue
        names = vars(importlib.import_module(f"{store.__name__}.{module.name}"))
        for name, value in names.items():
            for text in value if isinstance(value, tuple) else (value,):
                if isinstance(text, str) and re.match(r"\s*(select|insert|update|delete|with)\b", text):
                    yield pytest.param(text, id=f"{module.name}.{name}")


@pytest.fixture(scope="module")
def database():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrations.migrate(sqlite.SqliteTransaction(connection), sqlite.WORDS, datetime(2026, 1, 1, tzinfo=UTC))
    yield connection
    connection.close()


@pytest.mark.parametrize("statement", list(_statements()))
def test_no_statement_walks_through_a_table(statement, database, request):
    """Asked of SQLite's planner, which has no statistics and so needs the index that fits."""
    text = for_sqlite(statement).text
    parameters = dict.fromkeys(re.findall(r":(\w+)", text), "[]")
    plan = [row[3] for row in database.execute(f"explain query plan {text}", parameters)]
    slow = [line for line in plan if re.match(WALK, line) or "TEMP B-TREE FOR ORDER BY" in line]
    assert not slow or request.node.callspec.id in PATIENT, plan
