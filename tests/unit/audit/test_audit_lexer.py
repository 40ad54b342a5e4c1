import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraiseql_observe.audit.lexer import Kind, LexError, tokens


def kinds(sql):
    return [(token.kind, token.text) for token in tokens(sql)]


def parameters(sql):
    return [token.name for token in tokens(sql) if token.kind is Kind.PARAMETER]


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("select :a, :b_2", ["a", "b_2"]),
        ("select :a::text[]", ["a"]),
        ("select x::text, '2020'::timestamptz", []),
        ("select x::text::integer, :y::text", ["y"]),
        ("select ':no' || 'it''s :no' || :yes::text", ["yes"]),
        (r"select E'\':no' || e'\\' || :yes::text", ["yes"]),
        ("select E'a'\n  'b\\':no' || :yes::text", ["yes"]),
        ("select 'a\\' || :yes::text", ["yes"]),
        ("select role'' || :yes", ["yes"]),
        ('select ":no", "a"":no" , :yes', ["yes"]),
        ("select $$:no$$, $tag$ $$ :no $tag$, :yes", ["yes"]),
        ("select a$b$ || :yes || c$b$", ["yes"]),
        ("select $1, :yes, $2", ["yes"]),
        ("-- :no\nselect :yes", ["yes"]),
        ("select 1 -- it's :no\n, :yes", ["yes"]),
        ("/* :no /* ' */ :no */ select :yes", ["yes"]),
        ("select array[1 : 2], : a, f(x := 1)", []),
        ("select 1 - -1, 2 / 3, 'é' || :ja", ["ja"]),
        ("", []),
    ],
)
def test_finds_parameters_where_postgresql_would_read_code(sql, names):
    assert parameters(sql) == names


def test_says_what_each_piece_is():
    assert kinds("a 'b' -- c\n;:d") == [
        (Kind.CODE, "a "),
        (Kind.LITERAL, "'b'"),
        (Kind.CODE, " "),
        (Kind.COMMENT, "-- c"),
        (Kind.CODE, "\n"),
        (Kind.SEMICOLON, ";"),
        (Kind.PARAMETER, ":d"),
    ]


def test_counts_lines():
    found = list(tokens("a\n'x\ny'\n:b\n/*\n*/ :c"))
    assert [(token.text, token.line) for token in found if token.kind is Kind.PARAMETER] == [(":b", 4), (":c", 6)]


@pytest.mark.parametrize(
    ("sql", "what", "line"),
    [
        ("select 'a", "unterminated string", 1),
        ("\nselect E'a\\'", "unterminated string", 2),
        ('select\n"a', "unterminated quoted identifier", 2),
        ("select $x$ $y$", "unterminated dollar-quoted string", 1),
        ("/* /* */", "unterminated comment", 1),
    ],
)
def test_refuses_what_never_ends(sql, what, line):
    with pytest.raises(LexError, match=what) as error:
        list(tokens(sql))
    assert error.value.line == line


PIECES = st.sampled_from(
    [
        ":a",
        "::",
        ":",
        "'",
        "''",
        '"',
        "$$",
        "$t$",
        "--",
        "/*",
        "*/",
        "\n",
        ";",
        "E'",
        "\\",
        " ",
        "x",
        "%",
        "1",
        "é",
        "[",
        "]",
    ]
)


@given(st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=60))
def test_loses_nothing(sql):
    try:
        found = list(tokens(sql))
    except LexError:
        return
    assert "".join(token.text for token in found) == sql
    assert all(token.text == f":{token.name}" for token in found if token.kind is Kind.PARAMETER)
    lines = [token.line for token in found]
    assert lines == sorted(lines)


@given(st.text(alphabet="ab'\\:;$\"-/* \n", max_size=30))
def test_quoted_text_is_never_code(text):
    for quoted in (
        "'" + text.replace("'", "''") + "'",
        '"' + text.replace('"', '""') + '"',
        f"$fence${text}$fence$",
        "E'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'",
    ):
        assert [token.kind for token in tokens(f" {quoted} ")] == [Kind.CODE, Kind.LITERAL, Kind.CODE]
