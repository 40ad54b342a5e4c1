"""Which question files may join the catalogue, and what is said of the others."""

from __future__ import annotations

import re

import pytest

from fraiseql_observe.alerts.impact import QUESTIONS
from fraiseql_observe.audit import catalogue
from fraiseql_observe.audit.vetting import allowed, vet
from fraiseql_observe.errors import CatalogueError

HEAD = """-- ---
-- title: Mine
-- description: Of my own.
-- format: table
-- columns:
--   n: {title: N, type: number}
-- ---
"""


@pytest.fixture
def folder(tmp_path):
    def write(sql, name="mine", head=HEAD):
        (tmp_path / f"{name}.sql").write_text(head + sql)
        return tmp_path

    return write


def test_the_shipped_questions_keep_the_rules_of_others():
    for questions in (catalogue.load(), catalogue.load(QUESTIONS)):
        for name in questions:
            assert vet(questions[name], f"{name}.sql").name == name


@pytest.mark.parametrize(
    "sql",
    [
        "select count(*) as n from fraiseql_observe.audit_events",
        "with a (n) as (select 1), b as not materialized (select n from a) select sum(n) as n from b",
        "with a as (select 1 as x), b (n) as (values (1), (2)) select n from b where n in (select x from a)",
        "select n from generate_series(1, 3) as g (n)",
        'select "delete" as n from (select 1 as "delete") as t',
        "select 1 as n where 'insert into x; pg_sleep(1)' <> '' -- delete from x\n",
        "select 1 as n /* drop table x */ ;\n",
        "select fraiseql_observe.event_type('x') = 'create' as n",
        "select count(*) filter (where share > 1) over (order by share) as n from (select 1 as share) as s",
        "select extract(epoch from now())::numeric(20, 3) as n",
    ],
)
def test_what_only_reads_is_taken(folder, sql):
    assert "mine" in catalogue.with_own(folder(sql)).questions


@pytest.mark.parametrize(
    ("sql", "line", "said"),
    [
        ("select 1 as n; select 2", 8, "a question is one statement"),
        ("delete from x", 8, "a question is a SELECT"),
        ("with d as (\n  delete from x returning 1 as n)\nselect n from d", 9, "'delete' has no place in a question"),
        ("select 1 as n into x", 8, "'into' has no place"),
        ("select 1 as n\n  from x\n   for share", 10, "'share' has no place"),
        ("select 1 as n from x for no key update", 8, "'update' has no place"),
        ("select random() as n", 8, "the function random is not allowed"),
        ("select clock_timestamp() as n", 8, "the function clock_timestamp is not allowed"),
        ("select\n  setseed(0) as n", 9, "the function setseed is not allowed"),
        ("select public.harmless(1) as n", 8, "the function public.harmless is not allowed"),
        ("select \"set_config\"('a', 'b', true) as n", 8, "the function set_config is not allowed"),
        ("select set_config /* */\n ('a', 'b', true) as n", 8, "the function set_config is not allowed"),
        ("select n from dblink('', '') as (n int)", 8, "the function dblink is not allowed"),
        ("select PG_SLEEP(1) as n", 8, "'pg_sleep' is PostgreSQL's own"),
        ("select 1 as n from pg_catalog.pg_authid", 8, "'pg_catalog' is PostgreSQL's own"),
        ("select 1 as n from information_schema.tables", 8, "'information_schema' is PostgreSQL's own"),
        ("select 1 as n where 1 operator(x.=) 1", 8, "the function operator is not allowed"),
        ("select :who::text as n", 8, "parameter :who is not declared"),
        ("select '$__timeFrom()' as n", 8, "Grafana would replace"),
        ("select 1 as n where 'x", 8, "unterminated string"),
        ("select f((1)", 8, "the function f is not allowed"),
    ],
)
def test_what_does_more_is_refused_with_file_and_line(folder, sql, line, said):
    at = folder(sql)
    with pytest.raises(CatalogueError, match=re.escape(f"{at}/mine.sql:{line}: ")) as refused:
        catalogue.with_own(at)
    assert said in refused.value.message
    assert refused.value.hint


def test_a_missing_cast(folder):
    head = HEAD.replace("-- columns:", "-- parameters:\n--   who: {type: text, default: x}\n-- columns:")
    with pytest.raises(CatalogueError, match=r"mine\.sql:10: parameter :who has no cast"):
        catalogue.with_own(folder("select 1 as n where :who = ''", head=head))


def test_narrowed_is_true_or_false(folder):
    with pytest.raises(CatalogueError, match=r"mine\.sql:2: 'narrowed' must be true or false"):
        catalogue.with_own(folder("select 1 as n", head=HEAD.replace("-- title", "-- narrowed: some\n-- title", 1)))


def test_a_shipped_name_is_taken(folder):
    with pytest.raises(CatalogueError, match=r"tenants\.sql:1: a shipped question has that name"):
        catalogue.with_own(folder("select 1 as n", name="tenants"))


def test_folders_that_cannot_be_read(tmp_path, folder, monkeypatch):
    with pytest.raises(CatalogueError, match="is no folder"):
        catalogue.with_own(tmp_path / "missing")
    folder("select 1 as n")
    (tmp_path / "mine.sql").write_bytes(b"\xff")
    with pytest.raises(CatalogueError, match="cannot be read"):
        catalogue.with_own(tmp_path)
    (tmp_path / "mine.sql").write_bytes(b"-" * 70_000)
    with pytest.raises(CatalogueError, match="is larger than 65536 bytes"):
        catalogue.with_own(tmp_path)
    monkeypatch.setattr(catalogue, "MOST", 0)
    with pytest.raises(CatalogueError, match="holds more than 0 questions"):
        catalogue.with_own(tmp_path)


def test_without_a_folder_there_are_the_shipped_ones():
    assert dict(catalogue.with_own(None).questions) == dict(catalogue.load().questions)
    assert "now" in allowed()
