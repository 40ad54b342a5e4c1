"""Incidents: the newest state of each, found by id, by group key and by what people search for."""

# ruff: noqa: S608 - what is put into statements are our own lists of columns

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from fraiseql_observe.errors import ConflictError, NotFoundError
from fraiseql_observe.incident.model import Incident, Severity, State
from fraiseql_observe.store.columns import (
    FOREVER,
    dump,
    load,
    micros,
    micros_or_none,
    moment,
    moment_or_none,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from fraiseql_observe.store.engine import Transaction

_COLUMNS = (
    "id, key, state, severity, title, receiver, group_labels, common_labels, common_annotations, "
    "opened_at, updated_at, version, firing, total, reopened, acknowledged_at, acknowledged_by, "
    "resolved_at, resolved_by, snoozed_until, silenced_by, policy, external_url"
)
_NAMES = _COLUMNS.split(", ")
_WRITTEN = [*_NAMES, "labels", "words"]
_INSERT = f"""
insert into incident ({", ".join(_WRITTEN)}, policy_snapshot)
values ({", ".join(f":{name}" for name in _WRITTEN)}, :policy_snapshot)
"""
_UPDATE = f"""
update incident set {", ".join(f"{name} = :{name}" for name in _WRITTEN if name != "id")}
where id = :id and version = :version - 1
"""
_SNAPSHOT = "select policy_snapshot from incident where id = :id"
_BY_ID = f"select {_COLUMNS} from incident where id = any(:ids)"
_LATEST = f"""
select {_COLUMNS} from incident where (key, opened_at) in (
  select key, max(opened_at) from incident where key = any(:keys) group by key
)
"""
_PREVIOUS = f"""
select {_COLUMNS} from incident where key = :key and opened_at < :before order by opened_at desc, id desc limit :limit
"""
_RECURRING = """
select i.id from incident i where i.id = any(:ids)
and exists (select 1 from incident p where p.key = i.key and p.opened_at < i.opened_at)
"""
_SILENCED = f"""
select {_COLUMNS} from incident where silenced_by = :window_id and silenced_by <> '' and state <> 'resolved'
order by opened_at limit :limit
"""
_COUNTS = "select state, count(*) as count from incident group by state"
_STATISTICS = """
select count(*) as opened, count(acknowledged_at) as acknowledged, count(resolved_at) as resolved,
  avg(acknowledged_at - opened_at) as mtta, avg(resolved_at - opened_at) as mttr
from incident where opened_at >= :since
"""
# One state and severity at a time, because only then an index gives the order.
_SEARCH = f"""
select {_COLUMNS} from incident
where state = :state and severity = :severity and (opened_at, id) < (:cursor_at, :cursor_id) and opened_at >= :since
"""


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for; empty means any. `since` and `until` bound `opened_at`.

    `labels` are exact group or common labels; `text` is looked for in title and labels, in any case.
    `cursor` is the `next` of the page before.
    """

    states: tuple[State, ...] = ()
    severities: tuple[Severity, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    cursor: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Incidents, latest opened first; `next` is the cursor of the following page, empty on the last."""

    incidents: tuple[Incident, ...]
    next: str = ""


@dataclass(frozen=True, slots=True)
class Statistics:
    """Of the incidents opened since a time; the means are seconds, None where there is nothing to average."""

    opened: int
    acknowledged: int
    resolved: int
    mtta: float | None
    mttr: float | None


LIMIT = 500  # of one page


def get(tx: Transaction, id: str) -> Incident:  # noqa: A002 - the column
    """Give one incident.

    Raises:
        NotFoundError: there is none of that id.
    """
    found = find(tx, [id])
    if not found:
        raise NotFoundError(f"There is no incident {id!r}.", hint="fraiseql-observe alert list")
    return found[id]


def find(tx: Transaction, ids: Collection[str]) -> dict[str, Incident]:
    """Give those of these incidents that exist, by id."""
    return {row["id"]: _incident(row) for row in tx.rows(_BY_ID, {"ids": list(ids)})}


def latest(tx: Transaction, keys: Collection[str]) -> dict[str, Incident]:
    """Give each group's latest incident in any state, by key."""
    rows = sorted(tx.rows(_LATEST, {"keys": list(keys)}), key=itemgetter("id"))  # of one instant, the last id
    return {row["key"]: _incident(row) for row in rows}


def previous(tx: Transaction, key: str, before: datetime, limit: int = 5) -> list[Incident]:
    """Give the group's incidents opened before a time, newest first."""
    parameters = {"key": key, "before": micros(before), "limit": limit}
    return [_incident(row) for row in tx.rows(_PREVIOUS, parameters)]


def recurring(tx: Transaction, ids: Collection[str]) -> set[str]:
    """Give those of these incidents whose group has an earlier one."""
    return {row["id"] for row in tx.rows(_RECURRING, {"ids": list(ids)})}


def silenced(tx: Transaction, window_id: str, limit: int = 1000) -> list[Incident]:
    """Give unresolved incidents that a maintenance window holds back, oldest first."""
    return [_incident(row) for row in tx.rows(_SILENCED, {"window_id": window_id, "limit": limit})]


def insert(tx: Transaction, incident: Incident, snapshot: Mapping[str, Any] | None = None) -> None:
    """Write a new incident and the policy it was opened under.

    Raises:
        ConflictError: its group has an unresolved one already.
    """
    insert_all(tx, [(incident, snapshot or {})])


def insert_all(tx: Transaction, opened: Iterable[tuple[Incident, Mapping[str, Any]]]) -> None:
    """Write new incidents, each with the policy it was opened under.

    Raises:
        ConflictError: the group of one has an unresolved one already.
    """
    tx.many(_INSERT, [{**_row(incident), "policy_snapshot": dump(dict(snapshot))} for incident, snapshot in opened])


def update(tx: Transaction, incident: Incident) -> None:
    """Write a changed incident, whose version is one more than the stored one.

    Raises:
        ConflictError: somebody else changed it meanwhile.
        NotFoundError: it is gone.
    """
    if tx.execute(_UPDATE, _row(incident)):
        return
    stored = get(tx, incident.id)
    raise ConflictError(
        f"Incident {incident.id} changed meanwhile: it is at version {stored.version}.", hint="Look again and repeat."
    )


def snapshot(tx: Transaction, id: str) -> dict[str, Any]:  # noqa: A002 - the column
    """Give the policy as it was when the incident opened; empty when there was none.

    Raises:
        NotFoundError: there is no such incident.
    """
    rows = tx.rows(_SNAPSHOT, {"id": id})
    if not rows:
        raise NotFoundError(f"There is no incident {id!r}.")
    kept: dict[str, Any] = load(rows[0]["policy_snapshot"])
    return kept


def counts(tx: Transaction) -> dict[State, int]:
    found = {row["state"]: row["count"] for row in tx.rows(_COUNTS)}
    return {state: found.get(state, 0) for state in State}


def statistics(tx: Transaction, since: datetime) -> Statistics:
    row = tx.rows(_STATISTICS, {"since": micros(since)})[0]
    return Statistics(row["opened"], row["acknowledged"], row["resolved"], _seconds(row["mtta"]), _seconds(row["mttr"]))


def search(tx: Transaction, query: Query) -> Page:
    """Find a page of incidents, latest opened first.

    Raises:
        ConflictError: the cursor is none of ours.
    """
    limit = max(1, min(query.limit, LIMIT))
    statement, parameters = _search(query, limit + 1)
    rows = [
        row
        for state, severity in product(set(query.states or State), set(query.severities or Severity))
        for row in tx.rows(statement, {**parameters, "state": state.value, "severity": severity.value})
    ]
    rows.sort(key=lambda row: (row["opened_at"], row["id"]), reverse=True)
    more = f"{rows[limit - 1]['opened_at']}.{rows[limit - 1]['id']}" if len(rows) > limit else ""
    return Page(tuple(_incident(row) for row in rows[:limit]), more)


def _search(query: Query, limit: int) -> tuple[str, dict[str, Any]]:
    at, last = _cursor(query)
    parameters: dict[str, Any] = {
        "cursor_at": at,
        "cursor_id": last,
        "since": micros(query.since) if query.since else 0,
        "limit": limit,
    }
    wanted = [("labels", _line(name, value)) for name, value in query.labels.items()]
    wanted += [("words", text(query.text).casefold())] if query.text else []
    statement = _SEARCH
    for number, (column, part) in enumerate(wanted):
        # `like` minds case on one engine only and has wildcards; this finds exactly the text.
        statement += f" and strpos({column}, :part{number}) > 0"
        parameters[f"part{number}"] = part
    return statement + " order by opened_at desc, id desc limit :limit", parameters


def _cursor(query: Query) -> tuple[int, str]:
    until = micros(query.until) if query.until else FOREVER
    if not query.cursor:
        return until, ""
    at, _, last = query.cursor.partition(".")
    if not (at.isascii() and at.isdecimal() and len(at) < len(str(FOREVER)) and last):
        raise ConflictError("The cursor is none that a page of incidents gave.", hint="Begin with the first page.")
    return min((int(at), text(last)), (until, ""))


def _line(name: str, value: str) -> str:
    return f"\n{text(name)}={text(value)}\n"


def _seconds(value: Any) -> float | None:
    return None if value is None else float(value) / 1_000_000


def _row(incident: Incident) -> dict[str, Any]:
    labels = {**incident.common_labels, **incident.group_labels}
    lines = "".join(_line(name, value) for name, value in labels.items())
    return {
        "id": incident.id,
        "key": incident.key,
        "state": incident.state.value,
        "severity": incident.severity.value,
        "title": text(incident.title),
        "receiver": text(incident.receiver),
        "group_labels": dump(dict(incident.group_labels)),
        "common_labels": dump(dict(incident.common_labels)),
        "common_annotations": dump(dict(incident.common_annotations)),
        "opened_at": micros(incident.opened_at),
        "updated_at": micros(incident.updated_at),
        "version": incident.version,
        "firing": incident.firing,
        "total": incident.total,
        "reopened": incident.reopened,
        "acknowledged_at": micros_or_none(incident.acknowledged_at),
        "acknowledged_by": text(incident.acknowledged_by),
        "resolved_at": micros_or_none(incident.resolved_at),
        "resolved_by": text(incident.resolved_by),
        "snoozed_until": micros_or_none(incident.snoozed_until),
        "silenced_by": incident.silenced_by,
        "policy": text(incident.policy),
        "external_url": text(incident.external_url),
        "labels": lines,
        "words": f"{text(incident.title)}{lines}".casefold(),
    }


_TIMES = ("acknowledged_at", "resolved_at", "snoozed_until")
_JSON = ("group_labels", "common_labels", "common_annotations")


def _incident(row: Mapping[str, Any]) -> Incident:
    values = dict(row)
    for name in _TIMES:
        values[name] = moment_or_none(row[name])
    for name in _JSON:
        values[name] = load(row[name])
    values["opened_at"], values["updated_at"] = moment(row["opened_at"]), moment(row["updated_at"])
    values["state"], values["severity"] = State(row["state"]), Severity(row["severity"])
    return Incident(**values)
