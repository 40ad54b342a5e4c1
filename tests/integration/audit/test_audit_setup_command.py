"""`fraiseql-observe setup audit` as a user meets it."""

import json
import os
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

import pytest
from audit_database import READER_PASSWORD, execute


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "fraiseql_observe", "setup", "audit", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={key: value for key, value in os.environ.items() if key != "DATABASE_URL"} | environment,
    )


def test_sets_up_says_so_and_says_so_again(database_url):
    first = run("--database", database_url)
    assert (first.returncode, first.stderr) == (0, "")
    assert "is set up (version 2)" in first.stdout
    second = run("--database", database_url, "--json")
    assert json.loads(second.stdout)["previous_version"] == 2
    assert "is up to date" in run(DATABASE_URL=database_url).stdout


def test_check_before_and_after(database_url):
    before = run("--database", database_url, "--check")
    assert before.returncode == 1
    assert "FAIL  schema: there is no schema fraiseql_observe here" in before.stdout
    assert "fraiseql-observe setup audit" in before.stdout
    run("--database", database_url)
    after = run("--database", database_url, "--check", "--json")
    assert after.returncode == 0
    assert json.loads(after.stdout)["ok"] is True


def test_print_needs_no_server():
    printed = run("--print")
    assert printed.returncode == 0
    assert "create table if not exists fraiseql_observe.audit_event" in printed.stdout


def test_print_changes_nothing(database_url):
    assert "begin;" in run("--print", "--database", database_url).stdout
    assert execute(database_url, "select to_regnamespace('fraiseql_observe')") == [(None,)]


def test_the_password_comes_from_a_file_or_the_environment_and_is_never_shown(database_url, tmp_path):
    file = tmp_path / "password"
    file.write_text(READER_PASSWORD + "\n")
    outputs = [
        run("--database", database_url, "--reader-password-file", str(file)),
        run("--database", database_url, "--json", FRAISEQL_OBSERVE_READER_PASSWORD=READER_PASSWORD),
        run("--database", database_url, "--print", "--reader-password-file", str(file)),
    ]
    for output in outputs:
        assert output.returncode == 0
        assert READER_PASSWORD not in output.stdout + output.stderr
    assert json.loads(outputs[1].stdout)["reader_login"] is True


def test_the_application_role_may_write(database_url):
    execute(database_url, "drop role if exists blog_of_test; create role blog_of_test")
    try:
        assert run("--database", database_url, "--app-role", "blog_of_test").returncode == 0
        member = execute(database_url, "select pg_has_role('blog_of_test', 'fraiseql_observe_writer', 'member')")
        assert member == [(True,)]
    finally:
        execute(database_url, "drop role blog_of_test")


def fails(output, code, *texts):
    assert output.returncode == code, output
    assert output.stdout == ""
    assert "Traceback" not in output.stderr
    for text in texts:
        assert text in output.stderr


def test_usage():
    fails(run(), 2, "Missing option '--database'")
    fails(run("--print", "--check"), 2, "exclude each other")
    fails(run("--print", "--json"), 2, "exclude each other")


@pytest.mark.parametrize(
    ("url", "texts"),
    [
        ("postgresql://127.0.0.1:1/x", ("PostgreSQL at 127.0.0.1:1/x does not answer", "is the server running")),
        ("postgresql://u:hunter2@[::1/x", ("The database URL is malformed", "postgresql://user@host")),
        ("nonsense", ("The database URL is malformed",)),
    ],
)
def test_a_url_that_leads_nowhere(url, texts):
    output = run("--database", url)
    fails(output, 1, *texts)
    assert "hunter2" not in output.stderr


def test_a_database_that_does_not_exist(postgres_url):
    url = urlunsplit(urlsplit(postgres_url)._replace(path="/no_such_database"))
    fails(run("--database", url), 1, "no such database or user", "no_such_database")


def test_a_user_with_too_few_rights(database_url):
    execute(database_url, "drop role if exists weak_of_test; create role weak_of_test login password 'weak'")
    try:
        host = urlsplit(database_url).netloc.rpartition("@")[2]
        url = urlunsplit(urlsplit(database_url)._replace(netloc=f"weak_of_test:weak@{host}"))
        fails(run("--database", url), 1, "too few rights", "permission denied", "CREATEROLE")
    finally:
        execute(database_url, "drop role weak_of_test")


@pytest.mark.parametrize(
    ("content", "text"),
    [(None, "cannot be read"), (b"\xff\xfe", "cannot be read"), (b"a\nb\n", "one line"), (b"\n", "one line")],
)
def test_a_password_file_that_holds_none(database_url, tmp_path, content, text):
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    fails(run("--database", database_url, "--reader-password-file", str(file)), 1, text)
