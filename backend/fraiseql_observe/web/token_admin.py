"""Making, listing and revoking tokens, for the REST interface and the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fraiseql_observe.audit.tenants import problem as tenant_problem
from fraiseql_observe.errors import ConfigError, ConflictError
from fraiseql_observe.incident.ids import new_id
from fraiseql_observe.store import tokens
from fraiseql_observe.web import access
from fraiseql_observe.web.principal import Scope, question_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from fraiseql_observe.store.engine import Engine, Transaction

MOST = 1000


async def create(
    engine: Engine,
    name: str,
    scopes: Sequence[str],
    by: str,
    now: datetime,
    age: timedelta | None = None,
    tenants: Sequence[str] = (),
) -> tuple[tokens.Token, str]:
    """Make a token and return it with its secret, which nobody can show again.

    Raises:
        ConfigError: scopes and tenants do not go together.
        ConflictError: one of that name lives, or there are too many.
    """
    if wrong := unfit(scopes, tenants):
        raise ConfigError(f"tenants: {wrong}", hint="give such a token --scope audit:read")
    secret = access.make()
    ends = None if age is None else now + age
    made = tokens.Token(
        new_id("tok", now), name, tuple(dict.fromkeys(scopes)), by, now, ends, tenants=tuple(dict.fromkeys(tenants))
    )

    def keep(tx: Transaction) -> None:
        known = tokens.every(tx)
        if any(one.name == name and (one.expires_at is None or one.expires_at > now) for one in known):
            raise ConflictError(f"There is a token {name!r} already.", hint="revoke it first, or choose another name")
        if len(known) >= MOST:
            raise ConflictError(f"There are {MOST} tokens already.", hint="revoke some")
        tokens.insert(tx, made, access.digest(secret))

    await engine.write(keep)
    return made, secret


async def every(engine: Engine) -> list[tokens.Token]:
    return await engine.read(tokens.every)


async def revoke(engine: Engine, token_id: str) -> None:
    """Take a token away.

    Raises:
        NotFoundError: there is none of that id.
    """
    await engine.write(lambda tx: tokens.revoke(tx, token_id))


def unfit(scopes: Sequence[str], tenants: Sequence[str]) -> str:
    """Why a token cannot have these tenants, as the end of a sentence; empty when it can.

    Alerts know no tenants, so a token that is for some may do nothing but ask the audit log.
    """
    if tenants and not all(scope == Scope.AUDIT or question_of(scope) for scope in scopes):
        return "are for tokens with audit scopes only"
    return tenant_problem(tenants)


def view(token: tokens.Token) -> dict[str, object]:
    """Return what is shown of a token; never its hash."""
    return {
        "id": token.id,
        "name": token.name,
        "scopes": list(token.scopes),
        "tenants": list(token.tenants),
        "created_by": token.created_by,
        "created_at": token.created_at.isoformat(),
        "expires_at": token.expires_at.isoformat() if token.expires_at else None,
        "last_used_at": token.last_used_at.isoformat() if token.last_used_at else None,
    }
