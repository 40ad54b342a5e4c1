"""The rights of the role that verifies a hash chain. Pure: nothing is run here."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from fraiseql_observe.audit.sources import quoted

if TYPE_CHECKING:
    from fraiseql_observe.audit.sources import Source

VERIFIER = "fraiseql_observe_verifier"
_POLICY = "fraiseql_observe_verify"


def verifier_rights(source: Source) -> str:
    """The SQL that lets the role read all of a chain, and every row of it: a row that it does not see looks removed."""
    text = resources.files(__package__).joinpath("schema", "verifier.sql").read_text(encoding="utf-8").strip()
    sql = (
        text.replace("{schema}", quoted(source.schema))
        .replace("{columns}", ", ".join(map(quoted, source.chain)))
        .replace("{relation}", source.relation)
    )
    if not source.row_security:
        return sql
    return (
        f"{sql}\ndrop policy if exists {_POLICY} on {source.relation};\n"
        f"create policy {_POLICY} on {source.relation} for select to {VERIFIER} using (true);"
    )
