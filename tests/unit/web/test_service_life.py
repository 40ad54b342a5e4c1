"""The life of the service inside this process: signals at odd moments, and settings that fail to be read."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace

import pytest

from fraiseql_observe.errors import ConfigError
from fraiseql_observe.web import logs, service
from fraiseql_observe.web.service import RESTART_ONLY, Service, _at


async def until(true) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110  what is waited for are log lines
            await asyncio.sleep(0.01)


@pytest.fixture
def quiet(monkeypatch):
    """Leave the log to the test."""
    monkeypatch.setattr(logs, "configure", lambda _: None)


async def test_from_start_to_end_with_reloads_between(settings, caplog, quiet):
    said = []
    given = replace(settings, server=replace(settings.server, port=0))
    answers = [ConfigError("observe.yaml:1: a: b\nobserve.yaml:2: c: d"), RuntimeError("odd")]
    answers.append(replace(given, server=replace(given.server, port=1)))

    def load():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    caplog.set_level("INFO")
    running = Service(given, load, said.append)
    running._begin_reload(None)
    assert "before the start is done" in caplog.text
    task = asyncio.create_task(running.run())
    await until(lambda: said)
    for words in ("observe.yaml:2: c: d", "a fault of this program", "server.port changed; that needs a restart"):
        os.kill(os.getpid(), signal.SIGHUP)
        await until(lambda words=words: words in caplog.text)
    os.kill(os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(20):
        await task


async def test_a_second_signal_does_not_wait(settings, monkeypatch):
    ended = []
    monkeypatch.setattr(service.os, "_exit", ended.append)
    running = Service(settings, lambda: settings, print)
    running._end()
    assert ended == []
    running._end()
    assert ended == [1]


async def test_what_cannot_be_listened_on_is_a_sentence(settings, quiet):
    taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    with pytest.raises(ConfigError, match=f"127.0.0.1:{port} cannot be listened on"):
        await Service(replace(settings, server=replace(settings.server, port=port)), lambda: settings, print).run()
    taken.close()


@pytest.mark.parametrize("key", RESTART_ONLY)
def test_settings_that_need_a_restart_exist(settings, key):
    assert _at(settings, key) is not None


def test_an_address_of_ip_6_has_brackets():
    class Listening:
        class Socket:
            def getsockname(self):
                return ("::1", 9095, 0, 0)

        sockets = (Socket(),)

    assert service._address(Listening()) == "http://[::1]:9095"
