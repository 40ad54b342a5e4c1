"""Every metric family that the instrument emits, declared once.

Names, labels and buckets of FraiseQL's own families are FraiseQL's; `attribute` names the one in its `FraiseQLMetrics`
that is fed when the application called `setup_metrics`. All durations are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["counter", "gauge", "histogram"]
Sharing = Literal["livesum", "livemax", "livemin"]  # how one gauge of several workers reads as one

FAMILIES: list[Family] = []


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """One metric family.

    Attributes:
        hook: the hook of `instrument.hooks`, or the part of the instrument, that feeds it.
        attribute: name of the same family in FraiseQL's `FraiseQLMetrics`; empty when it is ours alone.
        sharing: how a gauge adds up over several worker processes.
    """

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...]
    hook: str
    attribute: str = ""
    buckets: tuple[float, ...] = ()
    sharing: Sharing = "livesum"

    def __post_init__(self) -> None:
        FAMILIES.append(self)


LATENCY = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)  # FraiseQL's
FAST = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)
WAIT = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
COMPLEXITY = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
DEPTH = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20)

_OPERATION = ("operation_type", "operation_name")

# HTTP
HTTP_REQUESTS = Family(
    "fraiseql_http_requests_total",
    "counter",
    "HTTP requests answered.",
    ("method", "endpoint", "status"),
    "request",
    "http_requests_total",
)
HTTP_DURATION = Family(
    "fraiseql_http_request_duration_seconds",
    "histogram",
    "Time until an HTTP request was answered in full.",
    ("method", "endpoint"),
    "request",
    "http_request_duration",
    LATENCY,
)
RESPONSE_TIME = Family(
    "fraiseql_response_time_seconds",
    "histogram",
    "Time until any HTTP request was answered in full.",
    (),
    "request",
    "response_time_histogram",
    LATENCY,
)

# GraphQL operations
QUERIES = Family(
    "fraiseql_graphql_queries_total",
    "counter",
    "GraphQL operations, mutations too.",
    _OPERATION,
    "execution",
    "query_total",
)
QUERY_DURATION = Family(
    "fraiseql_graphql_query_duration_seconds",
    "histogram",
    "Execution time of GraphQL operations.",
    _OPERATION,
    "execution",
    "query_duration",
    LATENCY,
)
QUERIES_SUCCESS = Family(
    "fraiseql_graphql_queries_success_total",
    "counter",
    "GraphQL operations without any error.",
    ("operation_type",),
    "execution",
    "query_success",
)
QUERIES_ERRORS = Family(
    "fraiseql_graphql_queries_errors_total",
    "counter",
    "GraphQL operations with at least one error.",
    ("operation_type",),
    "execution",
    "query_errors",
)
MUTATIONS = Family(
    "fraiseql_graphql_mutations_total",
    "counter",
    "Mutation fields executed.",
    ("mutation_name",),
    "fields",
    "mutation_total",
)
MUTATIONS_SUCCESS = Family(
    "fraiseql_graphql_mutations_success_total",
    "counter",
    "Mutation fields that succeeded.",
    ("mutation_name", "result_type"),
    "fields",
    "mutation_success",
)
MUTATIONS_ERRORS = Family(
    "fraiseql_graphql_mutations_errors_total",
    "counter",
    "Mutation fields that failed, business failures too.",
    ("mutation_name", "error_type"),
    "fields",
    "mutation_errors",
)
MUTATION_DURATION = Family(
    "fraiseql_graphql_mutation_duration_seconds",
    "histogram",
    "Execution time of mutation fields.",
    ("mutation_name",),
    "fields",
    "mutation_duration",
    LATENCY,
)
EXECUTIONS = Family(
    "fraiseql_graphql_executions_total",
    "counter",
    "Operations by execution mode; apq counts beside rust or python.",
    ("mode", "operation_type"),
    "execution",
)
QUERY_COMPLEXITY = Family(
    "fraiseql_graphql_query_complexity",
    "histogram",
    "Fields of an operation after fragments are expanded.",
    ("operation_type",),
    "document",
    buckets=COMPLEXITY,
)
QUERY_DEPTH = Family(
    "fraiseql_graphql_query_depth",
    "histogram",
    "Deepest nesting of fields in an operation.",
    ("operation_type",),
    "document",
    buckets=DEPTH,
)
OVERSIZED_DOCUMENTS = Family(
    "fraiseql_graphql_oversized_documents_total", "counter", "Documents too large to analyse.", (), "document"
)

# Errors
GRAPHQL_ERRORS = Family(
    "fraiseql_graphql_errors_total",
    "counter",
    "Failed operations, once for each distinct type of error.",
    ("error_type", "severity", "operation_name"),
    "execution",
)
ERRORS = Family(
    "fraiseql_errors_total",
    "counter",
    "Errors by exception class, code and operation.",
    ("error_type", "error_code", "operation"),
    "execution",
    "errors_total",
)

# Database
CONNECTIONS_ACTIVE = Family(
    "fraiseql_db_connections_active", "gauge", "Connections in use.", (), "pool", "db_connections_active"
)
CONNECTIONS_IDLE = Family(
    "fraiseql_db_connections_idle", "gauge", "Connections idle.", (), "pool", "db_connections_idle"
)
CONNECTIONS_TOTAL = Family(
    "fraiseql_db_connections_total", "gauge", "Connections open.", (), "pool", "db_connections_total"
)
POOL_MAX = Family("fraiseql_db_pool_max_connections", "gauge", "Connections the pools may open.", (), "pool")
POOL_WAITING = Family("fraiseql_db_pool_requests_waiting", "gauge", "Requests waiting for a connection.", (), "pool")
POOL_WAIT = Family(
    "fraiseql_db_pool_wait_seconds",
    "histogram",
    "Time to get a connection, the check of the connection included.",
    (),
    "pool",
    buckets=WAIT,
)
POOL_TIMEOUTS = Family("fraiseql_db_pool_timeouts_total", "counter", "Requests that got no connection.", (), "pool")
DB_QUERIES = Family(
    "fraiseql_db_queries_total",
    "counter",
    "SQL statements executed.",
    ("query_type", "table_name"),
    "cursor",
    "db_queries_total",
)
DB_QUERY_DURATION = Family(
    "fraiseql_db_query_duration_seconds",
    "histogram",
    "Execution time of SQL statements.",
    ("query_type",),
    "cursor",
    "db_query_duration",
    LATENCY,
)
SLOW_QUERIES = Family(
    "fraiseql_db_slow_queries_total",
    "counter",
    "SQL statements slower than the threshold (100 ms).",
    ("query_type",),
    "cursor",
)
TRANSACTION_DURATION = Family(
    "fraiseql_db_transaction_duration_seconds",
    "histogram",
    "Time from a transaction's first statement to its end.",
    ("outcome",),
    "pool",
    buckets=LATENCY,
)

# Caches
CACHE_HITS = Family(
    "fraiseql_cache_hits_total", "counter", "Reads answered by a cache.", ("cache_type",), "cache", "cache_hits"
)
CACHE_MISSES = Family(
    "fraiseql_cache_misses_total", "counter", "Reads not answered by a cache.", ("cache_type",), "cache", "cache_misses"
)
CACHE_DURATION = Family(
    "fraiseql_cache_operation_duration_seconds",
    "histogram",
    "Time of cache operations.",
    ("cache_type", "operation"),
    "cache",
    buckets=FAST,
)
CACHE_ERRORS = Family(
    "fraiseql_cache_errors_total", "counter", "Cache operations that failed.", ("cache_type", "operation"), "cache"
)
CACHE_ENTRIES = Family(
    "fraiseql_cache_entries",
    "gauge",
    "Entries in a cache; the largest worker's where it is kept in memory.",
    ("cache_type",),
    "sampler",
    sharing="livemax",
)
CACHE_SIZE = Family(
    "fraiseql_cache_size_bytes",
    "gauge",
    "Size of a cache; the largest worker's where it is kept in memory.",
    ("cache_type",),
    "sampler",
    sharing="livemax",
)
CACHE_INVALIDATIONS = Family(
    "fraiseql_cache_invalidations_total",
    "counter",
    "Cache entries removed, by entity; cascade when it changed only by cascade.",
    ("entity", "cascade"),
    "cache",
)
COHERENT_READS = Family(
    "fraiseql_cache_coherent_reads_total",
    "counter",
    "Cache hits with no known write of the entity since it was stored.",
    (),
    "cache",
)
STALE_READS = Family(
    "fraiseql_cache_stale_reads_total",
    "counter",
    "Cache hits although the entity was written after it was stored.",
    (),
    "cache",
)
COHERENCY_RATIO = Family(
    "fraiseql_cache_coherency_ratio",
    "gauge",
    "Coherent reads over coherent and stale reads since start.",
    (),
    "metrics",
)

# Security
SECURITY_EVENTS = Family(
    "fraiseql_security_events_total", "counter", "Security events.", ("event_type", "result"), "security"
)

# Audit
AUDIT_EVENTS = Family("fraiseql_audit_events_total", "counter", "Audit rows committed.", ("event_type",), "audit")
AUDIT_DROPPED = Family("fraiseql_audit_dropped_total", "counter", "Audit rows lost, by reason.", ("reason",), "audit")
AUDIT_QUEUE = Family("fraiseql_audit_queue_events", "gauge", "Audit rows not yet committed.", (), "audit")
AUDIT_LAG = Family(
    "fraiseql_audit_lag_seconds",
    "gauge",
    "Age of the oldest audit row not yet committed; 0 when there is none.",
    (),
    "audit",
    sharing="livemax",
)

# The application and the instrument
HEALTH_CHECK = Family(
    "fraiseql_health_check_status",
    "gauge",
    "1 when the check passes, else 0.",
    ("check",),
    "sampler",
    sharing="livemin",
)
BUILD_INFO = Family(
    "fraiseql_build_info",
    "gauge",
    "Always 1; version and flavour of FraiseQL.",
    ("version", "flavour"),
    "metrics",
    sharing="livemax",
)
INSTRUMENT_ERRORS = Family(
    "fraiseql_instrument_errors_total", "counter", "Errors of the instrument itself, swallowed.", ("hook",), "metrics"
)
HOOK_ACTIVE = Family(
    "fraiseql_instrument_hook_active",
    "gauge",
    "1 when the hook is in place, 0 when FraiseQL lacks what it needs.",
    ("hook",),
    "metrics",
    sharing="livemin",
)
