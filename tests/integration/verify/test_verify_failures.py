"""Servers that are not there, not willing, or not what they should be: one sentence, one thing to do, no secret."""

from __future__ import annotations

import contextlib
import json
import socket
import socketserver
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING

import pytest
from verify_support import answering, dashboard, promql, serving, sql

from fraiseql_observe.errors import VerifyError
from fraiseql_observe.verify import Options, auth_from, bounded, verify
from fraiseql_observe.verify.prometheus import Prometheus
from fraiseql_observe.verify.timing import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

PANEL = dashboard(promql("Orders", "shop_orders"))
OK = {"status": "success", "data": {"resultType": "vector", "result": []}}


def attempt(prometheus: str | None, postgres: str | None = None, **more: object) -> VerifyError:
    with pytest.raises(VerifyError) as caught:
        verify([PANEL], prometheus, postgres, now=datetime.now(UTC), options=Options(timeout=0.5), **more)
    assert caught.value.hint
    return caught.value


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as holder:  # bound, but not listening: nobody else can take it, nobody answers
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@pytest.fixture
def silent_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (401, b"no", "refuses us: HTTP 401"),
        (403, b"{}", "refuses us: HTTP 403"),
        (404, b"<html>", "answers HTTP 404"),
        (200, b"<html>login</html>", "does not answer as a Prometheus does"),
        (200, b'{"hello": "world"}', "does not answer as a Prometheus does"),
        (200, b'{"status": "success", "data": []}', "does not answer as a Prometheus does"),
        (200, b'{"status": "success"}', "does not answer as a Prometheus does"),
        (503, b"later", "answers HTTP 503"),
    ],
)
def test_a_server_that_is_no_willing_prometheus_is_named(status, body, message):
    with serving(answering(status, body)) as url:
        error = attempt(url)
    assert message in error.message
    assert url in error.message


def test_a_prometheus_that_is_not_there(closed_port):
    assert "does not answer" in attempt(f"http://127.0.0.1:{closed_port}").message


def test_a_prometheus_that_never_answers(silent_port):
    assert "did not answer in time" in attempt(f"http://127.0.0.1:{silent_port}").message


def test_tls_where_there_is_none():
    with serving(answering(200, b"{}")) as url:
        assert "certificate" in attempt(url.replace("http:", "https:")).message


@pytest.mark.parametrize("url", ["localhost:9090", "ftp://host", "http://", "nonsense"])
def test_what_is_no_url(url):
    assert "is not the URL of a Prometheus" in attempt(url).message


def test_a_redirect_to_a_login_page_is_no_prometheus():
    with serving(answering(200, b"<html>")) as login, serving(answering(302, b"", {"Location": login})) as url:
        assert "does not answer as a Prometheus" in attempt(url).message


def test_passwords_are_never_shown(closed_port):
    for prometheus, postgres in (
        (f"http://me:hunter2@127.0.0.1:{closed_port}", None),
        (None, f"postgresql://me:hunter2@127.0.0.1:{closed_port}/shop"),
        (None, "postgresql://me:hunter2@127.0.0.1:notaport/shop"),
        (None, "postgresql://me:hunter2@127.0.0.1/shop?nonsense=1"),
    ):
        assert "hunter2" not in str(attempt(prometheus, postgres))


@pytest.mark.parametrize(
    ("credentials", "header"),
    [(("t0ken",), "Bearer t0ken"), (("", "ann", "pw"), "Basic YW5uOnB3"), ((), None)],
)
def test_credentials_are_sent_and_netrc_cannot_replace_them(credentials, header, tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login other password other\n" if header else "")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    handler = answering(200, json.dumps(OK).encode())
    with serving(handler) as url:
        verify([PANEL], url, None, now=datetime.now(UTC), auth=auth_from(*credentials))
    assert {headers.get("Authorization") for headers in handler.seen} == {header}


def test_credentials_may_be_part_of_the_url():
    handler = answering(200, json.dumps(OK).encode())
    with serving(handler) as url:
        verify([PANEL], url.replace("//", "//ann:pw@"), None, now=datetime.now(UTC))
    assert {headers.get("Authorization") for headers in handler.seen} == {"Basic YW5uOnB3"}


def test_warnings_of_prometheus_are_passed_on():
    series = {"metric": {}, "values": [[1, "4"]]}
    told = {
        "status": "success",
        "data": {"resultType": "matrix", "result": [series]},
        "warnings": ["remote read failed"],
    }
    with serving(answering(200, json.dumps(told).encode())) as url:
        report = verify([PANEL], url, None, now=datetime.now(UTC))
    assert report.results[0].warnings == ("remote read failed",)


def test_a_prometheus_that_dies_between_two_queries_makes_them_missing(monkeypatch):
    with serving(answering(200, json.dumps(OK).encode())) as url:
        server = Prometheus(url, timeout=0.5)
        server.probe()
    now = datetime.now(UTC)
    with pytest.raises(VerifyError, match="does not answer"):
        server.instant("up", Window(now, now))


def test_a_malformed_metrics_pattern_is_a_sentence():
    with serving(answering(200, json.dumps(OK).encode())) as url, pytest.raises(VerifyError, match="not a regular exp"):
        Prometheus(url).metrics("(", Window(datetime.now(UTC), datetime.now(UTC)))


def test_a_postgres_that_is_not_there(closed_port):
    error = attempt(None, f"postgresql://postgres@127.0.0.1:{closed_port}/shop")
    assert error.message == f"PostgreSQL at 127.0.0.1:{closed_port}/shop cannot be reached."


@pytest.fixture
def refusing_postgres() -> Iterator[int]:
    """A server that answers every start-up as PostgreSQL answers a wrong password."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1024)
            fields = b"SFATAL\0C28P01\0Mpassword authentication failed\0\0"
            self.request.sendall(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_a_wrong_password(refusing_postgres):
    error = attempt(None, f"postgresql://me:hunter2@127.0.0.1:{refusing_postgres}/shop?sslmode=disable")
    assert "refuses the password" in error.message
    assert "hunter2" not in str(error)


def test_a_postgres_without_that_database(postgres_url):
    assert "no such database or user" in attempt(None, postgres_url.rsplit("/", 1)[0] + "/no_such_database").message


def test_a_postgres_without_tls(postgres_url):
    assert "TLS" in attempt(None, postgres_url.rsplit("?", 1)[0] + "?sslmode=require").message


@pytest.mark.parametrize("url", ["postgresql://[", "not a url", "mysql://host/db"])
def test_what_is_no_postgres_url(url):
    assert attempt(None, url).message == "The PostgreSQL URL is malformed."


def test_a_role_without_rights_is_told_which_role_to_grant(audit_url):
    import psycopg  # noqa: PLC0415

    with psycopg.connect(audit_url, autocommit=True) as admin:
        admin.execute("create role verify_stranger login password 'pw'")
        try:
            stranger = audit_url.replace("//" + audit_url.split("//")[1].split("@")[0], "//verify_stranger:pw")
            report = verify([dashboard(sql("A", "table audit"))], None, stranger, now=datetime.now(UTC))
        finally:
            admin.execute("drop role verify_stranger")
    assert "SQL error 42501" in report.results[0].why
    assert "fraiseql_observe_reader" in report.results[0].why


@pytest.mark.parametrize(("status", "times"), [(502, 3), (503, 1), (504, 1), (500, 1)])
def test_only_a_restarting_proxy_is_asked_again(status, times):
    handler = answering(status, b"later")
    with serving(handler) as url:
        attempt(url)
    assert len(handler.seen) == times


NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    "result",
    [
        [{"metric": {}, "value": [1, "many"]}],
        [{"metric": {}, "value": [None, "5"]}],
        [{"metric": {}, "value": [1]}],
        [{"metric": {}, "values": 5}],
        {"metric": {}},
        "text",
        [5, 6, 7],
        [[[[1]]]],
    ],
)
def test_an_answer_of_another_shape_is_no_answer(result):
    body = json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()
    with serving(answering(200, body)) as url, pytest.raises(VerifyError, match="does not answer as a Prometheus does"):
        Prometheus(url).instant("up", Window(NOW, NOW))


def test_rules_of_another_shape_are_no_answer():
    body = json.dumps({"status": "success", "data": {"groups": [{"rules": [5]}]}}).encode()
    with serving(answering(200, body)) as url, pytest.raises(VerifyError, match="does not answer as a Prometheus does"):
        Prometheus(url).alert_rules()


def test_an_answer_nested_beyond_the_stack_is_no_answer():
    body = b'{"status": "success", "data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    with serving(answering(200, body)) as url:
        assert "does not answer as a Prometheus does" in attempt(url).message


def test_an_answer_larger_than_any_panel_draws_is_not_kept(monkeypatch):
    monkeypatch.setattr(bounded, "MAX_BYTES", 1_000_000)
    body = json.dumps(OK | {"more": "x" * 2_000_000}).encode()
    with serving(answering(200, body)) as url:
        assert "answers with more than 1 MB" in attempt(url).message


class Dripping(BaseHTTPRequestHandler):
    """Sends a byte now and then, each in time, for ever."""

    def do_POST(self) -> None:
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            while True:
                self.wfile.write(b" ")
                self.wfile.flush()
                threading.Event().wait(0.1)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_an_answer_that_never_ends_is_given_up():
    with serving(Dripping) as url:
        assert "did not answer in time" in attempt(url).message
