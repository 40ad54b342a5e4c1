"""Two uvicorn workers read as one application, also after one of them was killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

pytest.importorskip("fraiseql", reason="needs a real FraiseQL application (Python 3.13)")

import httpx
from instrument_harness import HERE, Samples, audit_rows

from fraiseql_observe.instrument.metrics import dead_processes

pytestmark = pytest.mark.fraiseql


@contextmanager
def workers(url: str, directory, count: int):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ, "DATABASE_URL": url, "PYTHONPATH": str(HERE), "PROMETHEUS_MULTIPROC_DIR": str(directory),
        "FRAISEQL_OBSERVE_INSTRUMENT_SAMPLE_SECONDS": "0.2", "FRAISEQL_OBSERVE_INSTRUMENT_FLUSH_SECONDS": "0.05",
    }  # fmt: skip
    command = [sys.executable, "-m", "uvicorn", "instrument_app:instrumented_app", "--factory"]
    log = (directory.parent / "log").open("wb")
    process = subprocess.Popen(
        [*command, "--port", str(port), "--workers", str(count)], env=environment, stdout=log, stderr=log, cwd=directory
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def scraped(url: str) -> Samples:
    return Samples(httpx.get(f"{url}/metrics", timeout=10).text)


def eventually(url: str, ready, seconds: float = 60) -> Samples:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            samples = scraped(url)
        except httpx.HTTPError:
            samples = None
        if samples is not None and ready(samples):
            return samples
        time.sleep(0.2)
    raise AssertionError("The workers never got there.")


def live_pids(directory) -> set[int]:
    return {int(path.stem.rpartition("_")[2]) for path in directory.glob("gauge_livesum_*.db")}


def test_counters_and_gauges_add_up_and_a_killed_worker_leaves_only_its_counters(blog_url, tmp_path):
    directory = tmp_path / "metrics"
    directory.mkdir()
    with workers(blog_url, directory, 2) as url:
        # Each worker opens two connections at its start: four in all say that both are there.
        eventually(url, lambda s: s.value("fraiseql_db_connections_total") == 4)
        for _ in range(40):
            with httpx.Client() as fresh:  # a new connection may meet either worker
                fresh.post(f"{url}/graphql", json={"query": "query Ping { ping }"})
        samples = eventually(url, lambda s: s.value("fraiseql_audit_events_total") == 40)
        assert samples.all("fraiseql_graphql_queries_total") == {("Ping", "query"): 40}
        assert samples.value("fraiseql_db_pool_max_connections") == 28
        assert samples.all("fraiseql_build_info") == {("v1", "1.9.16"): 1}
        assert samples.value("fraiseql_health_check_status", check="database") == 1
        assert not [s for s in samples.samples if "pid" in s.labels]
        victim = live_pids(directory).pop()
        os.kill(victim, signal.SIGKILL)
        # uvicorn starts another in its place; the dead one's connections must not be counted on.
        samples = eventually(
            url, lambda s: victim not in live_pids(directory) and s.value("fraiseql_db_connections_total") == 4
        )
        assert samples.value("fraiseql_graphql_queries_total") == 40
    assert len(audit_rows(blog_url)) == 40


def test_dead_processes_are_told_from_living_ones():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    names = [f"gauge_livesum_{os.getpid()}.db", f"gauge_livesum_{ended.pid}.db", "gauge_livesum_1.db", "other.txt"]
    assert dead_processes(names) == {ended.pid}
