"""What a reading met that is no tampering, in sentences: FraiseQL's own traps, and what weakens its chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fraiseql_observe.audit.chain.model import Findings, Trap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fraiseql_observe.audit.chain.source import Circumstances


def remarks(findings: Findings, known: Circumstances, *, empty: bool) -> tuple[str, ...]:
    """The sentences about a log; `empty` says that it holds no row."""
    return (*_traps(findings), *_weaknesses(known, empty=empty))


def _traps(findings: Findings) -> Iterator[str]:
    met = findings.traps
    if count := met.get(Trap.SAME_TRANSACTION):
        yield (
            f"{_rows(count)} of one transaction branch off or stand in another order than they were written in: rows "
            "of a transaction have one time, and FraiseQL orders them by random ids."
        )
    if count := met.get(Trap.CONCURRENT):
        yield (
            f"{_rows(count)} branch off, or follow a row that is later: transactions at work at the same time do not "
            "see each other's rows, and FraiseQL takes no lock."
        )
    if count := met.get(Trap.TIME_ZONE):
        zones = ", ".join(f"{zone} ({number})" for zone, number in sorted(findings.zones.items()))
        yield (
            f"{_rows(count)} were hashed by sessions in another time zone than UTC: {zones}. FraiseQL's own "
            "verify_audit_chain() agrees only in a session with the same one."
        )
    if count := met.get(Trap.UNKNOWN_VERSION):
        yield (
            f"{_rows(count)} say a hash_version that this program does not know: their links and signatures were "
            "checked, their content was not."
        )


def _weaknesses(known: Circumstances, *, empty: bool) -> Iterator[str]:
    if empty and known.refuses_rows:
        yield (
            "It is empty: FraiseQL 1.9.16's trigger create_audit_partition_trigger fails every INSERT into this table. "
            "Drop that trigger, or install a later release's migration."
        )
    if not known.chained:
        yield (
            "FraiseQL's trigger populate_crypto_trigger is missing or disabled: whoever inserts a row now chooses its "
            "hash and signature."
        )
    if known.key_is_public:
        yield (
            "Every user of the database may read the signing key, and so sign what they like: "
            "revoke execute on function get_active_signing_key() from public."
        )
    if known.date_style != "ISO":
        yield (
            f"DateStyle is {known.date_style}: rows hashed by sessions with it cannot be recomputed, and are found "
            "changed. Set datestyle = 'ISO' for the application."
        )


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"
