"""Who may verify a chain: a member of the verifier's role, all of it, and nobody who only reads dashboards."""

from __future__ import annotations

import psycopg
import pytest
from audit_database import READER_PASSWORD, Audited
from chained import KEY, chained, login

from fraiseql_observe.audit import setup
from fraiseql_observe.audit.chain.verify import verify
from fraiseql_observe.errors import AuditError

pytest.importorskip("fraiseql")


@pytest.fixture(params=["unified", "events"])
def log(request, database_url):
    with chained(database_url, request.param) as found:
        found.fill(6)
        setup.apply(database_url, reader_password=READER_PASSWORD)
        yield found


def test_the_verifier_sees_every_row_and_may_do_no_more(log):
    with login(log, "in role fraiseql_observe_verifier") as url:
        (found,) = verify(url, keys=(KEY,))
        assert (found.state, found.rows) == ("verified", 6)
        for sql in (
            "select key_value from audit_signing_keys",
            "update audit_events set ip_address = null",
            "delete from audit_events",
            "insert into audit_events (id) values (gen_random_uuid())",
            "select * from fraiseql_observe.audit_event",
        ):
            with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(sql)


def test_the_reader_of_dashboards_may_not_verify(log):
    with pytest.raises(AuditError, match="more columns") as refused:
        verify(Audited(log.url).reader_url)
    assert "fraiseql_observe_verifier" in refused.value.hint
