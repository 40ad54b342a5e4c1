"""Sends the demo's everyday operations on raw sockets, so that the client costs next to nothing while it measures."""

from __future__ import annotations

import hashlib
import json
import random
import socket
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from fraiseql_observe.demo.blog import database
from fraiseql_observe.demo.blog.tokens import issue_token
from fraiseql_observe.demo.traffic.crowd import Crowd
from fraiseql_observe.demo.traffic.operations import ADMIN, MIX, pick

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fraiseql_observe.demo.traffic.operations import Operation

_SLEEPS = "ReadingReport"
EVERYDAY = tuple(operation for operation in MIX if operation.document != _SLEEPS)
_TEACH = frozenset({"Posts", "CreatePost"})
_EVERYBODY = 1e9  # seconds after which everybody has arrived
_CLIENT_ERROR = 400


class Request(NamedTuple):
    """What one caller asks: the bytes on the wire, and whom the answer teaches."""

    operation: Operation
    tenant: str
    data: bytes


class Visitors:
    """The crowd in front of one server; two with the same seed and the same data send the same operations."""

    def __init__(self, port: int, database_url: str, token_secret: str) -> None:
        people = database.people(database_url)
        now = datetime.now(UTC)
        self._port = port
        self._crowd = Crowd.of(people, random.Random(1))
        self._tokens = {person.user_id: issue_token(token_secret, person, now=now) for person in people}

    def introduce(self) -> None:
        """Have every persisted document stored and some posts known, as they are after the first minutes of a day."""
        admin = next(person for person in self._crowd.people if person.role == ADMIN)
        persisted = [operation for operation in EVERYDAY if operation.persisted]
        connection = self.connect()
        for operation in persisted:
            connection.ask(_encode(operation, {}, self._tokens[admin.user_id], introduce=True))
        connection.close()

    def connect(self) -> Connection:
        return Connection(self._port)

    def send(self, plan: Sequence[Request], connections: int) -> float:
        """Send a plan over so many connections, each asking again once it has its answer; the seconds that it took."""
        pending = iter(enumerate(plan))  # shared by the threads
        answers = [b""] * len(plan)
        opened = [self.connect() for _ in range(connections)]
        threads = [threading.Thread(target=_ask_all, args=(connection, pending, answers)) for connection in opened]
        started = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        elapsed = time.perf_counter() - started
        for connection in opened:
            connection.close()
        for request, answer in zip(plan, answers, strict=True):
            self.learn(request, answer)
        return elapsed

    def learn(self, request: Request, answer: bytes) -> None:
        status = int(answer[9:12] or b"0")
        if not status or (status >= _CLIENT_ERROR and request.operation.outcome == "success"):
            raise SystemExit(f"{request.operation.document} was answered with {answer[:300]!r}")
        if request.operation.document in _TEACH:
            self._crowd.known[request.tenant].learn(json.loads(answer.partition(b"\r\n\r\n")[2]))

    def plan(self, kinds: tuple[Operation, ...], seed: int, requests: int) -> list[Request]:
        rng = random.Random(seed)
        plan: list[Request] = []
        while len(plan) < requests:
            operation = pick(rng, kinds)
            caller = self._crowd.somebody(rng, _EVERYBODY, operation.roles)
            if caller is None:
                continue
            variables = operation.variables(rng, self._crowd.known[caller.tenant_id])
            if variables is not None:
                data = _encode(operation, variables, self._tokens[caller.user_id])
                plan.append(Request(operation, caller.tenant_id, data))
        return plan


def _ask_all(connection: Connection, pending: Iterator[tuple[int, Request]], answers: list[bytes]) -> None:
    for number, request in pending:
        answers[number] = connection.ask(request.data)


def _encode(operation: Operation, variables: dict[str, Any], token: str, *, introduce: bool = False) -> bytes:
    payload: dict[str, Any] = {"operationName": operation.document, "variables": variables}
    if operation.persisted:
        digest = hashlib.sha256(operation.text.encode()).hexdigest()
        payload["extensions"] = {"persistedQuery": {"version": 1, "sha256Hash": digest}}
    if introduce or not operation.persisted:
        payload["query"] = operation.text
    body = json.dumps(payload)
    head = (
        "POST /graphql HTTP/1.1", "Host: blog", "Content-Type: application/json", f"Authorization: Bearer {token}",
        f"Content-Length: {len(body)}", "", "",
    )  # fmt: skip
    return "\r\n".join((*head[:-1], "")).encode() + body.encode()


class Connection:
    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 20)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> bytes:
        self._socket.sendall(request)
        data = self._socket.recv(1 << 18)
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._socket.recv(1 << 18)
        length = int(data[:end].lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        while len(data) < end + 4 + length:
            data += self._socket.recv(1 << 18)
        return data

    def close(self) -> None:
        self._socket.close()
