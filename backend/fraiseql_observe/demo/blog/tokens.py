"""Signed tokens: who the bearer is, of which tenant, with which role."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import jwt

if TYPE_CHECKING:
    from fraiseql_observe.demo.blog.database import Person

ALGORITHM = "HS256"
DAY = timedelta(days=1)


def issue_token(secret: str, person: Person, *, now: datetime, lifetime: timedelta = DAY) -> str:
    """Return a token that is good until `now + lifetime`."""
    claims = {
        "sub": person.user_id,
        "name": person.name,
        "email": person.email,
        "tenant": person.tenant_id,
        "tenant_name": person.tenant,
        "roles": [person.role],
        "exp": now + lifetime,
    }
    return jwt.encode(claims, secret, algorithm=ALGORITHM)
