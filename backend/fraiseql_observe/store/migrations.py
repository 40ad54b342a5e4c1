"""The schema and its history: numbered SQL files, applied in order and never taken back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from fraiseql_observe.errors import StoreError
from fraiseql_observe.store.columns import micros
from fraiseql_observe.store.statement import split

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from fraiseql_observe.store.engine import Transaction

_VERSIONS = """
create table if not exists schema_version (
  version bigint primary key,
  name text not null,
  applied_at bigint not null
)
"""
_VERSION = "select max(version) as version from schema_version"
_APPLIED = "insert into schema_version (version, name, applied_at) values (:version, :name, :applied_at)"


@dataclass(frozen=True, slots=True)
class Migration:
    version: int
    name: str
    script: str


@cache
def shipped() -> tuple[Migration, ...]:
    """Give the migrations of this program, oldest first."""
    files = resources.files("fraiseql_observe.store").joinpath("schema").iterdir()
    scripts = sorted((file for file in files if file.name.endswith(".sql")), key=lambda file: file.name)
    return tuple(_migration(file.name, file.read_text(encoding="utf-8")) for file in scripts)


def migrate(
    tx: Transaction, words: Mapping[str, str], now: datetime, migrations: Sequence[Migration] | None = None
) -> list[Migration]:
    """Apply what is missing, in the caller's transaction; returns what was applied.

    `words` are the engine's own for the placeholders of the files.

    Raises:
        StoreError: the schema is newer than this program.
    """
    tx.execute(_VERSIONS)
    missing = _missing(tx, shipped() if migrations is None else migrations)
    for migration in missing:
        _apply(tx, migration, words, now)
    return missing


def check(tx: Transaction) -> None:
    """See that the schema is this program's.

    Raises:
        StoreError: it is newer or older.
    """
    if _missing(tx, shipped()):
        raise StoreError(
            "The store's schema is older than this program.", hint="Restart the server with this version first."
        )


def _missing(tx: Transaction, known: Sequence[Migration]) -> list[Migration]:
    at = tx.rows(_VERSION)[0]["version"] or 0
    if at > known[-1].version:
        raise StoreError(
            f"The store has schema version {at}, and this program knows versions up to {known[-1].version}.",
            hint="Run the version of fraiseql-observe that wrote it, or a newer one; a schema is never taken back.",
        )
    return [migration for migration in known if migration.version > at]


def _apply(tx: Transaction, migration: Migration, words: Mapping[str, str], now: datetime) -> None:
    for statement in split(migration.script):
        tx.execute(_worded(statement, words))
    tx.execute(_APPLIED, {"version": migration.version, "name": migration.name, "applied_at": micros(now)})


def _worded(statement: str, words: Mapping[str, str]) -> str:
    for name, word in words.items():
        statement = statement.replace(f"{{{name}}}", word)
    return statement


def _migration(file: str, script: str) -> Migration:
    number, _, name = file.removesuffix(".sql").partition("_")
    return Migration(int(number), name, script)
