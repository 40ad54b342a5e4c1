"""How much memory the backend needs: idle, with 10,000 and 100,000 active alerts, beside Alertmanager with the same.

python tests/performance/backend/memory.py
"""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

import payloads
from metrics import resident, wait_for_empty_inbox
from sender import send
from servers import SERVER_CORE, alertmanager_without_receivers, backend

if TYPE_CHECKING:
    from fraiseql_observe.demo.servers.server import Server

LEVELS = (0, 10_000, 100_000)
GROUP = 10  # alerts in a webhook


def _memory(server: Server) -> float:
    if server.pid is None:
        raise SystemExit(f"{server.name} does not run")
    return resident(server.pid)


def _ours() -> list[float]:
    token = secrets.token_urlsafe(24)
    taken = []
    with backend({"intake": {"token": token}}, core=SERVER_CORE) as server:
        for before, level in zip((0, *LEVELS), LEVELS, strict=False):
            bodies = payloads.webhooks((level - before) // GROUP, GROUP, first=before)
            if bodies:
                send(server.port, "/webhooks/alertmanager", bodies, connections=8, token=token)
            wait_for_empty_inbox(server.url, within=300)
            time.sleep(2)
            taken.append(_memory(server))
    return taken


def _theirs() -> list[float]:
    taken = []
    with alertmanager_without_receivers(core=SERVER_CORE) as server:
        for before, level in zip((0, *LEVELS), LEVELS, strict=False):
            bodies = payloads.apis((level - before) // GROUP, GROUP, first=before)
            if bodies:
                send(server.port, "/api/v2/alerts", bodies, connections=8)
            time.sleep(2)
            taken.append(_memory(server))
    return taken


def main() -> None:
    print("active alerts" + "".join(f"{level:>10}" for level in LEVELS))
    for name, taken in (("ours", _ours()), ("alertmanager", _theirs())):
        print(f"{name:<13}" + "".join(f"{value:>7.0f} MB" for value in taken))


if __name__ == "__main__":
    main()
