"""`fraiseql-observe audit`: questions on the command line, against a real database."""

from __future__ import annotations

import csv
import io
import json

import psycopg
import pytest
from click.testing import CliRunner

from fraiseql_observe.audit.check import rights
from fraiseql_observe.audit.vetting import allowed
from fraiseql_observe.cli import cli
from fraiseql_observe.errors import AskError, AuditError, CatalogueError, ConfigError


@pytest.fixture(scope="module")
def filled(shared):
    shared.event(60, outcome="failure", error_type="auth", user_id="ada", error_message="red \x1b[31m")
    shared.event(70, tenant_id="globex", outcome="failure", error_type="auth", user_id="gus")
    return shared


@pytest.fixture
def run(filled, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def run(*words, url=filled.reader_url):
        environment = {"DATABASE_URL": url, "COLUMNS": "300"}
        result = CliRunner().invoke(cli, ("audit", *words), standalone_mode=False, env=environment)
        if result.exception:
            raise result.exception
        return result

    return run


WHEN = ("--from", "2026-03-04T12:00:00Z", "--to", "2026-03-04T13:00:00Z")


def test_the_questions(run):
    assert "errors_recent(from, to, tenants, limit): " in run("list").stdout


def test_as_json_and_csv(run):
    document = json.loads(run("query", "errors_recent", *WHEN, "--format", "json", "--param", "limit=1").stdout)
    assert (document["row_count"], document["truncated"]) == (1, False)
    rows = list(csv.reader(io.StringIO(run("query", "errors_recent", *WHEN, "--format", "csv").stdout)))
    assert len(rows) == 3


def test_as_a_table_that_steers_no_terminal(run):
    shown = run("query", "errors_recent", *WHEN).stdout
    assert "gus" in shown
    assert "\x1b" not in shown


def test_for_one_tenant(run):
    shown = run("query", "errors_recent", *WHEN, "--tenant", "acme").stdout
    assert "ada" in shown
    assert "gus" not in shown
    assert "acme" in run("query", "tenants", "--tenant", "acme").stdout


def test_a_plan(run):
    assert "cost=" in run("explain", "errors_recent", *WHEN).stdout
    assert "actual time" in run("explain", "errors_recent", *WHEN, "--analyze", "--tenant", "acme").stdout


def test_whatever_the_url_may_do_the_question_is_asked_as_the_reader(run, filled):
    filled.run("create schema if not exists app; create table app.hidden (n int)")
    with pytest.raises(CatalogueError, match="is no folder"):
        run("query", "mine", "--questions", "none", url=filled.url)
    assert "gus" in run("query", "errors_recent", *WHEN, url=filled.url).stdout


def test_what_goes_wrong(run, unused_tcp_port):
    with pytest.raises(ConfigError, match="no question"):
        run("query", "nothing")
    with pytest.raises(AskError, match="limit: is not a whole number"):
        run("query", "errors_recent", "--param", "limit=x")
    with pytest.raises(Exception, match="is not NAME=VALUE"):
        run("query", "errors_recent", "--param", "limit")
    with pytest.raises(AskError, match="tenants: cannot hold"):
        run("query", "errors_recent", "--tenant", "(none)")
    with pytest.raises(AuditError, match="malformed"):
        run("query", "tenants", url="postgresql://[")
    with pytest.raises(Exception, match="Missing option '--database'"):
        run("query", "tenants", url="")
    with pytest.raises(AskError, match="cannot be reached"):
        run("query", "tenants", url=f"postgresql://x@127.0.0.1:{unused_tcp_port}/x")


def test_an_answer_that_is_cut_says_so(run, tmp_path, monkeypatch):
    monkeypatch.setattr("fraiseql_observe.audit.direct.LIMITS", type_with(rows=1))
    result = run("query", "errors_recent", *WHEN)
    assert "There is more: these are the first 1 rows." in result.stderr


def type_with(**limits):
    from dataclasses import replace  # noqa: PLC0415

    from fraiseql_observe.audit.direct import LIMITS  # noqa: PLC0415

    return replace(LIMITS, **limits)


def wrong(url):
    return {one.subject: one.detail for one in rights(url) if not one.ok}


def test_the_rights_of_the_login(filled, database_url):
    assert wrong(filled.reader_url) == {}
    assert wrong(filled.url) == {"login of the audit questions": "has the rights of postgres over the server"}
    assert wrong(database_url) == {"schema": "there is no schema fraiseql_observe here"}


def test_a_reader_that_may_do_more(audited):
    audited.run(
        "create schema app; create table app.secret (n int); grant usage on schema app to fraiseql_observe_reader;"
        " grant select, insert on app.secret to fraiseql_observe_reader"
    )
    assert wrong(audited.reader_url) == {
        "writes of the audit questions": "may change app.secret",
        "reads of the audit questions": "may read app.secret",
    }


def test_row_security_without_a_policy(audited):
    audited.run("drop policy reader_select on fraiseql_observe.audit_event")
    assert wrong(audited.reader_url) == {
        "row security of fraiseql_observe.audit_event": "is on and no policy lets the reader see a row"
    }


def test_no_function_that_may_be_called_is_volatile(filled):
    with psycopg.connect(filled.url) as connection:
        found = connection.execute(
            "select proname from pg_proc where pronamespace = 'pg_catalog'::regnamespace"
            " and proname = any(%s) and provolatile = 'v'",
            [list(allowed())],
        ).fetchall()
    assert found == []
