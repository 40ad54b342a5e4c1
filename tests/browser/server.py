"""Serve the page that draws dashboards, and let it ask a Prometheus and a PostgreSQL on this machine.

    python server.py --prometheus URL --postgres URL --dashboards DIR

Prints its own address and serves until its standard input ends: whoever started it cannot leave it behind.
Template variables are filled in by Grafana's code in the browser; what Grafana's server would do (macros) is done here.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from fraiseql_observe.errors import ObserveError
from fraiseql_observe.verify.macros import expand
from fraiseql_observe.verify.postgres import Postgres
from fraiseql_observe.verify.timing import Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fraiseql_observe.verify.judge import Rows

HERE = Path(__file__).resolve().parent
ICONS = HERE / "node_modules/@grafana/ui/dist/public/img/icons"
NO_ICON = b'<svg xmlns="http://www.w3.org/2000/svg"/>'  # for the few that Grafana does not publish
FONTS = {
    "inter/Inter-Regular.woff2": "inter/files/inter-latin-400-normal.woff2",
    "inter/Inter-Medium.woff2": "inter/files/inter-latin-500-normal.woff2",
    "roboto/RobotoMono-Regular.woff2": "roboto-mono/files/roboto-mono-latin-400-normal.woff2",
}
SECONDS = 20
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".woff2": "font/woff2",
}


def cell(value: Any) -> Any:
    """A value as Grafana's data frames hold it: times in epoch milliseconds, lists as text."""
    match value:
        case None | bool() | int() | float():
            return value
        case Decimal():
            return float(value)
        case datetime():
            return value.timestamp() * 1000
        case date():
            return datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp() * 1000
        case timedelta():
            return value.total_seconds()
        case _:
            return str(value)


def column_type(name: str, rows: Rows, index: int) -> str:
    """What a column holds, in the words of Grafana's `FieldType`."""
    if name in rows.numeric:
        return "number"
    first = next((row[index] for row in rows.rows if row[index] is not None), None)
    if isinstance(first, bool):
        return "boolean"
    return "time" if isinstance(first, date) else "string"


def answer(database: Postgres, question: dict[str, Any]) -> dict[str, Any]:
    """The rows of one SQL target, its macros expanded over the range `from` to `to` (epoch milliseconds)."""
    moments = (datetime.fromtimestamp(question[end] / 1000, UTC) for end in ("from", "to"))
    rows = database.ask(expand(question["rawSql"], Window(*moments)))
    columns = [{"name": name, "type": column_type(name, rows, i)} for i, name in enumerate(rows.columns)]
    return {"columns": columns, "rows": [[cell(value) for value in row] for row in rows.rows]}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, options: argparse.Namespace, database: Postgres, *rest: Any) -> None:
        self.options, self.database = options, database
        super().__init__(*rest)

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.startswith("/prometheus/"):
            self.forward(self.path.removeprefix("/prometheus"))
        elif path.startswith("/dashboards/"):
            self.file(self.options.dashboards, path.removeprefix("/dashboards/"))
        elif path.startswith("/public/build/img/icons/"):
            self.file(ICONS, path.removeprefix("/public/build/img/icons/"), NO_ICON)
        elif path.startswith("/public/fonts/"):
            self.file(HERE / "node_modules/@fontsource", FONTS.get(path.removeprefix("/public/fonts/"), "none"))
        else:
            self.file(HERE / "dist", path.strip("/") or "index.html")

    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            self.reply(HTTPStatus.OK, json.dumps(answer(self.database, question)).encode())
        except ObserveError as error:
            self.reply(HTTPStatus.BAD_REQUEST, json.dumps({"error": str(error)}).encode())

    def forward(self, rest: str) -> None:
        try:
            with urlopen(self.options.prometheus.rstrip("/") + rest, timeout=SECONDS) as response:
                self.reply(HTTPStatus(response.status), response.read())
        except HTTPError as error:
            self.reply(HTTPStatus(error.code), error.read())
        except URLError as error:
            self.reply(HTTPStatus.BAD_GATEWAY, json.dumps({"error": f"Prometheus: {error.reason}"}).encode())

    def file(self, folder: Path, name: str, instead: bytes = b"") -> None:
        path = (folder / name).resolve()
        if path.is_relative_to(folder.resolve()) and path.is_file():
            self.reply(HTTPStatus.OK, path.read_bytes(), KINDS.get(path.suffix, "application/octet-stream"))
        else:
            self.reply(
                HTTPStatus.OK if instead else HTTPStatus.NOT_FOUND, instead, KINDS.get(path.suffix, "text/plain")
            )

    def reply(self, status: HTTPStatus, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(ConnectionError):  # the page was closed in the meantime
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Requests are the browser's to report."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prometheus", required=True)
    parser.add_argument("--postgres", required=True)
    parser.add_argument("--dashboards", required=True, type=Path)
    options = parser.parse_args(arguments)
    handler = partial(Handler, options, Postgres(options.postgres, timeout=SECONDS))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdout.write(f"http://127.0.0.1:{server.server_port}/\n")
        sys.stdout.flush()
        sys.stdin.read()
        server.shutdown()


if __name__ == "__main__":
    main()
