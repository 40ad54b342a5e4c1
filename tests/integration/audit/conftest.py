"""The audit schema in a fresh database."""

from __future__ import annotations

import pytest
from audit_database import READER_PASSWORD, Audited, scratch_database

from fraiseql_observe.audit import setup


@pytest.fixture(scope="module")
def shared(postgres_url):
    """The audit schema in a database that the tests of one file share; they write all they need before they read."""
    with scratch_database(postgres_url) as url:
        setup.apply(url, reader_password=READER_PASSWORD)
        yield Audited(url)


@pytest.fixture
def audited(database_url):
    setup.apply(database_url, reader_password=READER_PASSWORD)
    return Audited(database_url)
