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
    """A table of sums: `time` is the column that retention goes by; without a `tenant_id` only who sees all sees it."""

    table: str
    time: str
    tenant: bool = True


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


FAMILIES: tuple[Family, ...] = (
    # counters, not sums by time: neither retention nor a new beginning deletes them
    Family("totals", (), functions=("audit_metrics()",), every_turn=True),
)
