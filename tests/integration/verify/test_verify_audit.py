"""A backend that answers nonsense, slowly, elsewhere or not at all: verify says so in a sentence."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest
from verify_support import answering, serving

from fraiseql_observe.errors import VerifyError
from fraiseql_observe.verify import Audit, bounded, verify
from fraiseql_observe.verify.infinity import Column, Request

REQUEST = Request("api/observability/audit/queries/who", root="rows", columns=(Column("user", "user", "string"),))
REFUSAL = {"ok": False, "error": "to: is missing", "errors": ["to: is missing"], "status": 400}
SOURCE = {"type": "yesoreyeram-infinity-datasource", "uid": "${audit_datasource}"}


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (400, json.dumps(REFUSAL), "HTTP 400: to: is missing"),
        (200, "<html>", "does not answer as an audit proxy does"),
        (200, "", "does not answer as an audit proxy does"),
        (404, "[]", "does not answer as an audit proxy does"),
        (302, json.dumps({"rows": []}), "does not answer as an audit proxy does"),
        (200, json.dumps([]), "no list of rows at `rows`"),
    ],
)
def test_what_is_no_answer_is_said(status, body, said):
    with (
        serving(answering(status, body.encode(), {"Location": "/elsewhere"})) as url,
        pytest.raises(VerifyError, match=said),
    ):
        Audit(url, token="secret").rows(REQUEST)


def test_another_server_is_no_audit_proxy():
    with serving(answering(200, b'{"status": "success"}')) as url, pytest.raises(VerifyError, match="audit proxy does"):
        Audit(url).probe()


def test_nobody_there():
    with pytest.raises(VerifyError, match=r"127\.0\.0\.1:1/? does not answer") as raised:
        Audit("http://user:hidden@127.0.0.1:1", timeout=1).probe()
    assert "hidden" not in str(raised.value)


def test_the_headers_of_the_plugin_and_a_path_prefix():
    handler = answering(200, b'{"rows": [{"user": "ada"}]}')
    with serving(handler) as url:
        assert Audit(f"{url}/observe/", token="secret").rows(REQUEST).rows == (("ada",),)
    (headers,) = handler.seen
    assert headers["Accept"] == "application/json;q=0.9,text/plain"
    assert headers["Accept-Encoding"] == "gzip"
    assert headers["Authorization"] == "Bearer secret"


def test_only_dashboards_that_ask_it_need_it():
    nobody = Audit("http://127.0.0.1:1", timeout=1)
    now = datetime(2030, 1, 1, tzinfo=UTC)
    sql = {"type": "table", "datasource": {"type": "postgres"}, "targets": [{"rawSql": "select 1"}]}
    assert verify([{"panels": [sql]}], None, None, now=now, audit=nobody).queries == 1
    target = {"type": "json", "source": "url", "parser": "backend", "url": "x"}
    asks = {"type": "table", "datasource": SOURCE, "targets": [target]}
    with pytest.raises(VerifyError, match="does not answer"):
        verify([{"panels": [asks]}], None, None, now=now, audit=nobody)


def test_a_backend_that_hangs_is_given_up():
    class Hanging(answering(200, b"{}")):
        def answer(self):
            time.sleep(0.5)

        do_GET = answer  # noqa: N815 - http.server looks for this name

    with serving(Hanging) as url, pytest.raises(VerifyError, match="did not answer in time"):
        Audit(url, timeout=0.1).probe()


def test_an_answer_that_no_panel_could_draw_is_not_read(monkeypatch):
    monkeypatch.setattr(bounded, "MAX_BYTES", 100)
    with (
        serving(answering(200, b" " * 1000)) as url,
        pytest.raises(VerifyError, match="more than a panel can draw"),
    ):
        Audit(url).probe()
