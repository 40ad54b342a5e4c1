"""Who is calling: FraiseQL's provider for the blog's tokens."""

from __future__ import annotations

from typing import Any

import jwt
from fraiseql.auth.base import AuthProvider, InvalidTokenError, TokenExpiredError, UserContext

from fraiseql_observe.demo.blog.tokens import ALGORITHM

PERMISSIONS = {
    "reader": ["post:read"],
    "author": ["post:read", "post:write"],
    "admin": ["post:read", "post:write", "post:moderate"],
}


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
            metadata={"tenant_id": claims["tenant"], "tenant": claims["tenant_name"]},
        )
