"""What the instrument costs: the same application with and without it, in one alternating run, the audit log on.

    python tests/performance/instrument/overhead.py --postgres postgresql://postgres@127.0.0.1:5432/ [--seconds 4]

Two servers run side by side, one instrumented, and take turns: while one is measured the other is stopped (SIGSTOP),
so that both see the same machine at nearly the same time. The figure for each request kind is the median over the
rounds of the *difference within a round*, because neighbours' noise moves both sides of a round alike.

Two loads are measured. Latency: one connection, one request at a time. Throughput: several connections without pause;
there a server process is the bottleneck, so CPU time per request (from the process itself) is reported beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import psycopg

from fraiseql_observe.audit import setup

if TYPE_CHECKING:
    from collections.abc import Iterator

_APP = Path(__file__).parents[2] / "integration" / "instrument"

KINDS = {
    "python path, no SQL": "query Ping { ping }",
    "rust path, 2 rows": "query Users { users { id name } }",
    "rust path, nested": "query Posts { posts { id title author { name } } }",
    "two root fields": "query Both { users { id } posts { id title } }",
}


def main() -> None:
    arguments = _arguments()
    with (
        _database(arguments.postgres) as url,
        _server(url, instrumented=False) as bare,
        _server(url, instrumented=True) as full,
    ):
        report = {kind: _compare(bare, full, _request(text), arguments) for kind, text in KINDS.items()}
        report["audit rows"] = _rows(url)
    _print(report)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--postgres", required=True, help="URL of a superuser; a database of its own is made there")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=2.0, help="length of one measurement")
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--json", help="write the figures to this file")
    return parser.parse_args()


@contextmanager
def _database(server: str) -> Iterator[str]:
    name = f"overhead_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'create database "{name}"')
    url = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    try:
        with psycopg.connect(url) as connection:
            connection.execute((_APP / "schema.sql").read_text(encoding="utf-8"))
        setup.apply(url)
        yield url
    finally:
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(f'drop database "{name}" with (force)')


class Server:
    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process, self.port = process, port

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _server(url: str, *, instrumented: bool) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "PYTHONPATH": str(_APP),
        "FRAISEQL_OBSERVE_INSTRUMENT_ENABLED": str(instrumented).lower(),
    }
    command = [sys.executable, "-m", "uvicorn", "instrument_app:instrumented_app", "--factory", "--port", str(port)]
    process = subprocess.Popen([*command, "--log-level", "error"], env=environment, stderr=subprocess.DEVNULL)
    server = Server(process, port)
    try:
        _await_answer(port)
        server.pause()
        yield server
    finally:
        server.resume()
        process.terminate()
        process.wait(20)


def _await_answer(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("The application did not start.")


def _request(text: str) -> bytes:
    body = json.dumps({"query": text}).encode()
    head = f"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Load:
    """Sends one request over and over on one connection; a raw socket, so that the client costs next to nothing."""

    def __init__(self, port: int, request: bytes) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._request = request
        self.latencies: list[float] = []

    def run(self, seconds: float) -> None:
        end = time.perf_counter() + seconds
        while (started := time.perf_counter()) < end:
            self._socket.sendall(self._request)
            self._read()
            self.latencies.append(time.perf_counter() - started)
        self._socket.close()

    def _read(self) -> None:
        data = self._socket.recv(65536)
        while b"\r\n\r\n" not in data:
            data += self._socket.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"Unexpected answer: {head[:80]!r}")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        while len(body) < length:
            body += self._socket.recv(65536)


def _measure(server: Server, request: bytes, connections: int, seconds: float) -> tuple[float, float, float]:
    """Median latency in microseconds, requests per second, CPU microseconds per request."""
    server.resume()
    try:
        Load(server.port, request).run(0.2)
        loads = [Load(server.port, request) for _ in range(connections)]
        cpu, started = server.cpu_seconds(), time.perf_counter()
        threads = [threading.Thread(target=load.run, args=(seconds,)) for load in loads]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        latencies = [latency for load in loads for latency in load.latencies]
        elapsed, cpu = time.perf_counter() - started, server.cpu_seconds() - cpu
        return statistics.median(latencies) * 1e6, len(latencies) / elapsed, cpu / len(latencies) * 1e6
    finally:
        server.pause()


def _compare(bare: Server, full: Server, request: bytes, arguments: argparse.Namespace) -> dict[str, float]:
    rounds = []
    for number in range(arguments.rounds):
        order = (bare, full) if number % 2 else (full, bare)
        single = {server: _measure(server, request, 1, arguments.seconds) for server in order}
        many = {server: _measure(server, request, arguments.connections, arguments.seconds) for server in order}
        rounds.append((single[bare], single[full], many[bare], many[full]))
    median = statistics.median
    return {
        "bare p50 us": median(r[0][0] for r in rounds),
        "added p50 us": median(r[1][0] - r[0][0] for r in rounds),
        "bare requests/s": median(r[2][1] for r in rounds),
        "throughput %": median((r[3][1] / r[2][1] - 1) * 100 for r in rounds),
        "bare CPU us": median(r[2][2] for r in rounds),
        "added CPU us": median(r[3][2] - r[2][2] for r in rounds),
    }


def _rows(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("select count(*) from fraiseql_observe.audit_event").fetchone()
        return row[0] if row else 0


def _print(report: dict[str, object]) -> None:
    for kind, figures in report.items():
        if isinstance(figures, dict):
            print(f"{kind:24}", "  ".join(f"{name} {value:8.1f}" for name, value in figures.items()))  # noqa: T201
        else:
            print(f"{kind:24} {figures}")  # noqa: T201


if __name__ == "__main__":
    main()
