"""Tamper evidence: verifies the hash chains that FraiseQL's own audit logs have (ADR 0019)."""

from fraiseql_observe.audit.chain.model import Break, Findings, Kind, Position, Seal, Trap, Verdict
from fraiseql_observe.audit.chain.source import Log, logs
from fraiseql_observe.audit.chain.verify import (
    LONGEST_TRANSACTION,
    Advance,
    Rules,
    advance,
    again,
    rest,
    verdict,
    verify,
)

__all__ = [
    "LONGEST_TRANSACTION",
    "Advance",
    "Break",
    "Findings",
    "Kind",
    "Log",
    "Position",
    "Rules",
    "Seal",
    "Trap",
    "Verdict",
    "advance",
    "again",
    "logs",
    "rest",
    "verdict",
    "verify",
]
