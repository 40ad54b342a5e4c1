"""`python -m fraiseql_observe.audit.metrics_page > docs/reference/audit-metrics.md`: the metrics from SQL."""

from __future__ import annotations

import sys

from fraiseql_observe.audit.metrics import FAMILIES, UP, Family

_HEAD = """\
# Metrics from SQL

What the backend reads from the audit database every `audit.metrics_every` and shows on `/metrics`, when `audit.url` is
set. This page is written from `backend/fraiseql_observe/audit/metrics.py`.

Every replica shows the same numbers of one database: take the highest, never the sum. A counter belongs to the
database, not to the process: it goes on over restarts, and begins at 0 after a fail-over or in a restored dump
([why](../adr/0020-metrics-from-sql.md)). So the increase over all logs, whatever replicas come and go:

```promql
sum(increase((max by (source, outcome) (max_over_time(fraiseql_observe_audit_denied_total[2m])))[5m:15s]))
```

The counters move with the turns of the log's maintenance, and count rows from the first turn on. `source` is the log:
`fraiseql_observe` is ours, others are FraiseQL's; `outcome` is success, failure, noop or denied. A failed log-in is a
row of a request without a valid token (`HTTP_401`, `UNAUTHENTICATED`), or of an operation named for logging in that
failed; denied access is every other denied row but those of rate limits (`HTTP_429`).

When the database was not read for two intervals and ten seconds, none but `fraiseql_observe_audit_up` is shown.

| metric | type | labels | what it is |
|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    return _HEAD + "".join(_row(family) for family in (UP, *FAMILIES))


def _row(family: Family) -> str:
    labels = ", ".join(f"`{label}`" for label in family.labels)
    return f"| `{family.series}` | {family.kind} | {labels} | {family.help} |\n"


if __name__ == "__main__":
    sys.stdout.write(page())
