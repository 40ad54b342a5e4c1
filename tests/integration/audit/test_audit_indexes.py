"""No question reads a table of many rows from end to end."""

import re
from datetime import timedelta

import psycopg
import pytest
from audit_database import CATALOGUE, NOON

# 100,000 rows over three weeks, 30 tenants and 5,000 users; one row in a hundred failed.
ROWS = """
insert into fraiseql_observe.audit_event
  (event_id, occurred_at, recorded_at, tenant_id, user_id, event_type, category, entity, outcome, error_type,
   error_fingerprint, operation_name, duration_ms, complexity)
select gen_random_uuid(),
       %(noon)s::timestamptz + interval '1 hour' - i * interval '18 seconds',
       %(noon)s::timestamptz + interval '1 hour' - i * interval '18 seconds' + interval '0.1 seconds',
       case when i %% 10 > 0 then 'tenant ' || i %% 30 end,
       case when i %% 7 > 0 then 'user ' || i %% 5000 end,
       (array['access', 'create', 'update', 'delete'])[1 + i %% 4],
       case when i %% 211 = 0 then 'permission' else 'data' end,
       'Post',
       case when i %% 200 = 0 then 'denied' when i %% 150 = 0 then 'failure' else 'success' end,
       case when i %% 200 = 0 then 'auth' when i %% 150 = 0 then 'database' end,
       case when i %% 200 = 0 then 'fp ' || i %% 37 when i %% 150 = 0 then 'fp' end,
       'operation ' || i %% 9, i %% 300, i %% 700
  from generate_series(1, 100000) as i
"""
GROUPS = """
insert into fraiseql_observe.error_group (fingerprint, severity, first_seen, last_seen, status, resolved_at)
select error_fingerprint, 'critical', min(occurred_at), max(occurred_at),
       case when error_fingerprint > 'fp 2' then 'resolved' else 'open' end, max(occurred_at)
  from fraiseql_observe.audit_event
 where error_fingerprint is not null
 group by error_fingerprint
"""


@pytest.fixture(scope="module")
def large(shared):
    shared.run(ROWS, {"noon": NOON})
    shared.run(GROUPS)
    shared.run("analyze")
    return shared


@pytest.mark.parametrize("name", [name for name in CATALOGUE if name != "database_top_statements"])
@pytest.mark.parametrize("tenant", ["", "tenant 7"])
def test_uses_an_index(large, name, tenant):
    question = CATALOGUE[name]
    tenants = ["tenant 1", "tenant 7", "(none)"]
    given = question.arguments(**{"from": NOON, "to": NOON + timedelta(hours=1), "bucket": "5m", "tenants": tenants})
    with psycopg.connect(large.reader_url) as connection:
        connection.execute("select set_config('fraiseql.tenant_id', %s, true)", (tenant,))
        plan = "\n".join(
            row[0] for row in connection.execute(f"explain (analyze, timing off) {question.bound_sql}", given)
        )
    assert not re.search(r"Seq Scan on audit_event\b", plan), plan
    removed = [int(rows) for rows in re.findall(r"Rows Removed by (?:Filter|Index Recheck): (\d+)", plan)]
    assert max(removed, default=0) < 2000, plan
