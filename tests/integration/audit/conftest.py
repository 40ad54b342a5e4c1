"""The audit schema in a fresh database."""

from __future__ import annotations

import pytest
from audit_database import READER_PASSWORD, Audited

from fraiseql_observe.audit import setup


@pytest.fixture
def audited(database_url):
    setup.apply(database_url, reader_password=READER_PASSWORD)
    return Audited(database_url)
