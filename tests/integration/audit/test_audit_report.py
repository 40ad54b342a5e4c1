"""`fraiseql-observe audit report` against a real database: what it asks as whom, and what becomes of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from audit_database import NOON
from click.testing import CliRunner

from fraiseql_observe.audit.direct import bound, reading
from fraiseql_observe.cli import cli
from fraiseql_observe.errors import AskError, AuditError, ConfigError
from fraiseql_observe.report import contents, gather
from fraiseql_observe.report.gather import Chained, Wanted

FROM, TO = "2026-03-04T12:00:00Z", "2026-03-04T13:00:00Z"
EVIL = "<script>alert(1)</script>\u202e"


@pytest.fixture(scope="module")
def filled(shared):
    for minute in range(8):
        shared.event(minute * 60, event_type="update", entity="Post", operation_name="updatePost")
    shared.event(60, outcome="denied", error_type="authorization", user_id=EVIL, error_message="z" * 400)
    shared.event(70, tenant_id="globex", outcome="failure", error_type="auth", user_id="gus", error_fingerprint="f1")
    shared.event(80, tenant_id="globex", category="permission", event_type="create", operation_name="grantRole")
    shared.event(90, tenant_id=None, category="admin", operation_name="rotateKeys", lag=7)
    shared.error("f1")
    return shared


@pytest.fixture
def run(filled, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def run(*words, url=filled.reader_url, exit_code=0):
        given = ("audit", "report", "--from", FROM, "--to", TO, *words)
        result = CliRunner().invoke(cli, given, standalone_mode=False, env={"DATABASE_URL": url})
        if result.exception:
            raise result.exception
        assert (result.return_value or 0) == exit_code
        return result

    return run


def test_the_page_and_its_data_are_of_the_same_answers(run, tmp_path):
    run("--output", "report.html", "--by", "Ada")
    html = (tmp_path / "report.html").read_text()
    document = json.loads(run("--json").stdout)
    assert document["ok"]
    assert document["report"]["data_sha256"] in html
    assert [one["question"] for one in document["answers"]] == list(contents.questions())
    rows = {one["question"]: one["rows"] for one in document["answers"]}
    assert sum(value for _, kind, value in rows["compliance_events_by_type"] if kind == "update") == 8
    assert len(rows["compliance_permission_changes"]) == 1
    assert len(rows["compliance_admin_actions"]) == 2
    assert "<script" not in html
    assert "\u202e" not in html
    assert "made by" not in html
    assert "by <bdi>Ada</bdi>" in html


def test_it_is_the_same_whoever_makes_it_when(run):
    sums = {json.loads(run("--json", *more).stdout)["report"]["data_sha256"] for more in ((), ("--by", "Bob"))}
    assert len(sums) == 1


def test_no_secret_is_in_it(run, filled):
    assert "reader's secret" not in run().stdout
    assert "reader%27s" not in run("--json").stdout
    assert "127.0.0.1" in run(url=filled.reader_url).stdout or "localhost" in run().stdout


def test_one_tenant_alone(run):
    document = json.loads(run("--json", "--tenant", "globex").stdout)
    rows = {one["question"]: one["rows"] for one in document["answers"]}
    assert document["report"]["tenants"] == ["globex"]
    assert [row[0] for row in rows["users_tenant_metrics"]] == ["globex"]
    assert not any("Keys" in str(row) for row in rows["compliance_admin_actions"])


def test_a_list_is_cut_where_it_was_told_to_be(run):
    html = run("--rows", "1").stdout
    assert "Admin actions: the first 1 rows are here, and there are more." in html


def test_the_reader_alone_is_asked_and_nothing_is_written(run, filled):
    filled.run("create table if not exists public.spy (who text); grant insert on public.spy to public")
    run(url=filled.url)
    (grants,) = filled.run("select count(*) from public.spy")
    assert grants == (0,)


async def test_all_answers_are_of_one_moment(filled):
    """What is committed between two questions is in none of them."""
    question = gather.catalogue.load()["compliance_recent_events"]
    values, setting = bound(question, {"from": [FROM], "to": [TO]}, [], datetime(2026, 3, 5, tzinfo=UTC))
    async with reading(filled.reader_url) as reader:
        async with reader.snapshot(setting) as snapshot:
            before = await snapshot.ask(question, values)
            filled.event(600, user_id="late", tenant_id="late")
            assert (await snapshot.ask(question, values)).rows == before.rows
        after = await reader.ask(question, values, setting)
    assert len(after.rows) == len(before.rows) + 1
    filled.run("delete from fraiseql_observe.audit_event where user_id = 'late'")


async def test_one_question_that_fails_leaves_the_others(filled):
    filled.run("revoke select on fraiseql_observe.error_groups from fraiseql_observe_reader")
    try:
        wanted = Wanted(FROM, TO)
        material = await gather.gather(filled.reader_url, wanted, Chained(""), NOON + timedelta(days=1), "Ada")
    finally:
        filled.run("grant select on fraiseql_observe.error_groups to fraiseql_observe_reader")
    failed = {name for name, one in material.answers.items() if one.problem}
    assert "errors_top_fingerprints" in failed
    assert "compliance_admin_actions" not in failed
    assert "was refused by PostgreSQL (InsufficientPrivilege, 42501)" in material.answers["compliance_status"].problem
    assert not material.whole


def test_exit_code_and_page_when_a_question_fails(run, filled):
    filled.run("revoke select on fraiseql_observe.error_groups from fraiseql_observe_reader")
    try:
        result = run("--output", "report.html", exit_code=1)
    finally:
        filled.run("grant select on fraiseql_observe.error_groups to fraiseql_observe_reader")
    assert "could not be answered" in result.stderr


def test_what_goes_wrong_is_a_sentence(run, filled, unused_tcp_port, postgres_url, monkeypatch):
    with pytest.raises(AskError, match="cannot be reached"):
        run(url=f"postgresql://u@127.0.0.1:{unused_tcp_port}/none")
    with pytest.raises(AuditError, match="malformed"):
        run(url="postgresql://u:p@ss@host:x/none")
    with pytest.raises(AskError, match="from: is not a time"):
        run("--from", "yesterday")
    with pytest.raises(AskError, match="later than to"):
        run("--from", "2026-03-04T14:00:00Z")
    with pytest.raises(ConfigError, match="period of the report is empty"):
        run("--from", TO)
    with pytest.raises(AskError, match="tenants: cannot hold"):
        run("--tenant", "(none)")
    with pytest.raises(Exception, match=r"cannot be written to /none/report\.html"):
        run("--output", "/none/report.html")
    monkeypatch.setenv("PATH", "/none")
    with pytest.raises(Exception, match="no Chromium on PATH"):
        run("--pdf", "report.pdf")


def test_an_empty_log_makes_a_report_too(database_url):
    from fraiseql_observe.audit import setup  # noqa: PLC0415

    setup.apply(database_url)
    given = ("audit", "report", "--from", FROM, "--to", TO, "--database", database_url)
    result = CliRunner().invoke(cli, given, standalone_mode=False)
    assert "No operation was recorded in this period." in result.stdout
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("drop schema fraiseql_observe cascade")
    with pytest.raises(AskError, match="No question could be answered"):
        CliRunner().invoke(cli, given, standalone_mode=False, catch_exceptions=False)


def test_hash_chains_are_verified_where_the_user_may(database_url):
    pytest.importorskip("fraiseql")
    from chained import START, chained  # noqa: PLC0415

    from fraiseql_observe.audit import setup  # noqa: PLC0415

    def report(*more):
        period = ("--from", START.isoformat(), "--to", (START + timedelta(days=2)).isoformat())
        given = ("audit", "report", *period, "--database", database_url, *more)
        return CliRunner().invoke(cli, given, standalone_mode=False, catch_exceptions=False).stdout

    with chained(database_url, "unified") as log:
        ids = log.fill(9)
        setup.apply(database_url)
        document = json.loads(report("--json"))
        (found,) = document["hash_chains"]["logs"]
        assert (found["state"], found["rows"]) == ("verified", 9)
        log.tamper("update audit_events set entity_type = 'money' where id = %(id)s", id=ids[4])
        html = report()
        assert "What breaks the chain of <bdi>public.audit_events</bdi>" in html
        assert ids[4] in html
        assert "They were not asked for." in report("--no-chain")


def test_the_log_of_who_asked_what_has_the_report(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fraiseql-observe.yaml").write_text("store: {url: 'sqlite:///observe.db'}\n")
    import asyncio  # noqa: PLC0415

    from fraiseql_observe.store.opening import open_store  # noqa: PLC0415

    async def begin():
        await (await open_store("sqlite:///observe.db", clock=lambda: datetime.now(UTC))).close()

    asyncio.run(begin())
    run("--tenant", "acme", "--output", "report.html")
    (said,) = json.loads(CliRunner().invoke(cli, ("audit", "access", "--json"), standalone_mode=False).stdout)
    assert (said["question"], said["outcome"]) == ("report", "answered")
    assert FROM in said["parameters"]
    assert "acme" in said["parameters"]
