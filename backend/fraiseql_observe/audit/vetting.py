"""Whether a question that somebody wrote may join the catalogue: no write, no lock, no function but harmless ones.

It is a sieve for mistakes and for what the other walls let through (a function that sets, sleeps or locks is allowed in
a read-only transaction). It knows words, not grammar, so it refuses what it does not know; the hint says how to write
it instead. What can write at all is stopped by the role, the transaction and the cursor behind it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, NoReturn

from fraiseql_observe.audit.lexer import Kind
from fraiseql_observe.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fraiseql_observe.audit.lexer import Token
    from fraiseql_observe.audit.question import Question

# Words that write, lock or steer; none of them is needed as a name, and in double quotes it may be one.
_FORBIDDEN = frozenset(
    re.findall(
        r"\w+",
        """insert update delete merge truncate into copy call do execute prepare deallocate declare fetch close commit
        begin rollback savepoint abort set reset grant revoke create alter drop comment vacuum analyze cluster reindex
        lock listen notify unlisten load security tablesample xmltable""",
    )
)
# What shows other sessions, settings, roles' passwords, files; also what the reader may see of it is nobody's business.
_FORBIDDEN_NAMES = re.compile(r"pg_.*|information_schema")
_NAMING = frozenset(("with", "recursive", "as"))  # what follows is a name, and its columns stand in the brackets
_WORD = re.compile(r"[^\W\d][\w$]*|\d[\w.]*|\S")


@dataclass(frozen=True, slots=True)
class _Word:
    """An identifier, a keyword or a single character; quoted identifiers come without quotes and in their own case."""

    text: str
    line: int
    quoted: bool = False

    @property
    def is_name(self) -> bool:
        return self.quoted or self.text[0].isalpha() or self.text[0] == "_"


def vet(question: Question, file: str) -> Question:
    """Return the question when it may be asked.

    Raises:
        CatalogueError: with `file:line`, what stands there and what to write.
    """
    words = list(_words(question.tokens))
    for place, word in enumerate(words):
        _check_word(words, place, file)
        if word.is_name and words[place + 1 : place + 2] and words[place + 1].text == "(":
            _check_call(words, place, file)
    return question


def _check_word(words: list[_Word], place: int, file: str) -> None:
    word = words[place]
    locks = word.text in ("share", "key") and place and words[place - 1].text in ("for", "key")
    if not word.quoted and (word.text in _FORBIDDEN or locks):
        _refuse(
            file, word, f"{word.text!r} has no place in a question", "questions only read; quote it if it is a name"
        )
    if _FORBIDDEN_NAMES.fullmatch(word.text):
        _refuse(file, word, f"{word.text!r} is PostgreSQL's own", "ask fraiseql_observe.audit_events and its like")


def _check_call(words: list[_Word], place: int, file: str) -> None:
    name, before = words[place].text, [word.text for word in words[:place]]
    if before[-1:] == ["."]:
        name = f"{before[-2]}.{name}" if len(before) > 1 else name
    elif before[-1:] and (before[-1] in _NAMING or _names_a_table(words, place + 1)):
        return
    if name not in allowed():
        hint = "functions.txt has those that may be called; columns are named inside: `with name as (select … as a)`"
        _refuse(file, words[place], f"the function {name} is not allowed", hint)


def _names_a_table(words: list[_Word], opening: int) -> bool:
    """Whether the brackets hold the columns of a table in a `with`: they are followed by `as (select`."""
    depth, place = 0, opening
    while place < len(words):
        depth += {"(": 1, ")": -1}.get(words[place].text, 0)
        place += 1
        if not depth:
            break
    rest = [word.text for word in words[place : place + 5] if word.text not in ("not", "materialized")]
    return rest[:2] == ["as", "("] and rest[2:3] in (["select"], ["with"], ["values"])


def _words(tokens: Iterable[Token]) -> Iterator[_Word]:
    for token in tokens:
        if token.kind is Kind.CODE:
            for found in _WORD.finditer(token.text):
                yield _Word(found[0].lower(), token.line + token.text.count("\n", 0, found.start()))
        elif token.kind is Kind.LITERAL and token.text.startswith('"'):
            yield _Word(token.text[1:-1].replace('""', '"'), token.line, quoted=True)
        elif token.kind is Kind.LITERAL:
            yield _Word("''", token.line)
        elif token.kind is Kind.PARAMETER:
            yield _Word(":", token.line)


@cache
def allowed() -> frozenset[str]:
    """What may stand before an opening bracket."""
    text = resources.files(__package__).joinpath("functions.txt").read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


def _refuse(file: str, word: _Word, what: str, hint: str) -> NoReturn:
    raise CatalogueError(f"{file}:{word.line}: {what}.", hint=hint)
