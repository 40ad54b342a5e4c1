"""`alert`: what is asked of the backend, what is said when it refuses, and messages without it."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from fake_server import FakeServer, Reply

from fraiseql_observe.cli.alert import command
from fraiseql_observe.cli.backend import connect
from fraiseql_observe.errors import AuthError, NotFoundError, ObserveError

ALERT = {
    "id": "inc_1", "state": "acknowledged", "severity": "critical", "title": "Fire\x1b[31m", "version": 2, "firing": 1,
    "total": 2, "opened_at": "2026-03-02T12:00:00Z", "resolved_at": None, "acknowledged_by": "Ada", "resolved_by": "",
    "snoozed_until": None, "labels": {"job": "api"}, "annotations": {"summary": "It burns"},
}  # fmt: skip
DETAIL = {
    "alert": ALERT,
    "alerts": [{"status": "firing", "name": "Fire", "labels": {"alertname": "Fire", "room": "7"}}],
    "events": [
        {
            "at": "2026-03-02T12:00:00Z",
            "kind": "acknowledged",
            "comment": "mine",
            "data": {},
            "actor": {"name": "Ada", "source": "slack"},
        }
    ],
    "deliveries": [
        {
            "state": "sent", "action": "trigger", "destination": "team", "attempts": [], "tries": 1, "detail": "",
            "finished_at": "2026-03-02T12:00:01Z", "due_at": None,
        }
    ],
    "steps": [{"number": 1, "due_at": "2026-03-02T12:05:00Z"}],
}  # fmt: skip
DEAD = {
    "id": "dlv_1", "alert_id": "inc_1", "destination": "team", "action": "trigger", "state": "dead", "tries": 12,
    "finished_at": "2026-03-02T12:00:00Z", "created_at": "2026-03-02T11:00:00Z", "reason": "not_found",
    "detail": "It answered 404 Not Found.",
}  # fmt: skip


@pytest.fixture
async def server():
    async with FakeServer() as server:
        yield server


@pytest.fixture
def invoke(server):
    async def run(*arguments, code=0, error=None, answer=None, url=None):
        if answer is not None:
            server.script(Reply(200, body=json.dumps(answer).encode()))
        options = ["--url", url or server.url, "--token", "t"]
        result = await asyncio.to_thread(CliRunner().invoke, command, [*arguments, *options])
        if error:
            assert isinstance(result.exception, error), result.output
            return result.exception
        assert result.exit_code == code, result.output
        return result.output

    return run


async def test_a_list_is_asked_page_by_page(invoke, server):
    server.script(Reply(200, body=json.dumps({"alerts": [ALERT], "next": "more"}).encode()))
    shown = await invoke("list", "--severity", "critical", answer={"alerts": [{**ALERT, "id": "inc_2"}], "next": ""})
    assert "inc_1" in shown
    assert "inc_2" in shown
    assert "\x1b" not in shown
    assert "cursor=more" in str(server.requests[1])
    assert "state=firing" in str(server.requests[0])


async def test_one_alert_is_shown_whole(invoke):
    shown = await invoke("show", "inc_1", answer=DETAIL)
    parts = ("Fire", "job=api", "firing    Fire  room=7", "acknowledged by Ada: mine (slack)", "team", "step 1 at ")
    for part in parts:
        assert part in shown
    assert json.loads(await invoke("show", "inc_1", "--json", answer=DETAIL)) == DETAIL


async def test_several_alerts_can_be_changed_at_once(invoke, server):
    server.script(Reply(200, body=json.dumps({"changed": True, "alert": ALERT}).encode()))
    shown = await invoke("acknowledge", "inc_1", "a/../b", "--json", answer={"changed": False, "alert": ALERT})
    assert [each["changed"] for each in json.loads(shown)] == [True, False]
    assert "/alerts/a%2F..%2Fb/acknowledge" in str(server.requests[1])


async def test_a_snooze_wants_to_know_how_long(invoke):
    assert "--for 30m" in await invoke("snooze", "inc_1", code=2)
    snoozed = {"changed": True, "alert": {**ALERT, "snoozed_until": "2026-03-02T13:00:00Z"}}
    assert "snoozed until" in await invoke("snooze", "inc_1", "--until", "2026-03-02T13:00:00Z", answer=snoozed)


async def test_an_alert_is_made_with_labels(invoke, server):
    made = await invoke(
        "create", "Fire", "--label", "room=7", "--summary", "hot", "--to", "team", answer={"id": "inc_9"}
    )
    assert made == "inc_9\n"
    assert json.loads(server.requests[0].body) == {
        "name": "Fire",
        "severity": "warning",
        "labels": {"room": "7"},
        "annotations": {"summary": "hot"},
        "destinations": ["team"],
    }
    assert "NAME=VALUE" in await invoke("create", "Fire", "--label", "room", code=2)


async def test_replay_wants_names_or_all(invoke):
    assert "Name the deliveries" in await invoke("replay", code=2)
    assert "Name the deliveries" in await invoke("replay", "dlv_1", "--all", code=2)
    assert json.loads(await invoke("replay", "dlv_1", "--json", answer={"id": "dlv_1"})) == [{"id": "dlv_1"}]
    assert "will be sent again" in await invoke("replay", "dlv_1", answer={"id": "dlv_1"})


async def test_all_dead_letters_are_sent_again(invoke, server):
    server.script(Reply(200, body=json.dumps({"deliveries": [DEAD], "next": ""}).encode()))
    await invoke("replay", "--all", answer={"id": "dlv_1"})
    assert "state=dead" in str(server.requests[0])
    assert "/deliveries/dlv_1/replay" in str(server.requests[1])


async def test_dead_letters_are_listed_with_their_reasons(invoke, server):
    server.script(Reply(200, body=json.dumps({"deliveries": [DEAD], "next": ""}).encode()))
    shown = await invoke("dead", answer={"deliveries": [{**DEAD, "id": "dlv_2", "state": "ambiguous"}], "next": ""})
    head, first, second = shown.splitlines()
    assert head.split() == ["ID", "ALERT", "DESTINATION", "SAYS", "STATE", "TRIES", "SINCE", "WHY"]
    assert first.split()[:6] == ["dlv_1", "inc_1", "team", "trigger", "dead", "12"]
    assert first.endswith("It answered 404 Not Found.")
    assert second.startswith("dlv_2")
    assert ["state=dead" in str(server.requests[0]), "state=ambiguous" in str(server.requests[1])] == [True, True]


@pytest.mark.parametrize(
    ("command", "key", "said"), [("list", "alerts", "No alerts.\n"), ("dead", "deliveries", "No dead letters.\n")]
)
async def test_nothing_is_said_in_words(invoke, server, command, key, said):
    server.script(Reply(200, body=json.dumps({key: [], "next": ""}).encode()))
    assert await invoke(command, answer={key: [], "next": ""}) == said


async def test_a_list_of_every_state_asks_for_none(invoke, server):
    await invoke("list", "--all", answer={"alerts": [], "next": ""})
    assert "state=" not in str(server.requests[0])


@pytest.mark.parametrize("verb", ["unacknowledge", "resolve"])
async def test_what_became_of_it_is_a_sentence(invoke, server, verb):
    said = await invoke(verb, "inc_1", "--comment", "hm", answer={"changed": False, "alert": ALERT})
    assert said == "inc_1: already acknowledged by Ada.\n"
    assert f"/alerts/inc_1/{verb}" in str(server.requests[0])
    assert json.loads(server.requests[0].body) == {"comment": "hm"}


async def test_an_alert_without_words_or_company_is_shown_short(invoke):
    bare = {**ALERT, "title": "Fire", "annotations": {}, "labels": {}}
    shown = await invoke(
        "show", "inc_1", answer={"alert": bare, "alerts": [], "events": [], "deliveries": [], "steps": []}
    )
    assert shown.splitlines()[0].startswith("Fire  ")
    assert len(shown.splitlines()) == 2


async def test_a_comment_is_answered(invoke):
    assert json.loads(await invoke("comment", "inc_1", "hm", "--json", answer={"id": "evt_1"})) == {"id": "evt_1"}


@pytest.mark.parametrize(
    ("status", "error", "hint"),
    [(401, AuthError, "token create"), (404, NotFoundError, ""), (400, ObserveError, "state: is unknown")],
)
async def test_a_refusal_is_the_backends_own_sentence(invoke, server, status, error, hint):
    errors = ["No.", "state: is unknown"] if status == 400 else ["No."]
    body = {"ok": False, "error": "No.", "errors": errors, "status": status}
    server.script(Reply(status, body=json.dumps(body).encode()))
    raised = await invoke("list", error=error)
    assert raised.message == "No."
    assert hint in raised.hint


async def test_what_is_no_backend_is_said(invoke, server):
    server.script(Reply(200, body=b"<html>"), Reply(200, body=b"[]"))
    assert "no fraiseql-observe backend" in (await invoke("list", error=ObserveError)).message
    assert "no fraiseql-observe backend" in (await invoke("list", error=ObserveError)).message


async def test_nobody_there_is_said_without_the_password(invoke):
    raised = await invoke("list", error=ObserveError, url="http://me:secret@127.0.0.1:9")
    assert "http://127.0.0.1:9 does not answer" in raised.message


@pytest.mark.parametrize("url", ["observe", "htp://127.0.0.1:9", "http://", "http://127.0.0.1:port"])
async def test_what_is_no_address_is_said(invoke, url):
    raised = await invoke("list", error=ObserveError, url=url)
    assert "is no address" in raised.message
    assert "http://127.0.0.1:9095" in raised.hint


async def test_who_has_no_token_is_told_how_to_give_one(invoke, server):
    said = {"ok": False, "error": "No token.", "errors": ["No token.", "send the header"], "status": 401}
    server.script(Reply(401, body=json.dumps(said).encode()))
    raised = await invoke("list", error=AuthError)
    assert "--token" in raised.hint
    assert "header" not in raised.hint


def test_the_settings_say_where_and_with_what(tmp_path):
    file = tmp_path / "observe.yaml"
    file.write_text(
        "server: {host: '::1', port: 9100}\nauth: {tokens: {cli: {token: fqo_0123456789abcdef, scopes: [admin]}}}"
    )
    found = connect(None, None, file)
    assert (found.url, found._token) == ("http://[::1]:9100", "fqo_0123456789abcdef")
    assert connect("http://elsewhere", None, file)._token == "", "a token is never sent to another address"
    token = tmp_path / "token"
    token.write_text("fqo_x\n")
    assert connect("http://elsewhere/", f"@{token}", None)._token == "fqo_x"
    with pytest.raises(ObserveError, match="cannot be read"):
        connect("http://elsewhere", "@/nowhere", None)


@pytest.mark.parametrize("kind", ["slack", "pagerduty", "opsgenie", "webhook", "email"])
@pytest.mark.parametrize("state", ["firing", "resolved"])
def test_every_kind_can_be_looked_at_without_settings(kind, state, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(command, ["preview", "--kind", kind, "--state", state, "--json"])
    assert result.exit_code == 0, result.output
    shown = json.loads(result.stdout)
    assert shown
    assert state == "resolved" or "14 %" in json.dumps(shown, ensure_ascii=False)
    assert "0" * 32 not in result.stdout, "the routing key is a secret"


def test_a_preview_says_what_is_wrong_with_the_templates(tmp_path):
    templates = tmp_path / "templates" / "slack"
    templates.mkdir(parents=True)
    (templates / "header.txt.j2").write_text("{% if %}")
    file = tmp_path / "observe.yaml"
    file.write_text(f"templates: {{folder: {tmp_path / 'templates'}}}")
    result = CliRunner().invoke(command, ["preview", "--kind", "slack", "--config", str(file)])
    assert result.exit_code == 0
    assert "template: The template" in result.stderr
    assert "attachments" in result.stdout


def test_a_preview_wants_one_thing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(command, ["preview"]).exit_code == 2
    assert CliRunner().invoke(command, ["preview", "x", "--kind", "slack"]).exit_code == 2
    nobody = CliRunner().invoke(command, ["test", "x"])
    assert isinstance(nobody.exception, NotFoundError)
    assert "there is none yet" in nobody.exception.hint


async def test_a_trial_of_pagerduty_is_over_at_once(server, tmp_path):
    taken = json.dumps({"status": "success", "dedup_key": "k"}).encode()
    server.script(Reply(202, body=taken), Reply(202, body=taken))
    file = tmp_path / "observe.yaml"
    file.write_text(f"destinations: {{pager: {{type: pagerduty, routing_key: {'a' * 32}, base_url: '{server.url}'}}}}")
    result = await asyncio.to_thread(CliRunner().invoke, command, ["test", "pager", "--config", str(file)])
    assert result.exit_code == 0, result.output
    assert "told at once that it is over" in result.output
    assert [json.loads(each.body)["event_action"] for each in server.requests] == ["trigger", "resolve"]


async def test_a_trial_that_fails_says_why(server, tmp_path):
    server.script(Reply(503, body=b""))
    file = tmp_path / "observe.yaml"
    file.write_text(f"destinations: {{hook: {{type: webhook, url: '{server.url}', allow_private: true}}}}")
    result = await asyncio.to_thread(CliRunner().invoke, command, ["test", "hook", "--config", str(file)])
    assert result.exit_code == 1
    assert "It may succeed later." in result.output


def test_the_page_names_every_command():
    page = (Path(__file__).parents[3] / "docs/how-to/work-from-a-terminal.md").read_text()
    assert set(re.findall(r"fraiseql-observe alert ([a-z]+)", page)) == set(command.commands)


def test_the_check_of_the_settings_names_broken_templates(tmp_path):
    from fraiseql_observe.cli.config import command as config  # noqa: PLC0415

    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "mine.txt.j2").write_text("{% if %}")
    file = tmp_path / "observe.yaml"
    file.write_text("templates: {folder: templates}")
    result = CliRunner().invoke(config, ["check", "--config", str(file)])
    assert result.exit_code == 0
    assert "note: The template" in result.stderr
    assert "line 1" in result.stderr
