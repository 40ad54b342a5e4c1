"""One statement, two engines: it is written as PostgreSQL has it, with `:name` parameters.

SQLite reads all of that but `= any(:names)` (a list: it becomes JSON there), `for update skip locked` (there is one
writer) and `strpos` (`instr` there). For psycopg the parameters become `%(name)s`. Each statement is translated once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fraiseql_observe.audit.lexer import Kind, tokens
from fraiseql_observe.store.columns import dump

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ANY = re.compile(r"= any\(:(\w+)\)")
_ROW_LOCK = re.compile(r"\bfor update skip locked\b")
_STATEMENTS = 1024  # far more than there are


@dataclass(frozen=True, slots=True)
class SqliteStatement:
    text: str
    lists: tuple[str, ...]  # names of the parameters that are lists

    def bind(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Write the lists as JSON."""
        if not self.lists:
            return parameters
        return {**parameters, **{name: dump(list(parameters[name])) for name in self.lists}}


@lru_cache(_STATEMENTS)
def for_sqlite(statement: str) -> SqliteStatement:
    text = _ANY.sub(r"in (select value from json_each(:\1))", _ROW_LOCK.sub("", statement)).replace("strpos(", "instr(")
    return SqliteStatement(text, tuple(_ANY.findall(statement)))


@lru_cache(_STATEMENTS)
def for_postgres(statement: str) -> str:
    return "".join(
        f"%({token.name})s" if token.kind is Kind.PARAMETER else token.text.replace("%", "%%")
        for token in tokens(statement)
    )


def split(script: str) -> Iterator[str]:
    """Give the statements of a script that stand between semicolons."""
    statement = ""
    for token in tokens(script):
        if token.kind is not Kind.SEMICOLON:
            statement += token.text if token.kind is not Kind.COMMENT else " "
        elif statement.strip():
            yield statement.strip()
            statement = ""
    if statement.strip():
        yield statement.strip()
