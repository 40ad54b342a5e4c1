"""Enrichment beside a real Prometheus with two hours of data, and a real audit database."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
import yaml

from fraiseql_observe.alerts.enrich import Enricher
from fraiseql_observe.alerts.impact import AuditLog
from fraiseql_observe.alerts.prometheus import Prometheus
from fraiseql_observe.audit import setup
from fraiseql_observe.config.audit import AuditSettings
from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.enrichment import EnrichmentSettings, PrometheusSettings
from fraiseql_observe.demo.servers import PrometheusServer
from fraiseql_observe.errors import EnrichmentError
from fraiseql_observe.incident.message import Enrichment
from fraiseql_observe.incident.model import Alert, AlertStatus, Incident, Severity, State
from fraiseql_observe.notify.picture import draw

STEP = 15
NOW = datetime.now(UTC).replace(microsecond=0)
BROKE = NOW - timedelta(minutes=20)  # from here on a fifth of all operations fails
RATIO = (
    'sum by (job) (rate(fraiseql_graphql_queries_errors_total{job="fraiseql"}[5m])) '
    '/ (sum by (job) (rate(fraiseql_graphql_queries_total{job="fraiseql"}[5m])) > 0)'
)
RULE = f'{RATIO} > 0.05 and sum by (job) (rate(fraiseql_graphql_queries_total{{job="fraiseql"}}[5m])) > 0.05'
LATENCY = "histogram_quantile(0.99, sum by (job, le) (rate(fraiseql_graphql_query_duration_seconds_bucket[5m]))) > 1"
RULES = {
    "groups": [
        {"name": "test", "rules": [{"alert": "HighErrorRate", "expr": RULE, "labels": {"severity": "critical"}}]}
    ]
}


FIRST = NOW - timedelta(hours=2)
FAILURES = {"posts": 4, "users": 2, "fine": 0}  # a second


def openmetrics():
    """Thirty operations a second, of which six fail once it is broken; half of the `posts` take seconds."""
    moments = [FIRST + timedelta(seconds=STEP * index) for index in range(2 * 3600 // STEP + 1)]

    def series(name, labels, value):
        label_set = ",".join(f'{key}="{each}"' for key, each in {"job": "fraiseql", **labels}.items())
        for at in moments:
            yield f"{name}{{{label_set}}} {value(at)} {at.timestamp():.0f}"

    def since(begin, per_second):
        return lambda at: max(0, (at - begin).total_seconds()) * per_second

    yield "# TYPE fraiseql_graphql_queries counter"
    yield from series("fraiseql_graphql_queries_total", {}, since(FIRST, 30))
    yield "# TYPE fraiseql_graphql_queries_errors counter"
    yield from series("fraiseql_graphql_queries_errors_total", {}, since(BROKE, 6))
    yield "# TYPE fraiseql_graphql_errors counter"
    for name, failures in FAILURES.items():
        yield from series("fraiseql_graphql_errors_total", {"operation_name": name}, since(BROKE, failures))
    yield "# TYPE fraiseql_graphql_query_duration_seconds histogram"
    for name, fast in (("posts", 0.5), ("users", 1.0)):
        for bound, share in (("0.1", fast), ("2.5", 1), ("+Inf", 1)):
            labels = {"operation_name": name, "le": bound}
            yield from series("fraiseql_graphql_query_duration_seconds_bucket", labels, since(FIRST, 10 * share))
    yield "# EOF"


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "samples").write_text("\n".join(openmetrics()) + "\n")
    subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", folder / "samples", folder / "data"],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    files = {
        "prometheus.yml": yaml.safe_dump({"global": {"evaluation_interval": "1s"}, "rule_files": ["rules.yml"]}),
        "rules.yml": yaml.safe_dump(RULES),
    }
    with PrometheusServer(files, folder=folder) as server:
        yield server


def alert(expression=RULE, **labels):
    return Alert(
        fingerprint="f" * 16,
        starts_ns=int((BROKE + timedelta(minutes=1)).timestamp() * 1e9),
        status=AlertStatus.FIRING,
        labels={"alertname": "HighErrorRate", "severity": "critical", "job": "fraiseql", **labels},
        generator_url=f"http://evil.example:1/graph?g0.expr={quote(expression)}&g0.tab=1" if expression else "",
    )


def incident(**changes):
    given = {
        "id": f"inc_{uuid4().hex}",
        "key": "k",
        "state": State.FIRING,
        "severity": Severity.CRITICAL,
        "title": "t",
        "receiver": "r",
        "group_labels": {},
        "common_labels": {},
        "common_annotations": {},
        "opened_at": BROKE + timedelta(minutes=2),
        "updated_at": NOW,
    }
    return Incident(**(given | changes))


async def enriched(prometheus_url, *alerts, audit_url="", of=None, **settings):
    enricher = Enricher(
        EnrichmentSettings(budget=timedelta(seconds=20), **settings),
        prometheus=PrometheusSettings(url=prometheus_url),
        audit=AuditSettings(url=Secret(audit_url)),
        clock=lambda: NOW,
    )
    try:
        return await enricher.within(of or incident(), alerts)
    finally:
        await enricher.close()


async def test_the_trend_is_that_of_the_alerts_own_expression(prometheus):
    found = await enriched(prometheus.url, alert())

    assert (found.trend.threshold, found.trend.operator, found.trend.unit) == (0.05, ">", "ratio")
    assert 200 < len(found.trend.points) <= 300
    values = dict(found.trend.points)
    assert values[max(values)] == pytest.approx(0.2, rel=0.01)
    assert values[min(values)] == 0
    assert (found.value, found.threshold) == ("20 %", "> 5 %")
    assert found.operations == ("posts", "users")
    assert len(draw(found.trend, started=BROKE, now=NOW)) < 30 * 1024


async def test_without_an_expression_the_rule_of_that_name_has_it(prometheus):
    found = await enriched(prometheus.url, alert(""))

    assert found.trend.expression.lstrip().startswith("sum by (job) (rate(fraiseql_graphql_queries_errors_total")
    assert found.value == "20 %"


async def test_an_alert_about_time_names_the_slow_operations(prometheus):
    found = await enriched(prometheus.url, alert(LATENCY))

    assert found.trend.unit == "seconds"
    assert found.operations == ("posts", "users")
    assert found.value == "2.4 s"


async def test_of_more_series_than_are_read_the_alerts_own_is_found(prometheus):
    odd = alert('label_replace(fraiseql_graphql_query_duration_seconds_bucket, "odd", "$1 \\"x", "le", "(.*)") > 5')
    odd.labels.update(operation_name="posts", le="0.1", odd='0.1 "x')
    found = await enriched(prometheus.url, odd, largest_answer=15_000)

    assert len(found.trend.points) > 200
    assert found.trend.threshold == 5
    assert dict(found.trend.points)[max(dict(found.trend.points))] == pytest.approx(2 * 3600 * 5, rel=0.01)


async def test_an_alert_of_another_job_has_no_trend_of_ours(prometheus):
    found = await enriched(prometheus.url, alert(job="other"))

    assert found == Enrichment()


@pytest.mark.parametrize("expression", ["nonsense((", "fraiseql_graphql_queries_total[5m]", "vector(1) @ 1e99"])
async def test_an_expression_that_prometheus_refuses_costs_only_the_trend(prometheus, expression):
    found = await enriched(prometheus.url, alert(expression, alertname="Unknown"))

    assert found.trend is None
    assert found.operations in ((), ("posts", "users"))


async def test_all_rules_are_listed(prometheus):
    server = Prometheus(PrometheusSettings(url=prometheus.url), largest=10**6, seconds=10)
    [rule] = await server.rules()
    await server.close()

    assert (rule.name, rule.group, rule.labels) == ("HighErrorRate", "test", {"severity": "critical"})


PASSWORD = "reads"


@pytest.fixture
def audited(database_url):
    """A database with the audit log, and the URL of the role that reads it."""
    setup.apply(database_url, reader_password=PASSWORD)
    parts = urlsplit(database_url)
    netloc = f"fraiseql_observe_reader:{PASSWORD}@{parts.netloc.rpartition('@')[2]}"
    return database_url, urlunsplit(parts._replace(netloc=netloc))


def write(url, *events):
    with psycopg.connect(url, autocommit=True) as connection:
        for minutes, tenant, user, operation, outcome in events:
            connection.execute(
                "insert into fraiseql_observe.audit_event (event_id, occurred_at, tenant_id, user_id, operation_name, "
                "event_type, outcome) values (%s, %s, %s, %s, %s, 'access', %s)",
                (uuid4(), BROKE + timedelta(minutes=minutes), tenant, user, operation, outcome),
            )


EVENTS = (
    (2, "acorn", "ada", "posts", "failure"),
    (3, "acorn", "ada", "posts", "failure"),
    (3, "birch", "ada", "users", "failure"),
    (4, "acorn", "kim", "posts", "denied"),
    (4, "acorn", "lee", "posts", "success"),
    (4, "acorn", None, "posts", "failure"),
    (-30, "acorn", "eve", "posts", "failure"),
)


async def test_users_impacted_are_those_whose_operations_failed(prometheus, audited):
    owner, reader = audited
    write(owner, *EVENTS)

    assert (await enriched(prometheus.url, alert(), audit_url=reader)).users == 3
    only = incident(common_labels={"operation_name": "users"})
    assert (await enriched("", alert(), audit_url=reader, of=only)).users == 1
    evil = incident(common_labels={"operation_name": "' or true; drop schema fraiseql_observe cascade --"})
    assert (await enriched("", alert(), audit_url=reader, of=evil)).users == 0
    assert (await enriched("", alert(), audit_url=owner)).users == 3, "the owner asks as the reader, too"


async def test_the_question_cannot_last(audited):
    owner, reader = audited
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("begin")
        connection.execute("lock table fraiseql_observe.audit_event in access exclusive mode")
        with pytest.raises(EnrichmentError, match="does not answer"):
            await AuditLog(reader, seconds=0.2).users(BROKE, NOW)
        connection.execute("rollback")
    assert await AuditLog(reader, seconds=5).users(BROKE, NOW) == 0


async def test_a_user_without_the_role_is_told_nothing(database_url):
    found = await enriched("", alert(), audit_url=database_url)

    assert found.users is None
