"""Receives what Alertmanager sends to our webhook, and shows it: one line an alert that begins or ends."""

from __future__ import annotations

import json
import secrets
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from fraiseql_observe.demo.servers.server import HOST

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST = 1_000_000  # bytes of a notification
WATCHDOG = "FraiseQLWatchdog"  # fires always, to prove that delivery works
SECONDS = 10.0  # a sender may take


@dataclass(frozen=True)
class Notification:
    """One alert of a notification; `status` is firing or resolved."""

    status: str
    name: str
    severity: str
    summary: str


def read(body: bytes) -> list[Notification]:
    """Return the alerts of a webhook body of Alertmanager, the watchdog left out.

    Raises:
        ValueError: it is not such a body.
    """
    try:
        alerts = json.loads(body)["alerts"]
        return [_one(alert) for alert in alerts if alert["labels"]["alertname"] != WATCHDOG]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not a notification of Alertmanager") from error


def _one(alert: dict[str, Any]) -> Notification:
    labels, annotations = alert["labels"], alert.get("annotations", {})
    return Notification(
        str(alert["status"]),
        str(labels["alertname"]),
        str(labels.get("severity", "")),
        str(annotations.get("summary", "")),
    )


class NotificationReceiver:
    """A webhook on loopback that asks for a bearer token.

    `tell` is called, from a thread of its own, once for each change of an alert.
    """

    def __init__(self, port: int, token: str, tell: Callable[[Notification], None]) -> None:
        self._authorization = f"Bearer {token}".encode()
        self._tell = tell
        self._known: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer((HOST, port), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://{HOST}:{self._server.server_address[1]}/webhooks/alertmanager"

    def admits(self, authorization: str) -> bool:
        return secrets.compare_digest(authorization.encode(), self._authorization)

    def take(self, notifications: list[Notification]) -> None:
        """Tell what has changed; Alertmanager repeats itself."""
        with self._lock:
            for one in notifications:
                key = (one.name, one.severity)
                if self._known.get(key) != one.status:
                    self._known[key] = one.status
                    self._tell(one)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *details: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(receiver: NotificationReceiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = SECONDS

        def do_POST(self) -> None:
            if not receiver.admits(self.headers.get("Authorization") or ""):
                self._answer(401)
                return
            length = int(self.headers.get("Content-Length") or 0)
            if not 0 < length <= LARGEST:
                self._answer(413)
                return
            try:
                receiver.take(read(self.rfile.read(length)))
            except ValueError:
                self._answer(400)
            else:
                self._answer(200)

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *details: object) -> None:
            """Say nothing: the terminal is for people."""

    return Handler
