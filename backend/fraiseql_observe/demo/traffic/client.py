"""One connection pool to the blog: sends operations as their callers would, and says what came of each."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

import httpx

from fraiseql_observe.demo.blog.tokens import issue_token

if TYPE_CHECKING:
    from fraiseql_observe.demo.blog.database import Person
    from fraiseql_observe.demo.traffic.known import Variables
    from fraiseql_observe.demo.traffic.operations import Operation

TIMEOUT = 20.0  # seconds; longer than the blog waits for a connection


@dataclass(frozen=True)
class Answer:
    """HTTP status and JSON body, None where it was not JSON."""

    status: int
    body: Any

    @property
    def errors(self) -> list[dict[str, Any]]:
        return self.body.get("errors") or [] if isinstance(self.body, dict) else []

    @property
    def hash_is_unknown(self) -> bool:
        return any(error.get("extensions", {}).get("code") == "PERSISTED_QUERY_NOT_FOUND" for error in self.errors)


class BlogClient:
    def __init__(self, url: str, token_secret: str, *, connections: int = 50) -> None:
        self._secret = token_secret
        self._tokens: dict[str, str] = {}
        self._http = httpx.AsyncClient(
            base_url=url, timeout=TIMEOUT, limits=httpx.Limits(max_connections=connections), trust_env=False
        )

    async def run(self, operation: Operation, caller: Person, variables: Variables, *, release: int = 0) -> Answer:
        """Send an operation as one of its callers would.

        Each `release` of the client formats its documents anew, so its persisted queries are unknown at first.
        """
        text = f"{operation.text}\n# release {release}" if operation.persisted else operation.text
        payload: dict[str, Any] = {"operationName": operation.document, "variables": variables}
        if not operation.persisted:
            return await self.send(payload | {"query": text}, caller)
        payload["extensions"] = {
            "persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(text.encode()).hexdigest()}
        }
        answer = await self.send(payload, caller)
        return await self.send(payload | {"query": text}, caller) if answer.hash_is_unknown else answer

    async def send(self, payload: object, caller: Person) -> Answer:
        return await self.post(json.dumps(payload), token=self.token(caller))

    async def post(self, body: str, *, token: str | None) -> Answer:
        """Send any body with any token.

        Raises:
            httpx.TransportError: the blog did not answer.
        """
        headers = {"Content-Type": "application/json", "X-Request-ID": str(uuid4())} | (
            {"Authorization": f"Bearer {token}"} if token else {}
        )
        response = await self._http.post("/graphql", content=body, headers=headers)
        try:
            return Answer(response.status_code, response.json())
        except ValueError:
            return Answer(response.status_code, None)

    def expired_token(self, caller: Person) -> str:
        return issue_token(self._secret, caller, now=datetime.now(UTC), lifetime=timedelta(minutes=-5))

    def forged_token(self, caller: Person) -> str:
        return issue_token("not-the-secret-of-the-blog-but-as-long", caller, now=datetime.now(UTC))

    def token(self, caller: Person) -> str:
        if caller.user_id not in self._tokens:
            self._tokens[caller.user_id] = issue_token(self._secret, caller, now=datetime.now(UTC))
        return self._tokens[caller.user_id]

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *details: object) -> None:
        await self._http.aclose()
