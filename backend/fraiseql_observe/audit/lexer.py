"""Split a PostgreSQL statement into the few kinds of token that matter when parameters are replaced.

Knows what PostgreSQL knows: comments (block comments nest), strings, E-strings, quoted identifiers, dollar quotes and
the `::` cast. A `:name` anywhere else is a parameter. The texts of all tokens joined give the input back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Kind(Enum):
    CODE = "code"
    COMMENT = "comment"
    LITERAL = "literal"  # string, dollar quote or quoted identifier: text that is data, not syntax
    PARAMETER = "parameter"
    SEMICOLON = "semicolon"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the statement; `line` counts from 1, `name` is set for parameters only."""

    kind: Kind
    text: str
    line: int
    name: str = ""


class LexError(ValueError):
    """A comment, string or quoted identifier never ends."""

    def __init__(self, what: str, line: int) -> None:
        super().__init__(f"unterminated {what}")
        self.line = line


# What can begin a token that is not plain code. `(?<![\w$])` keeps identifiers such as `the'` or `a$b$` whole.
_START = re.compile(
    r"""(?P<line_comment>--[^\n]*)
      | (?P<block_comment>/\*)
      | (?P<escape_string>(?<![\w$])[eE]')
      | (?P<string>')
      | (?P<quoted>")
      | (?P<dollar>(?<![\w$])\$(?:[^\W\d]\w*)?\$)
      | (?P<cast>::)
      | (?P<parameter>:(?P<name>[A-Za-z_]\w*))
      | (?P<semicolon>;)""",
    re.VERBOSE,
)
_STRING = re.compile(r"'(?:[^']|'')*'")
# An E-string goes on after a line break, and its escapes with it.
_ESCAPE_STRING = re.compile(r"[eE]'(?:[^'\\]|''|\\.)*'(?:[^\S\n]*\n\s*'(?:[^'\\]|''|\\.)*')*", re.DOTALL)
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_DELIMITED = {
    "escape_string": (_ESCAPE_STRING, "string"),
    "string": (_STRING, "string"),
    "quoted": (_QUOTED, "quoted identifier"),
}


def tokens(sql: str) -> Iterator[Token]:
    """Yield the tokens of `sql` in order.

    Raises:
        LexError: when a comment or a quote is never closed.
    """
    position = code_start = 0
    while start := _START.search(sql, position):
        group = start.lastgroup if start.lastgroup != "name" else "parameter"
        if group == "cast":
            position = start.end()
            continue
        if start.start() > code_start:
            yield _token(Kind.CODE, sql, code_start, start.start())
        position = code_start = _end(sql, start, str(group))
        yield _token(_KINDS[str(group)], sql, start.start(), position, start["name"] or "")
    if code_start < len(sql):
        yield _token(Kind.CODE, sql, code_start, len(sql))


_KINDS = {
    "line_comment": Kind.COMMENT,
    "block_comment": Kind.COMMENT,
    "escape_string": Kind.LITERAL,
    "string": Kind.LITERAL,
    "quoted": Kind.LITERAL,
    "dollar": Kind.LITERAL,
    "parameter": Kind.PARAMETER,
    "semicolon": Kind.SEMICOLON,
}


def _token(kind: Kind, sql: str, start: int, end: int, name: str = "") -> Token:
    return Token(kind, sql[start:end], sql.count("\n", 0, start) + 1, name)


def _end(sql: str, start: re.Match[str], group: str) -> int:
    line = sql.count("\n", 0, start.start()) + 1
    if group == "block_comment":
        return _block_comment_end(sql, start.end(), line)
    if group == "dollar":
        close = sql.find(start[0], start.end())
        if close < 0:
            raise LexError("dollar-quoted string", line)
        return close + len(start[0])
    if group in _DELIMITED:
        pattern, what = _DELIMITED[group]
        whole = pattern.match(sql, start.start())
        if whole is None:
            raise LexError(what, line)
        return whole.end()
    return start.end()


def _block_comment_end(sql: str, position: int, line: int) -> int:
    depth = 1
    while depth:
        edge = _COMMENT_EDGE.search(sql, position)
        if edge is None:
            raise LexError("comment", line)
        depth += 1 if edge[0] == "/*" else -1
        position = edge.end()
    return position
