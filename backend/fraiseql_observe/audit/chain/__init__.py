"""Tamper evidence: verifies the hash chains that FraiseQL's own audit logs have (ADR 0019)."""
