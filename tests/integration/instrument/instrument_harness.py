"""Serves a real FraiseQL application with uvicorn, sends it traffic and reads what it tells."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import uvicorn
from prometheus_client.parser import text_string_to_metric_families
from psycopg.rows import dict_row

from fraiseql_observe.audit import setup

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HERE = Path(__file__).parent
ADA = "00000000-0000-0000-0000-000000000001"
CREATE_POST = """mutation MakePost($input: CreatePostInput!) { createPost(input: $input) {
    ... on CreatePostSuccess { message post { id title } } ... on CreatePostError { message code } } }"""


def prepare(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute((HERE / "schema.sql").read_text(encoding="utf-8"))
    setup.apply(url)


def audit_rows(url: str, where: str = "true") -> list[dict[str, Any]]:
    with psycopg.connect(url, row_factory=dict_row) as connection:
        query = f"select * from fraiseql_observe.audit_event where {where} order by occurred_at"
        return connection.execute(query).fetchall()


class Samples:
    """The metrics of one scrape, asked by name and labels."""

    def __init__(self, text: str) -> None:
        self.families = {family.name: family for family in text_string_to_metric_families(text)}
        self.samples = [s for f in self.families.values() for s in f.samples if not s.name.endswith("_created")]

    def value(self, name: str, **labels: str) -> float:
        """The sum of all samples of that name that carry the labels."""
        return sum(s.value for s in self.samples if s.name == name and labels.items() <= s.labels.items())

    def all(self, name: str) -> dict[tuple[str, ...], float]:
        """The samples that are not zero, by their label values in the order of the label names."""
        found = [s for s in self.samples if s.name == name and s.value]
        return {tuple(value for _, value in sorted(s.labels.items())): s.value for s in found}


class Blog:
    """A client of the application."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.http = client

    async def post(
        self, query: str | None = None, *, headers: dict[str, str] | None = None, **body: Any
    ) -> httpx.Response:
        if query is not None:
            body["query"] = query
        return await self.http.post("/graphql", json=body, headers=headers)

    async def create_post(self, title: str, author: str = ADA) -> dict[str, Any]:
        answer = await self.post(CREATE_POST, variables={"input": {"title": title, "authorId": author}})
        return answer.json()

    async def metrics(self) -> Samples:
        return Samples((await self.http.get("/metrics")).text)

    async def metrics_when(self, ready: Any) -> Samples:
        """Scrape until the samples satisfy the condition; background work may lag a moment behind."""
        for _ in range(200):
            samples = await self.metrics()
            if ready(samples):
                return samples
            await asyncio.sleep(0.05)
        raise AssertionError("The metrics never got there.")


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[Blog]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="on"))
    task = asyncio.create_task(server.serve())
    try:
        while not server.started:
            assert not task.done(), "uvicorn ended"
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield Blog(client)
    finally:
        server.should_exit = True
        await task


async def call(app: Any, body: bytes | dict[str, Any], path: str = "/graphql", method: str = "POST") -> int:
    """One request straight to the ASGI application; the status of its answer."""
    content = json.dumps(body).encode() if isinstance(body, dict) else body
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
        "raw_path": path.encode(), "root_path": "", "scheme": "http", "query_string": b"",
        "headers": [(b"content-type", b"application/json")], "client": None, "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip
    messages = [{"type": "http.request", "body": content, "more_body": False}]
    status = 0

    async def receive() -> Any:
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)

    await app(scope, receive, send)
    return status
