"""A load generator for one core: keep-alive connections that send prepared requests and read status lines.

Bodies are made before the clock starts. Loopback only; a run is bounded by the number of its bodies.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HOST = "127.0.0.1"


class Result(NamedTuple):
    """`latencies` in seconds, sorted; `refused` counts answers that are not 2xx."""

    seconds: float
    latencies: list[float]
    refused: int

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def quantile(self, share: float) -> float:
        return self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * share))]


class _Connection(asyncio.Protocol):
    """Sends one request after the other until the bodies run out."""

    def __init__(self, head: bytes, bodies: Iterator[bytes], latencies: list[float], refused: list[bytes]) -> None:
        self._head, self._bodies, self._latencies, self._refused = head, bodies, latencies, refused
        self._buffer = b""
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._next()

    def _next(self) -> None:
        body = next(self._bodies, None)
        if body is None:
            self._transport.close()
            return
        self._began = time.perf_counter()
        self._transport.write(b"%sContent-Length: %d\r\n\r\n%s" % (self._head, len(body), body))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator or len(rest) < _length(head):
            return
        self._latencies.append(time.perf_counter() - self._began)
        if not head.startswith(b"HTTP/1.1 2"):
            self._refused.append(head[:12])
        self._buffer = b""
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.finished.done():
            self.finished.set_exception(error) if error else self.finished.set_result(None)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def send(port: int, path: str, bodies: Sequence[bytes], *, connections: int, token: str = "") -> Result:
    """POST every body once over so many connections, each as fast as it is answered."""
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n{authorization}".encode()
    latencies: list[float] = []
    refused: list[bytes] = []

    async def run() -> float:
        loop, shared = asyncio.get_running_loop(), iter(bodies)
        began = time.perf_counter()
        made = [
            await loop.create_connection(lambda: _Connection(head, shared, latencies, refused), HOST, port)
            for _ in range(connections)
        ]
        await asyncio.wait_for(asyncio.gather(*(each[1].finished for each in made)), 120)
        return time.perf_counter() - began

    seconds = asyncio.run(run())
    return Result(seconds, sorted(latencies), len(refused))
