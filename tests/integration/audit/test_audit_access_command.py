"""`audit access`: who asked what, also on the command line itself."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from fraiseql_observe.cli.audit import command
from fraiseql_observe.errors import AskError
from fraiseql_observe.store import audit_access, open_store

ASKED = ("query", "errors_recent", "--from", "2026-03-04T12:00:00Z", "--to", "2026-03-04T13:00:00Z")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FRAISEQL_OBSERVE_CONFIG", raising=False)
    return lambda *arguments: CliRunner().invoke(command, arguments)


@pytest.fixture
def store(tmp_path):
    """The store where the settings have it, as a backend that ran here has left it."""

    async def make():
        engine = await open_store(f"sqlite:///{tmp_path}/fraiseql-observe.db", clock=lambda: datetime.now(UTC))
        await engine.close()

    asyncio.run(make())


def entries(run, *more):
    done = run("access", "--json", *more)
    assert done.exit_code == 0
    return json.loads(done.stdout)


def test_a_question_of_the_command_line_is_kept(run, store, shared):
    shared.event(outcome="failure", error_type="auth", error_message="no")
    assert run(*ASKED, "--database", shared.url, "--tenant", "acme", "--format", "json").exit_code == 0
    assert run("explain", *ASKED[1:], "--database", shared.url).exit_code == 0
    assert isinstance(run(*ASKED, "--database", shared.url, "--param", "limit=0").exception, AskError)
    refused, explained, answered = entries(run)
    assert (answered["question"], answered["outcome"], answered["rows"]) == ("errors_recent", "answered", 1)
    assert answered["who"].startswith("cli (")
    assert json.loads(answered["parameters"])["tenants"] == ["acme"]
    assert "explain" in json.loads(explained["parameters"])
    assert refused["outcome"] == "refused"
    assert entries(run, "--outcome", "refused", "--limit", "5") == [refused]
    assert entries(run, "--who", "nobody") == []
    table = run("access").stdout.splitlines()
    assert table[0].split()[:4] == ["AT", "WHO", "FOR", "FROM"]
    assert len(table) == 4


def test_without_a_store_nothing_is_kept_and_none_is_made(run, shared, tmp_path):
    assert run(*ASKED, "--database", shared.url).exit_code == 0
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_takes_nothing_keeps_nobody_from_the_answer(run, shared, tmp_path):
    (tmp_path / "fraiseql-observe.db").write_text("no database")
    done = run(*ASKED, "--database", shared.url)
    assert done.exit_code == 0
    assert "is not in the log of who asked what" in done.stderr


def test_what_clients_chose_does_not_steer_a_terminal(run, store, tmp_path):
    async def write():
        engine = await open_store(f"sqlite:///{tmp_path}/fraiseql-observe.db", clock=lambda: datetime.now(UTC))
        odd = audit_access.Access(
            "acc_1", datetime.now(UTC), "a\x1b[2J", "", "\u202eb", "", "", "q", "x" * 300, "refused", 0, 1
        )
        await engine.append(audit_access.INSERT, [audit_access.row(odd)])
        await engine.close()

    asyncio.run(write())
    said = run("access").stdout
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "…" in said
    assert run("access", "--who", "a").stderr == "Nobody has asked, as far as is known.\n"
