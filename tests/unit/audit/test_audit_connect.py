import psycopg
import pytest

from fraiseql_observe.audit import connect
from fraiseql_observe.errors import AuditError


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("postgresql://ada:hunter2@db.example:6432/blog", "db.example:6432/blog"),
        ("postgresql:///blog", "localhost:5432/blog"),
        ("host=db dbname=blog password=hunter2", "db:5432/blog"),
    ],
)
def test_a_database_is_named_without_its_secret(url, where):
    assert connect.described(url) == where


@pytest.mark.parametrize(
    "url",
    [
        "hunter2",
        "http://ada:hunter2@db",
        "postgresql://ada:hunter2@[::1/x",
        "postgresql://ada:x@hunter2@db/blog",
        "postgresql://ada:x/hunter2@db/blog",
        "postgresql://ada:12/hunter2@db/blog",
        "postgresql://ada@db:hunter2/blog",
    ],
)
def test_a_malformed_url_is_not_repeated(url):
    with pytest.raises(AuditError, match="malformed") as error:
        connect.described(url)
    assert "hunter2" not in str(error.value)
    assert error.value.__context__ is None


@pytest.mark.parametrize(
    ("said", "sentence", "hint"),
    [
        ('FATAL: password authentication failed for user "ada"', "refused the login", "PGPASSWORD"),
        ("fe_sendauth: no password supplied", "refused the login", "PGPASSWORD"),
        ('FATAL: no pg_hba.conf entry for host "::1"', "refused the login", "check the user"),
        ('FATAL: database "blog" does not exist', "no such database or user", "createdb"),
        ("connection refused", "does not answer", "is the server running"),
        ("connection timeout expired", "does not answer", "firewall"),
    ],
)
def test_why_a_connection_failed(said, sentence, hint):
    error = connect.unreachable("db:5432/blog", psycopg.OperationalError(said))
    assert sentence in error.message
    assert "db:5432/blog" in error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    ("kind", "sentence", "hint"),
    [
        (psycopg.errors.InsufficientPrivilege, "too few rights", "CREATEROLE"),
        (psycopg.errors.LockNotAvailable, "gave up waiting", "try again"),
        (psycopg.errors.QueryCanceled, "gave up waiting", "nothing was changed"),
        (psycopg.errors.UndefinedTable, "refused a statement", "--print"),
    ],
)
def test_why_a_statement_failed(kind, sentence, hint):
    error = connect.refused("db:5432/blog", kind("must be owner.\nLINE 1: ..."))
    assert sentence in error.message
    assert error.message.endswith("must be owner.")
    assert hint in error.hint


def test_a_role_that_does_not_exist_is_a_matter_of_the_option():
    error = connect.refused("db:5432/blog", psycopg.errors.UndefinedObject('role "blok" does not exist'))
    assert 'role "blok" does not exist' in error.message
    assert "--app-role" in error.hint
