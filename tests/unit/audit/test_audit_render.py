from hypothesis import given
from hypothesis import strategies as st

from fraiseql_observe.audit import render
from fraiseql_observe.audit.lexer import Kind, LexError, tokens
from fraiseql_observe.audit.question import Parameter

DECLARED = {
    parameter.name: parameter
    for parameter in (
        Parameter("from", "timestamptz"),
        Parameter("to", "timestamptz"),
        Parameter("bucket", "interval"),
        Parameter("tenants", "text[]"),
        Parameter("limit", "integer", default=50),
        Parameter("ratio", "double precision", default=0.5),
        Parameter("deep", "boolean", default=True),
        Parameter("word", "text", default="it's"),
        Parameter("entity", "text", variable="entity"),
        Parameter("entities", "text[]", variable="entity"),
    )
}


def grafana(sql):
    return render.grafana(tokens(sql), DECLARED)


def bound(sql):
    return render.bound(tokens(sql))


def test_grafana_gets_its_macros_and_variables():
    assert grafana("t > :from::timestamptz and t < :to::timestamptz") == (
        "t > $__timeFrom()::timestamptz and t < $__timeTo()::timestamptz"
    )
    assert grafana("any(:tenants::text[])") == "any(ARRAY[${tenant:sqlstring}]::text[])"
    assert grafana("date_bin(:bucket::interval, t)") == "date_bin('$__interval'::interval, t)"
    assert grafana(":entity::text, any(:entities::text[])") == (
        "${entity:sqlstring}::text, any(ARRAY[${entity:sqlstring}]::text[])"
    )


def test_grafana_gets_defaults_as_literals():
    assert grafana(":limit::integer, :ratio::double precision, :deep::boolean, :word::text") == (
        "50::integer, 0.5::double precision, true::boolean, 'it''s'::text"
    )


def test_grafana_sees_no_comment_since_its_macro_pattern_would():
    sql = "-- $__timeFrom()\nselect 1 -- why\n\n  /* and */ from t\n\n where x = '-- kept\n\n$'"
    assert grafana(sql) == "select 1\n    from t\n where x = '-- kept\n\n$'"


def test_a_comment_separates_words():
    assert grafana("select/**/1") == "select 1"


def test_psycopg_gets_placeholders_and_doubled_percent_signs():
    sql = "select 5 % 2, '100%', \"%s\" /* % */ where x = :word::text -- 50%"
    assert bound(sql) == "select 5 %% 2, '100%%', \"%%s\" /* %% */ where x = %(word)s::text -- 50%%"


PIECES = st.sampled_from(
    [":from ", "::text", "%", "'a'", "'%s'", '"q"', "$$d$$", "--c\n", "/*c*/", "\n", " ", "x", "(", ")"]
)


@given(st.lists(PIECES, max_size=25).map("".join))
def test_both_renderings_keep_every_text_outside_parameters(sql):
    try:
        found = list(tokens(sql))
    except LexError:
        return
    # psycopg itself reads it back with the same operator
    assert render.bound(found) % {"from": ":from"} == sql
    code = "".join(t.text for t in found if t.kind is not Kind.COMMENT)
    assert "".join(grafana(sql).replace("$__timeFrom()", ":from").split()) == "".join(code.split())
