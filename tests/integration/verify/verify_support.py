"""Small web servers that answer as told, and dashboards to verify."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """A web server on a loopback port; gives its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answering(status: int, body: bytes, headers: dict[str, str] | None = None) -> type[BaseHTTPRequestHandler]:
    """A handler that gives every request the same answer, and remembers the headers it was asked with."""

    class Handler(BaseHTTPRequestHandler):
        seen: list[dict[str, str]] = []  # noqa: RUF012 - one list a server is meant

        def answer(self) -> None:
            self.seen.append(dict(self.headers))
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer  # noqa: N815 - http.server looks for these names

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def dashboard(
    *panels: dict[str, Any], variables: tuple[dict[str, Any], ...] = (), title: str = "Shop"
) -> dict[str, Any]:
    """A classic dashboard over the last five minutes."""
    return {
        "uid": title.lower(),
        "title": title,
        "time": {"from": "now-5m", "to": "now"},
        "panels": [{"id": place, "gridPos": {"w": 12, "h": 8}, **each} for place, each in enumerate(panels, 1)],
        "templating": {
            "list": [
                {"name": "datasource", "type": "datasource", "query": "prometheus"},
                {"name": "audit_datasource", "type": "datasource", "query": "grafana-postgresql-datasource"},
                *variables,
            ]
        },
    }


def promql(title: str, *expressions: str, **more: Any) -> dict[str, Any]:
    """A time series panel with a PromQL target for each expression."""
    targets = [{"refId": chr(65 + place), "expr": each, "range": True} for place, each in enumerate(expressions)]
    source = {"type": "prometheus", "uid": "${datasource}"}
    return {"type": "timeseries", "title": title, "datasource": source, "targets": targets} | more


def sql(title: str, *statements: str, form: str = "table", **more: Any) -> dict[str, Any]:
    """A table panel with an SQL target for each statement."""
    targets = [{"refId": chr(65 + place), "rawSql": each, "format": form} for place, each in enumerate(statements)]
    source = {"type": "grafana-postgresql-datasource", "uid": "${audit_datasource}"}
    return {"type": "table", "title": title, "datasource": source, "targets": targets} | more
