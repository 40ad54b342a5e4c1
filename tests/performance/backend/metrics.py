"""What a running backend says of itself, and what the kernel says of its memory."""

from __future__ import annotations

import time
import urllib.request
from pathlib import Path


def metric(url: str, name: str) -> float:
    """Return the sum of the samples of that name."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    values = [float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{name} ", f"{name}{{"))]
    if not values:
        raise SystemExit(f"{url}/metrics has no {name}")
    return sum(values)


def wait_for_empty_inbox(url: str, *, within: float = 120) -> None:
    deadline = time.monotonic() + within
    while metric(url, "fraiseql_observe_inbox_webhooks") > 0:
        if time.monotonic() > deadline:
            raise SystemExit("the inbox does not empty")
        time.sleep(0.1)


def resident(pid: int) -> float:
    """Return the resident memory of a process in MB (10^6 bytes)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise SystemExit(f"no memory of process {pid}")
