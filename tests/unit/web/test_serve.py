"""`fraiseql-observe serve` as a process of its own: start, reload, drain; and connections that mean no good."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from web_requests import webhook

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "intake-token-0123456789"
CONFIG = """
server: {{port: 0, idle_timeout: 700ms, read_timeout: 700ms, connections: 20, drain_timeout: 3s}}
intake: {{token: {token}}}
store: {{url: "sqlite:///{folder}/observe.db"}}
log: {{format: {format}}}
"""


class Serving:
    """A running service; `log` is what it has said on stderr so far."""

    def __init__(self, process: subprocess.Popen[str], config: Path, log: Path) -> None:
        self.process = process
        self.config = config
        self._log = log
        self.said = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", self.said)
        assert found, self.said + self.log
        self.port = int(found[1])

    @property
    def log(self) -> str:
        return self._log.read_text()

    def wait_for(self, words: str) -> None:
        until(lambda: words in self.log)

    def ask(self, path: str, body: bytes | None = None) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=5)


def until(true) -> None:
    deadline = time.monotonic() + 15
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def serving(folder: Path, *, log_format: str = "text", config_text: str = CONFIG):
    config, log = folder / "observe.yaml", folder / "log"
    config.write_text(config_text.format(token=TOKEN, folder=folder, format=log_format))
    environ = {name: value for name, value in os.environ.items() if not name.startswith("FRAISEQL_OBSERVE")}
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "fraiseql_observe", "serve", "--config", config],
            stdout=subprocess.PIPE, stderr=stderr, text=True, env=environ, cwd=folder,
        )  # fmt: skip
        try:
            yield Serving(process, config, log)
        finally:
            process.kill()
            process.communicate(timeout=10)


def test_it_says_where_it_is_reloads_and_ends_in_order(tmp_path):
    with serving(tmp_path) as service:
        assert service.said.count("\n") == 1
        assert f"the console is http://127.0.0.1:{service.port}/" in service.said
        service.wait_for("There is no token yet")
        assert service.ask("/readyz")[0] == 200
        assert service.ask("/webhooks/alertmanager", json.dumps(webhook("A")).encode())[0] == 200

        good = service.config.read_text()
        service.config.write_text("server: {prt: 1}")
        service.process.send_signal(signal.SIGHUP)
        service.wait_for("server.prt: is no setting; did you mean port?")
        assert "config_last_reload_successful 0.0" in service.ask("/metrics")[1]
        assert service.ask("/webhooks/alertmanager", json.dumps(webhook("B")).encode())[0] == 200

        service.config.write_text(good.replace(TOKEN, "another-token-0123456").replace("port: 0", "port: 1"))
        service.process.send_signal(signal.SIGHUP)
        service.wait_for("The settings were read again")
        assert "server.port changed; that needs a restart" in service.log
        assert "config_last_reload_successful 1.0" in service.ask("/metrics")[1]
        assert service.ask("/webhooks/alertmanager", b"{}")[0] == 401

        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(timeout=15) == 0
        assert "Ending" in service.log
        assert "Traceback" not in service.log


def test_what_was_taken_survives_a_restart(tmp_path):
    for alert in ("A", "B"):
        with serving(tmp_path, log_format="json") as service:
            assert service.ask("/webhooks/alertmanager", json.dumps(webhook(alert)).encode())[0] == 200
            until(lambda: 'incidents{state="firing"}' in service.ask("/metrics")[1])
            service.process.send_signal(signal.SIGINT)
            assert service.process.wait(timeout=15) == 0
            assert all(json.loads(line)["level"] for line in service.log.splitlines())
    with serving(tmp_path) as service:
        until(lambda: 'incidents{state="firing"} 2.0' in service.ask("/metrics")[1])


def test_a_token_is_made_beside_a_running_service(tmp_path):
    def token(*words: str) -> str:
        argv = [sys.executable, "-m", "fraiseql_observe", "token", *words, "--config", tmp_path / "observe.yaml"]
        return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout.strip()

    with serving(tmp_path) as service:
        secret = token("create", "me", "--scope", "admin", "--expires", "1h")
        request = urllib.request.Request(
            f"http://127.0.0.1:{service.port}/api/observability/tokens", headers={"Authorization": f"Bearer {secret}"}
        )
        with urllib.request.urlopen(request, timeout=5) as answer:
            made = json.load(answer)["tokens"][0]
        assert made["name"] == "me"
        assert made["id"] in token("list")
        token("revoke", made["id"])
        assert json.loads(token("list", "--json")) == []


def test_a_second_signal_ends_at_once(tmp_path):
    with serving(tmp_path) as service, service.connect() as stalled:
        # A webhook whose body does not come holds the first signal up.
        head = f"POST /webhooks/alertmanager HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
        stalled.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
        time.sleep(0.1)
        service.process.send_signal(signal.SIGTERM)
        service.wait_for("Ending")
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(timeout=10) in (0, 1)


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HTTP/1.1\r\nHost: x\r\n"])
def test_a_connection_that_never_finishes_its_request_is_closed(tmp_path, sent):
    with serving(tmp_path) as service, service.connect() as slow:
        slow.sendall(sent)
        slow.settimeout(10)
        assert slow.recv(100) == b""


def test_connections_that_only_wait_make_room_for_one_that_asks(tmp_path):
    patient = CONFIG.replace("idle_timeout: 700ms", "idle_timeout: 1h")
    with serving(tmp_path, config_text=patient) as service:
        held = [service.connect() for _ in range(60)]
        for one in held[:-1]:
            one.sendall(b"GET /heal")
        assert service.ask("/healthz")[0] == 200
        held[0].settimeout(5)
        assert held[0].recv(1) == b""
        held[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        held[-1].settimeout(5)
        assert held[-1].recv(15) == b"HTTP/1.1 200 OK"
        for one in held:
            one.close()


def run(folder: Path, *words: object, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fraiseql_observe", *words],
        capture_output=True, text=True, timeout=60, cwd=folder, check=False, env={**os.environ, **environ},
    )  # fmt: skip


def test_a_port_that_is_taken_is_a_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run(tmp_path, "serve", FRAISEQL_OBSERVE_SERVER__PORT=str(port))
    assert ended.returncode == 1
    assert f"127.0.0.1:{port} cannot be listened on" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_open_door_to_the_world_is_refused(tmp_path):
    ended = run(tmp_path, "serve", FRAISEQL_OBSERVE_SERVER__HOST="0.0.0.0")
    assert ended.returncode == 1
    assert "intake.allow_anonymous: true" in ended.stderr
