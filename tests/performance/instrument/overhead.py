"""What the instrument costs the demo application: with and without it, in one alternating run, the audit log on.

    python tests/performance/instrument/overhead.py

Three servers of the demo's blog run side by side, each on its own copy of the data: plain, instrumented, and with
FraiseQL's `setup_metrics`. All get the same operations: the demo's weighted mix, everybody logged in, without the
report that sleeps. The servers share one core; client and PostgreSQL have the other.

Latency and processor time are taken one request at a time, a few requests on each server in turn, so that a
neighbour's noise moves all of them alike. A pause after each answer keeps what a server does after answering out of
the next request's latency; its processor time counts, that of most audit batches does not.

Throughput is taken on several connections without pause, in short blocks in turn; while one server is measured the
others are stopped (SIGSTOP). There the servers' core is the bottleneck and everything counts. The figures are medians
of the differences to the plain server, with the quartiles beside them, which show how much noise was left.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import statistics
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
from visitors import EVERYDAY, Visitors

from fraiseql_observe.audit import setup
from fraiseql_observe.demo.blog import database
from fraiseql_observe.demo.blog.asgi import DATABASE_URL, TOKEN_SECRET
from fraiseql_observe.demo.servers.postgres import PostgresServer
from fraiseql_observe.demo.servers.server import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from visitors import Connection, Request

    from fraiseql_observe.demo.traffic.operations import Operation

CONTENDERS = ("bare", "instrumented", "fraiseql_metrics")
KINDS: dict[str, tuple[Operation, ...]] = {
    "everyday mix": EVERYDAY,
    "Tags: rust path, APQ": tuple(operation for operation in EVERYDAY if operation.document == "Tags"),
    "TagCloud: python path, cache": tuple(operation for operation in EVERYDAY if operation.document == "TagCloud"),
}
_CONNECTIONS = 4
_BLOCK = 100  # requests of one measurement of throughput
_RUN = 20  # requests on one server before the next one's turn
_WARM_UP, _AFTER_PAUSE = 400, 12
_SETTLED = 0.001  # seconds in which a server has done what it does after its answer


class Alone(NamedTuple):
    """One request: latency and processor time, in microseconds."""

    latency: float
    cpu: float


def main() -> None:
    arguments = _arguments()
    server_core, client_core = _cores()
    os.sched_setaffinity(0, {client_core})  # PostgreSQL inherits it
    with ExitStack() as stack:
        postgres = stack.enter_context(PostgresServer())
        servers = {name: stack.enter_context(_server(postgres, name, server_core)) for name in CONTENDERS}
        report = {}
        for kind, operations in KINDS.items():
            share = 1 if kind == "everyday mix" else 4
            rounds, requests = arguments.rounds // share, arguments.requests // share
            report[kind] = _compare(servers, operations, rounds, requests)
            _print(kind, report[kind])
        rows = _audit_rows(postgres.url_of("instrumented"))
    sys.stdout.write(f"audit rows written: {rows}; load of the machine: {os.getloadavg()[0]:.1f}\n")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40, help="blocks of throughput for each server")
    parser.add_argument("--requests", type=int, default=1000, help="single requests for each server")
    parser.add_argument("--json", help="write the figures to this file")
    return parser.parse_args()


def _cores() -> tuple[int, int]:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) == 1:
        raise SystemExit("Two cores are needed: one for the servers, one for client and database.")
    return cores[0], cores[1]


class Server:
    def __init__(self, process: subprocess.Popen[bytes], visitors: Visitors) -> None:
        self.process, self.visitors = process, visitors

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def throughput(self, operations: tuple[Operation, ...], seed: int) -> float:
        """Requests a second on several connections."""
        self.resume()
        try:
            self.visitors.send(self.visitors.plan(operations, 0, _AFTER_PAUSE), 1)
            return _BLOCK / self.visitors.send(self.visitors.plan(operations, seed, _BLOCK), _CONNECTIONS)
        finally:
            self.pause()

    def cpu(self) -> float:
        """Seconds that the threads of the process have been running, to the nanosecond."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text(encoding="utf-8").split()[0]) for task in tasks) / 1e9


@contextmanager
def _server(postgres: PostgresServer, name: str, core: int) -> Iterator[Server]:
    url, secret, port = _data(postgres, name), secrets.token_urlsafe(32), free_port()
    here = str(Path(__file__).parent)
    command = [sys.executable, "-m", "uvicorn", f"contenders:{name}", "--factory", "--app-dir", here]
    process = subprocess.Popen(
        [*command, "--port", str(port), "--log-level", "critical"],
        env={**os.environ, DATABASE_URL: url, TOKEN_SECRET: secret},
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    os.sched_setaffinity(process.pid, {core})
    try:
        _await_answer(port)
        visitors = Visitors(port, url, secret)
        visitors.introduce()
        visitors.send(visitors.plan(EVERYDAY, 0, _WARM_UP), 1)
        process.send_signal(signal.SIGSTOP)
        yield Server(process, visitors)
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(20)


def _data(postgres: PostgresServer, name: str) -> str:
    """A copy of the same data for each server: what one of them writes must not change what another reads."""
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        if not admin.execute("select 1 from pg_database where datname = 'seed'").fetchone():
            url = postgres.create_database("seed")
            database.prepare(url)
            setup.apply(url)
        admin.execute(f'create database "{name}" template seed')
    return postgres.url_of(name)


def _await_answer(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("The application did not start.")


def _compare(
    servers: dict[str, Server], operations: tuple[Operation, ...], rounds: int, requests: int
) -> dict[str, Any]:
    alone = _one_by_one(servers, operations, requests)
    many = _at_once(servers, operations, rounds)
    report: dict[str, Any] = {"rounds": rounds, "requests": requests}
    for name in servers:
        p50 = statistics.median(single.latency for single in alone[name])
        report[name] = {"p50 us": p50, "CPU us": statistics.median(single.cpu for single in alone[name])}
        report[name]["requests/s"] = statistics.median(many[name])
        if name != "bare":
            pairs = list(zip(alone["bare"], alone[name], strict=True))
            report[name]["p50 above bare us"] = p50 - report["bare"]["p50 us"]
            report[name]["added latency us"] = _spread([ours.latency - bare.latency for bare, ours in pairs])
            report[name]["added CPU us"] = _spread([ours.cpu - bare.cpu for bare, ours in pairs])
            blocks = zip(many["bare"], many[name], strict=True)
            report[name]["throughput %"] = _spread([(ours / bare - 1) * 100 for bare, ours in blocks])
    return report


def _one_by_one(servers: dict[str, Server], operations: tuple[Operation, ...], requests: int) -> dict[str, list[Alone]]:
    """A run of operations on each server in turn, and the next run in another order."""
    for server in servers.values():
        server.resume()
    measured: dict[str, list[Alone]] = {name: [] for name in servers}
    connections = {name: server.visitors.connect() for name, server in servers.items()}
    for seed in range(requests // _RUN):
        for name in _in_turn(seed):
            for request in servers[name].visitors.plan(operations, seed, _RUN):
                measured[name].append(_single(servers[name], connections[name], request))
    for name, server in servers.items():
        connections[name].close()
        server.pause()
    return measured


def _single(server: Server, connection: Connection, request: Request) -> Alone:
    before, started = server.cpu(), time.perf_counter()
    answer = connection.ask(request.data)
    latency = time.perf_counter() - started
    time.sleep(_SETTLED)
    cpu = server.cpu() - before
    server.visitors.learn(request, answer)
    return Alone(latency * 1e6, cpu * 1e6)


def _at_once(servers: dict[str, Server], operations: tuple[Operation, ...], rounds: int) -> dict[str, list[float]]:
    measured: dict[str, list[float]] = {name: [] for name in servers}
    for number in range(rounds):
        for name in _in_turn(number):
            measured[name].append(servers[name].throughput(operations, 1000 + number))
    return measured


def _in_turn(number: int) -> tuple[str, ...]:
    first = number % len(CONTENDERS)
    return (*CONTENDERS[first:], *CONTENDERS[:first])


def _spread(values: list[float]) -> list[float]:
    """Median, lower and upper quartile."""
    lower, median, upper = statistics.quantiles(values, n=4, method="inclusive")
    return [median, lower, upper]


def _audit_rows(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("select count(*) from fraiseql_observe.audit_event").fetchone()
        return row[0] if row else 0


def _print(kind: str, report: dict[str, Any]) -> None:
    lines = [f"{kind}: {report['requests']} single requests, {report['rounds']} blocks of {_BLOCK} for each server"]
    for name in CONTENDERS:
        lines.append(f"  {name}")
        for what, figure in report[name].items():
            spread = isinstance(figure, list)
            text = "{:+.1f}  quartiles {:+.1f} to {:+.1f}".format(*figure) if spread else f"{figure:.0f}"
            lines.append(f"    {what:18} {text}")
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
