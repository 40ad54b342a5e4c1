"""SQL statements by kind and table."""

from __future__ import annotations

import pytest
from psycopg.sql import SQL, Composed, Identifier, Literal

from fraiseql_observe.instrument.statement import OTHER, Statement, describe

VIEW = Composed(
    [SQL("SELECT "), SQL(""), Identifier("data"), SQL("::text FROM "), SQL(""), Identifier("app", "v_user")]
)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT a FROM v_user WHERE b", Statement("select", "v_user")),
        ('insert into "tb_a" values (1)', Statement("insert", "tb_a")),
        ("UPDATE tb_a SET b = 1", Statement("update", "tb_a")),
        ("-- why\n/* x */ delete from only app.tb_a", Statement("delete", "app.tb_a")),
        ("SELECT row_to_json(public.create_post(%s::jsonb))", Statement("function", "public.create_post")),
        ("select * from fn_do (%s)", Statement("function", "fn_do")),
        ("create table x (a int)", Statement("other", "")),
        ("SELECT 1", None),
        (" select 1 ; ", None),
        ("SET LOCAL statement_timeout = 5", None),
        ("", Statement("other", "")),
        ("select a from b " + " " * 5_000, Statement("select", "b")),
        (b"select a from b", Statement("select", "b")),
        (SQL("delete from b"), Statement("delete", "b")),
        (VIEW, Statement("select", "v_user")),
        (Composed([VIEW, SQL(" LIMIT "), Literal(1)]), Statement("select", "v_user")),
        (Composed([SQL("select "), Identifier("now"), SQL("()")]), Statement("select", "now")),
        (Composed([SQL("listen "), Identifier("c")]), Statement("other", "c")),
        (Composed([]), Statement("other", "")),
        (object(), OTHER),
    ],
)  # fmt: skip
def test_kind_and_table(query, expected):
    assert describe(query) == expected
