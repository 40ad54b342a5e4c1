"""What each question reads, by PostgreSQL's own account: no partition outside its range, and roll-ups for a long one.

Held for both ways to ask: as the audit proxy does, with bound values, and as Grafana's PostgreSQL data source does,
with values in the text.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
import pytest
from audit_database import CATALOGUE, NOON
from proxied import made

from fraiseql_observe.audit import reader
from fraiseql_observe.verify.interpolate import Value, for_postgres, interpolate
from fraiseql_observe.verify.macros import expand
from fraiseql_observe.verify.scope import for_postgres as grafana_scope
from fraiseql_observe.verify.timing import Window

DAYS = 40
END = NOON + timedelta(minutes=30)
TENANTS = tuple(f"tenant {number}" for number in range(5))
# 12,000 rows over 40 days, 300 a day, that are in the roll-ups; 100 of the last minutes that are not.
ROWS = """
insert into fraiseql_observe.audit_event
  (event_id, occurred_at, recorded_at, tenant_id, user_id, event_type, category, entity, outcome, error_type, severity,
   error_fingerprint, error_message, operation_type, operation_name, endpoint, duration_ms, complexity, depth,
   ip_address)
select gen_random_uuid(), at, at + interval '0.1 seconds', 'tenant ' || i %% 5,
       'user ' || i %% 97 * (i %% 89) / 89 * (i %% 83) / 83,
       (array['access', 'create', 'update', 'delete'])[1 + i %% 4],
       case when i %% 211 = 0 then 'permission' when i %% 97 = 0 then 'admin' else 'data' end,
       (array['Post', 'User', 'Tag'])[1 + i %% 3],
       case when i %% 50 = 0 then 'denied' when i %% 40 = 0 then 'failure' else 'success' end,
       case when i %% 50 = 0 then 'auth' when i %% 40 = 0 then 'database' end,
       case when i %% 40 = 0 then 'critical' end,
       case when i %% 40 = 0 then 'fp ' || i %% 7 end, 'it broke', 'query', 'operation ' || i %% 9, '/graphql',
       i %% 300, i %% 700, 3, '192.0.2.7'
  from generate_series(1, %(rows)s) as i
 cross join lateral (select %(end)s::timestamptz - i * %(step)s::interval as at) as moment
"""
GROUPS = """
insert into fraiseql_observe.error_group (fingerprint, severity, first_seen, last_seen, status, resolved_at)
select error_fingerprint, 'critical', min(occurred_at), max(occurred_at),
       case when error_fingerprint > 'fp 3' then 'resolved' else 'open' end, max(occurred_at)
  from fraiseql_observe.audit_event
 where error_fingerprint is not null
 group by error_fingerprint
"""
SPANS = {
    "15 minutes": timedelta(minutes=15),
    "over midnight": timedelta(hours=2),
    "a day": timedelta(hours=24),
    "a month": timedelta(days=30),
}
ENDS = {"over midnight": NOON - timedelta(hours=11)}
SHORT = timedelta(hours=6)
# Rows of the log that a question about a long range may read: the tail with its neighbours, and what a list shows.
FEW = 1000
BIG = 2000  # rows of a table that is not read from end to end
# Where hours would be as many as the rows: days are kept, for ranges of more than a week.
BY_DAY = {"compliance_access_by_user": timedelta(days=7)}


@dataclass(frozen=True)
class Read:
    """What a plan did to one table or partition: `rows` that it looked at, `found` that it went on with.

    `tail`: it looked for rows that no roll-up holds yet, which may be of any time.
    """

    relation: str
    how: str
    rows: int
    found: int
    tail: bool

    @property
    def of_the_log(self) -> bool:
        return self.relation.startswith("audit_event_")


@pytest.fixture(scope="module")
def kept(shared):
    days = "generate_series(%s, %s, '1 day'::interval) as day"
    shared.run(f"select fraiseql_observe.make_partition(day) from {days}", (END - timedelta(days=DAYS), END))
    shared.run(ROWS, {"rows": DAYS * 300, "end": END - timedelta(minutes=1), "step": timedelta(days=1) / 300})
    shared.run(GROUPS)
    shared.maintain()
    shared.run(ROWS, {"rows": 100, "end": END, "step": timedelta(seconds=10)})
    shared.run("vacuum analyze")
    assert shared.run("select count(*) from fraiseql_observe.audit_event_default") == [(0,)]
    return shared


def range_of(span):
    end = ENDS.get(span, END)
    return end - SPANS[span], end


def as_the_proxy_asks(log, question, span):
    start, end = range_of(span)
    values = {
        "from": start,
        "to": end,
        "bucket": max(timedelta(seconds=1), (end - start) / 200),
        "tenants": list(TENANTS),
    }
    limits = {"role": "fraiseql_observe_reader", "tenants": "", "statement": "10s", "lock": "1s", "idle": "15s"}
    with psycopg.connect(log.reader_url) as connection:
        connection.read_only = True
        connection.execute(reader._SETTINGS, limits)
        return plan(connection, question.bound_sql, question.arguments(**values))


def as_grafana_asks(log, question, span):
    window = Window(*range_of(span))
    scope = {"tenant": Value(TENANTS, multi=True, include_all=True), **grafana_scope(window, 200, "1s")}
    with psycopg.connect(log.reader_url) as connection:
        return plan(connection, expand(interpolate(question.raw_sql, scope, for_postgres), window))


def plan(connection, sql, arguments=None):
    """What was read, table by table; what a plan holds and never did is not in it."""
    # A day of 300 rows is read from end to end as fast as by an index: say whether an index could serve.
    connection.execute("set local enable_seqscan = off")
    (document,) = connection.execute(f"explain (analyze, timing off, format json) {sql}", arguments).fetchone()
    return list(reads(document[0]["Plan"]))


def reads(node):
    if node.get("Actual Loops") and "Relation Name" in node:
        loops, removed = (
            node["Actual Loops"],
            node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0),
        )
        conditions = " ".join(node.get(key, "") for key in ("Filter", "Index Cond", "Recheck Cond"))
        yield Read(
            node["Relation Name"],
            " ".join([node["Node Type"], *indexes(node)]),
            round((node["Actual Rows"] + removed) * loops),
            round(node["Actual Rows"] * loops),
            "transaction_id >=" in conditions,
        )
    for child in node.get("Plans", ()):
        yield from reads(child)


def indexes(node):
    for child in node.get("Plans", ()):
        yield from [child["Index Name"]] if "Index Name" in child else indexes(child)


def problems(name, span, found):
    """What is wrong with what was read."""
    start, end = range_of(span)
    rolled = end - start > BY_DAY.get(name, SHORT)
    for one in found:
        empty = not one.rows or (one.tail and not one.found)
        if one.of_the_log and not empty and not overlaps(one.relation, start, end):
            yield f"reads {one.relation}, outside the range ({one.how})"
        if one.how.startswith("Seq Scan") and one.rows > BIG:
            yield f"reads {one.relation} from end to end"
    if rolled and sum(one.found if one.tail else one.rows for one in found if one.of_the_log) > FEW:
        yield "reads rows where roll-ups would do"


def overlaps(partition, start, end):
    """By its name. A long range is read in whole days."""
    if partition == "audit_event_default":
        return False
    first = datetime.strptime(f"{partition[-8:]}+0000", "%Y%m%d%z")
    return first <= end and first + timedelta(days=1) > start.replace(hour=0, minute=0)


QUESTIONS = [name for name in CATALOGUE if name not in ("tenants", "database_top_statements")]  # no range
WAYS = {"proxy": as_the_proxy_asks, "grafana": as_grafana_asks}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_reads_its_range_and_no_more(kept, name, way):
    assert not {
        span: found for span in SPANS if (found := list(problems(name, span, WAYS[way](kept, CATALOGUE[name], span))))
    }


def test_most_questions_about_a_month_read_roll_ups(kept):
    tables = Counter()
    for name in QUESTIONS:
        found = as_the_proxy_asks(kept, CATALOGUE[name], "a month")
        tables.update({one.relation for one in found if one.relation.startswith("rollup_")})
    assert tables.keys() >= {"rollup_traffic", "rollup_activity", "rollup_error", "rollup_access"}


# Of whole days, as a long range is read.
COUNTED = """
select tenant_id, user_id, entity, count(*) filter (where event_type = 'access' and outcome <> 'denied'), count(*)
  from fraiseql_observe.audit_event
 where occurred_at >= date_trunc('day', %(start)s, 'UTC')
   and tenant_id = any(%(tenants)s)
 group by 1, 2, 3
 order by count(*) desc
"""


@pytest.mark.parametrize("tenants", [TENANTS[:1], TENANTS], ids=["one", "all"])
@pytest.mark.parametrize("most", [1, 7, 40])
def test_the_busiest_are_found_without_adding_all_up(kept, tenants, most):
    start, end = range_of("a month")
    counted = kept.run(COUNTED, {"start": start, "tenants": list(tenants)})
    requests = {tuple(key): every for *key, _, every in counted}
    reads = {tuple(key): some for *key, some, _ in counted}
    found = kept.ask("compliance_access_by_user", tenants=tenants, limit=most, **{"from": start, "to": end})
    keys = [(row["tenant"], row["user"], row["entity"]) for row in found]
    assert [requests[key] for key in keys] == sorted(requests.values(), reverse=True)[:most]
    assert [row["reads"] for row in found] == [reads[key] for key in keys]


NO_RANGE = "select count(*) as n from fraiseql_observe.audit_events where tenant_id = any(:tenants::text[])"
FORGETFUL = {
    "no range": NO_RANGE,
    "no roll-ups": f"{NO_RANGE} and occurred_at between :from::timestamptz and :to::timestamptz",
    "a range that hides": f"{NO_RANGE}"
    " and date_trunc('day', occurred_at) between :from::timestamptz and :to::timestamptz",
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("kind", "span", "said"),
    [
        ("no range", "15 minutes", "outside the range"),
        ("a range that hides", "15 minutes", "outside the range"),
        ("no roll-ups", "a month", "where roll-ups would do"),
    ],
)
def test_a_question_that_reads_too_much_is_found(kept, kind, span, said, way):
    parameters = "from: {type: timestamptz}\nto: {type: timestamptz}\ntenants: {type: 'text[]'}"
    sql = FORGETFUL[kind]
    question = made(sql, parameters=parameters if ":from" in sql else parameters.splitlines()[-1])
    assert any(said in problem for problem in problems("mine", span, WAYS[way](kept, question, span)))
