"""Verify: ask every query of every panel, a few at a time, and report."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import chain
from typing import TYPE_CHECKING, Any

from fraiseql_observe.errors import VerifyError
from fraiseql_observe.verify.dashboards import Dashboard, Kind, parse_dashboard
from fraiseql_observe.verify.postgres import Postgres
from fraiseql_observe.verify.prometheus import Prometheus
from fraiseql_observe.verify.report import Report
from fraiseql_observe.verify.survey import Options, Servers, Survey

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from requests.auth import AuthBase

    from fraiseql_observe.verify.audit import Audit


def verify(
    dashboards: Sequence[Mapping[str, Any]],
    prometheus_url: str | None,
    postgres_url: str | None,
    *,
    now: datetime,
    auth: AuthBase | None = None,
    options: Options | None = None,
    audit: Audit | None = None,
) -> Report:
    """Ask every query of every panel.

    Args:
        dashboards: dashboards in Grafana's classic JSON.
        prometheus_url: base URL, or None: PromQL queries are then missing and say so.
        postgres_url: connection URL, or None: SQL queries are then missing and say so.
        now: the end of relative ranges, aware.
        auth: credentials for Prometheus, from `prometheus.auth_from`.
        options: range, variables, filters and limits.
        audit: the audit proxy, or None: queries through Infinity are then missing and say so.

    Raises:
        VerifyError: a server does not answer, a dashboard is not one, or an option names nothing.
    """
    options = options or Options()
    parsed = [parse_dashboard(raw, f"dashboard {place}") for place, raw in enumerate(dashboards, 1)]
    chosen = [each for each in parsed if _named(each, options.dashboards)]
    _check_names(chosen, options)
    with ExitStack() as stack:
        servers = replace(_connected(stack, prometheus_url, postgres_url, auth, options.timeout), audit=audit)
        if audit and any(_asks_infinity(each) for each in chosen):
            audit.probe()
        pool = stack.enter_context(ThreadPoolExecutor(max_workers=options.concurrency))
        surveys = [Survey(each, place, servers, options, now) for place, each in enumerate(chosen)]
        asked = [jobs for jobs in pool.map(Survey.jobs, surveys) if jobs]
        results = tuple(pool.map(lambda job: job(), chain.from_iterable(asked)))
    return Report(dashboards=len(asked), results=results)


def _connected(
    stack: ExitStack, prometheus_url: str | None, postgres_url: str | None, auth: AuthBase | None, timeout: float
) -> Servers:
    prometheus = Prometheus(prometheus_url, auth=auth, timeout=timeout) if prometheus_url else None
    postgres = Postgres(postgres_url, timeout=timeout) if postgres_url else None
    if prometheus:
        stack.callback(prometheus.close)
        prometheus.probe()
    if postgres:
        postgres.probe()
    return Servers(prometheus, postgres)


def _asks_infinity(dashboard: Dashboard) -> bool:
    return any(query.kind is Kind.INFINITY for panel in dashboard.panels for query in panel.queries)


def _named(dashboard: Dashboard, patterns: Sequence[str]) -> bool:
    names = (dashboard.title, dashboard.uid)
    return not patterns or any(fnmatchcase(name, pattern) for name in names for pattern in patterns)


def _check_names(dashboards: Sequence[Dashboard], options: Options) -> None:
    """An option that names nothing is a mistake, not a success."""
    if not dashboards:
        raise VerifyError("No dashboard matches.", hint="name one with --dashboards DIR or FILE, or mend --dashboard")
    titles = [panel.title for each in dashboards for panel in each.panels]
    for pattern in options.panels:
        if not any(fnmatchcase(title, pattern) for title in titles):
            raise VerifyError(
                f"No panel is named `{pattern}`.", hint="quote the title as the dashboard has it; * and ? work"
            )
    declared = {variable.name for each in dashboards for variable in each.variables}
    for name in options.variables:
        if name not in declared:
            raise VerifyError(
                f"No dashboard has a variable `{name}`.", hint=f"there are: {', '.join(sorted(declared)) or 'none'}"
            )
