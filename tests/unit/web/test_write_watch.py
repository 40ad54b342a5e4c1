"""Clients that do not read what they asked for."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from fraiseql_observe.web import logs
from fraiseql_observe.web.service import Service
from fraiseql_observe.web.writing import PROGRESS, WriteWatch


class Transport:
    """`sizes` are what its buffer holds at each look."""

    def __init__(self, *sizes):
        self.sizes, self.aborted = list(sizes), False

    def get_write_buffer_size(self):
        return self.sizes.pop(0)

    def abort(self):
        self.aborted = True


def ends(*sizes):
    """After which look of one a second it is ended, of a client that has three seconds; 0 for never."""
    one = Transport(*sizes)
    watch = WriteWatch(lambda: [one], lambda: timedelta(seconds=3))
    for look in range(len(sizes)):
        watch.look(float(look))
        if one.aborted:
            return look + 1
    return 0


@pytest.mark.parametrize(
    ("sizes", "ended"),
    [
        ((9, 9, 9, 9), 4),
        ((9, 10, 5000, 70_000), 4),  # more came to it, nothing left
        ((100_000, 99_999, 99_998, 99_997), 4),  # a byte now and then
        ((9, 9, 0, 9, 9, 9), 0),
        ([100_000 - PROGRESS * look for look in range(6)], 0),
        ((0,) * 9, 0),
    ],
)
def test_a_buffer_that_does_not_drain_in_time_is_the_end(sizes, ended):
    assert ends(*sizes) == ended


def test_what_closed_meanwhile_is_forgotten():
    one, opened = Transport(9, 9), []
    watch = WriteWatch(lambda: opened, lambda: timedelta(seconds=3))
    opened.append(one)
    watch.look(0.0)
    opened.clear()
    watch.look(1.0)
    assert watch._stuck == {}


async def test_a_client_that_never_reads_loses_its_connection_and_broken_http_names_no_library(
    settings, monkeypatch, caplog
):
    monkeypatch.setattr(logs, "configure", lambda _: None)
    given = replace(settings, server=replace(settings.server, port=0, request_timeout=timedelta(seconds=0.5)))
    said = asyncio.Queue()
    service = asyncio.create_task(Service(given, lambda: given, said.put_nowait).run())
    port = int(re.search(r":(\d+),", await said.get())[1])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"what is this\r\n\r\n")
    answer = await reader.read()
    assert answer.startswith(b"HTTP/1.0 400")
    assert b"Server: fraiseql-observe\r\n" in answer
    _, deaf = await asyncio.open_connection("127.0.0.1", port, limit=1)
    with suppress(ConnectionError):
        async with asyncio.timeout(20):
            while "did not read its answer" not in caplog.text:
                deaf.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 100)
                await asyncio.sleep(0.01)
    assert "did not read its answer for 0.5 s" in caplog.text
    for each in (writer, deaf):
        each.close()
    service.cancel()
    with suppress(asyncio.CancelledError):
        await service
