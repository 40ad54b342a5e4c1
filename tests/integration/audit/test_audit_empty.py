"""Before the first row every question still answers: nothing, or a zero."""

import pytest
from audit_database import CATALOGUE


@pytest.mark.parametrize("name", list(CATALOGUE))
def test_answers_on_an_empty_database(shared, name):
    rows = shared.ask(name)
    zeros = {"errors_affected_users", "users_active_total", "users_new_total", "compliance_status"}
    filled = {"errors_affected_users_over_time", "users_new", "compliance_failed_access_over_time"}
    if name in zeros | filled:
        assert all(
            not value
            for row in rows
            for key, value in row.items()
            if key in ("affected_users", "active_users", "new_users", "attempts")
        )
        assert rows
    elif name != "database_top_statements":
        assert rows == []
