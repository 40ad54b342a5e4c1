r"""Whether memory stays flat over a million recorded operations, the audit log on.

    python tests/performance/instrument/memory.py --postgres postgresql://postgres@127.0.0.1:5432/ \
        [--operations 1000000]

Operations go through the instrument's own middleware, hooks, metrics and audit writer; only FraiseQL's execution is
left out, because it would take most of the time and none of the memory in question. The operations are the worst that
clients can send: every document is new, every name is new, one in ten fails with a message of its own. Audit rows are
really written, and the answer waits for room in the queue, so that none is lost. Resident memory is read after each
tenth.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import sys
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from starlette.applications import Starlette

from fraiseql_observe.audit import setup
from fraiseql_observe.instrument import instrument
from fraiseql_observe.instrument.hooks import execution
from fraiseql_observe.instrument.middleware import ObserveMiddleware
from fraiseql_observe.instrument.record import current

if TYPE_CHECKING:
    from collections.abc import Iterator

_PAGE = os.sysconf("SC_PAGE_SIZE")
_SCOPE = {"type": "http", "method": "POST", "path": "/graphql", "headers": [], "client": ("127.0.0.1", 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--postgres", required=True, help="URL of a superuser; a database of its own is made there")
    parser.add_argument("--operations", type=int, default=1_000_000)
    arguments = parser.parse_args()
    with _database(arguments.postgres) as url:
        sizes = asyncio.run(_record(url, arguments.operations))
        with psycopg.connect(url) as connection:
            rows = connection.execute("select count(*) from fraiseql_observe.audit_event").fetchone()
    # The first tenth fills every bounded table there is; after it nothing may grow.
    growth = (sizes[-1] - sizes[1]) / sizes[1]
    megabytes = " ".join(f"{size / 1e6:.1f}" for size in sizes)
    written = rows[0] if rows else 0
    sys.stdout.write(f"{megabytes} MB, growth after the first tenth {growth:.2%}, {written} audit rows\n")


@contextmanager
def _database(server: str) -> Iterator[str]:
    name = f"memory_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'create database "{name}"')
    url = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    try:
        setup.apply(url)
        yield url
    finally:
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(f'drop database "{name}" with (force)')


async def _record(url: str, operations: int) -> list[int]:
    app = Starlette()
    instrumented = instrument(app, on_overflow="wait", audit_database_url=url)
    assert instrumented is not None
    layer = ObserveMiddleware(_execute, instrumented, lambda: None)
    sizes = [_resident()]
    for number in range(operations):
        await _operation(layer, number)
        if (number + 1) % (operations // 10) == 0:
            sizes.append(_resident())
    await instrumented.stop()
    return sizes


async def _operation(layer: Any, number: int) -> None:
    document = f"query Name{number} {{ posts(first: {number}) {{ id author {{ name }} }} }}"
    body = json.dumps({"query": document, "variables": {"n": str(number)}}).encode()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(_message: Any) -> None:
        return None

    await layer({**_SCOPE, "document": document, "number": number}, receive, send)
    if number % 50 == 0:
        await asyncio.sleep(0)  # as a server would between requests


async def _execute(scope: Any, receive: Any, send: Any) -> None:
    """What FraiseQL's route does, as far as the hooks see it."""
    await receive()
    record, number = current(), scope["number"]
    assert record is not None
    context = {"user": {"user_id": f"user {number}", "tenant_id": f"tenant {number % 100}"}}
    execution._begin(record, _Schema, scope["document"], context, {"id": str(number)}, None)
    failure = [RuntimeError(f"broke in {uuid.uuid4().hex[:4]}{'abcdefghij'[number % 10]}")] if number % 10 == 0 else []
    execution._end(record, "python", *failure)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


class _Schema:
    query_type = mutation_type = None


def _resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1]) * _PAGE


if __name__ == "__main__":
    main()
