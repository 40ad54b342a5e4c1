"""The families of roll-ups, in the order in which a turn adds to them. Each has a file `schema/rollups/<name>.sql`.

Such a file creates tables, the functions that add rows to them, and the functions that read them:

- `add_<name>(first bigint, before bigint)` adds the rows of `new_event` with `first <= transaction_id < before`;
- `add_<name>_between(first timestamptz, before timestamptz)` adds those of `old_event` with
  `first <= occurred_at < before`.

Rights and row security come from what is declared here. Raise `version` when the meaning of a table changes: the next
set-up then makes all roll-ups anew.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rollup:
    """A table of sums: `time` is the column that retention goes by; without a `tenant_id` only who sees all sees it.

    `end` is the SQL of the time at which a row's sum ends, where a row may reach over the edge of what is counted anew.
    A table without a `time` is kept for ever.
    """

    table: str
    time: str = ""
    tenant: bool = True
    end: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """Roll-ups that are kept together; `functions` are the signatures that the reader may call.

    With `every_turn` rows are added at every turn, also when there are no new ones of ours: other logs may have some.
    """

    name: str
    tables: tuple[Rollup, ...]
    functions: tuple[str, ...] = ()
    version: int = 1
    every_turn: bool = False


def _pieces(table: str, *, tenant: bool = True) -> Rollup:
    """Sums over pieces of time of several grains."""
    return Rollup(table, time="starts_at", tenant=tenant, end="starts_at + grain * interval '1 hour'")


_RANGE = "(timestamptz, timestamptz)"
_SERIES = "(timestamptz, timestamptz, interval)"
# What the reading functions of all families call.
_COMMON = (
    f"rolled_from{_RANGE}",
    f"rolled_to{_RANGE}",
    f"reading{_SERIES}",
    "grains()",
    f"pieces{_RANGE}",
    f"uncovered_rows{_RANGE}",
    f"rows_read{_RANGE}",
    "rows_between(timestamptz, timestamptz, text[])",
    f"not_rolled{_RANGE}",
    "band(double precision)",
    "band_value(integer)",
    "in_band(integer)",
    "percentile(numeric, double precision)",
    "one_user(integer)",
    "asked(text[])",
    "tenants_in_rows()",
)

FAMILIES: tuple[Family, ...] = (
    Family(
        "users",
        (
            Rollup("rollup_user"),
            Rollup("rollup_tenant"),
            _pieces("rollup_user_activity"),
            _pieces("rollup_user_set"),
            _pieces("rollup_user_vector", tenant=False),
            _pieces("rollup_activity"),
        ),
        functions=(
            *_COMMON,
            f"active_users{_SERIES}",
            f"user_sets{_RANGE}",
            "user_requests(timestamptz, timestamptz, text[])",
            f"user_totals{_RANGE}",
            "user_totals_not_rolled(timestamptz, timestamptz, text[])",
            "seen_in_rows(text, text, timestamptz)",
            f"new_users{_RANGE}",
        ),
    ),
    Family(
        "traffic",
        (
            _pieces("rollup_traffic"),
            Rollup("rollup_traffic_of_all", "starts_at", tenant=False, end="starts_at + interval '1 hour'"),
            _pieces("rollup_duration"),
        ),
        functions=(
            f"traffic{_RANGE}",
            "traffic_over_time(timestamptz, timestamptz, text[])",
            f"durations{_RANGE}",
            f"delays_over_time{_SERIES}",
        ),
    ),
    Family(
        "operations",
        (
            _pieces("rollup_operation"),
            _pieces("rollup_operation_set"),
            _pieces("rollup_operation_of_all", tenant=False),
            _pieces("rollup_operation_set_of_all", tenant=False),
        ),
        functions=(
            "operations(timestamptz, timestamptz, text[])",
            "operation_users(timestamptz, timestamptz, text[])",
        ),
    ),
    Family(
        "complexity",
        (_pieces("rollup_complexity"),),
        functions=("complexity_band(integer)", f"complexities{_RANGE}"),
    ),
    Family(
        "errors",
        (_pieces("rollup_error"), Rollup("rollup_error_tenant", "last_seen")),
        functions=(f"errors{_RANGE}", "uncovered_error_tenants()"),
    ),
    Family(
        "failed_access",
        (_pieces("rollup_failed_access"), _pieces("rollup_failed_access_over_time")),
        functions=(
            f"failed_access_rows{_RANGE}",
            f"failed_access_rolled{_RANGE}",
            "failed_access_reason(text, text, text, text, text, timestamptz)",
            "failed_access_over_time(timestamptz, timestamptz, interval, text[])",
        ),
    ),
    Family(
        "access",
        (_pieces("rollup_access"),),
        functions=("busiest_access(timestamptz, timestamptz, text[], integer)",),
    ),
    # counters, not sums by time: neither retention nor a new beginning deletes them
    Family("totals", (), functions=("audit_metrics()",), every_turn=True),
)
