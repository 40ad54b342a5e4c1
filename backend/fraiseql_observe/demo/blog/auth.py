"""Signed tokens: who is calling, of which tenant, with which roles."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import jwt
from fraiseql.auth.base import AuthProvider, InvalidTokenError, TokenExpiredError, UserContext

if TYPE_CHECKING:
    from fraiseql_observe.demo.blog.database import Person

ALGORITHM = "HS256"
PERMISSIONS = {
    "reader": ["post:read"],
    "author": ["post:read", "post:write"],
    "admin": ["post:read", "post:write", "post:moderate"],
}


def issue_token(secret: str, person: Person, *, now: datetime, lifetime: timedelta = timedelta(days=1)) -> str:
    """Return a token that says who the bearer is until `now + lifetime`."""
    claims = {
        "sub": person.user_id,
        "name": person.name,
        "email": person.email,
        "tenant": person.tenant_id,
        "roles": [person.role],
        "exp": now + lifetime,
    }
    return jwt.encode(claims, secret, algorithm=ALGORITHM)


class TokenProvider(AuthProvider):
    """Turns a bearer token into FraiseQL's `UserContext`."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    async def validate_token(self, token: str) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(token, self._secret, algorithms=[ALGORITHM])
        except jwt.ExpiredSignatureError as error:
            raise TokenExpiredError("The token has expired.") from error
        except jwt.InvalidTokenError as error:
            raise InvalidTokenError("The token is not one of ours.") from error
        return claims

    async def get_user_from_token(self, token: str) -> UserContext:
        claims = await self.validate_token(token)
        roles = claims["roles"]
        return UserContext(
            user_id=claims["sub"],
            email=claims["email"],
            name=claims["name"],
            roles=roles,
            permissions=sorted({permission for role in roles for permission in PERMISSIONS.get(role, [])}),
            metadata={"tenant_id": claims["tenant"]},
        )
