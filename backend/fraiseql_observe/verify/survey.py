"""One dashboard under verification: its variables filled, its queries asked."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from fraiseql_observe.errors import VerifyError
from fraiseql_observe.verify import infinity
from fraiseql_observe.verify import scope as scopes
from fraiseql_observe.verify.dashboards import DATASOURCES, Kind, Query
from fraiseql_observe.verify.interpolate import for_postgres, for_prometheus, interpolate, names_in
from fraiseql_observe.verify.judge import Finding, explain_absence, judge_rows, judge_rules
from fraiseql_observe.verify.macros import expand
from fraiseql_observe.verify.report import Result, Status
from fraiseql_observe.verify.timing import parse_window
from fraiseql_observe.verify.variables import ON_TIME_CHANGE, Resolved, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from fraiseql_observe.verify.audit import Audit
    from fraiseql_observe.verify.dashboards import Dashboard, Panel
    from fraiseql_observe.verify.interpolate import Value
    from fraiseql_observe.verify.options import Option
    from fraiseql_observe.verify.postgres import Postgres
    from fraiseql_observe.verify.prometheus import Prometheus
    from fraiseql_observe.verify.timing import Window
    from fraiseql_observe.verify.variables import Variable

NO_PROMETHEUS = "no Prometheus was named (--prometheus)"
NO_POSTGRES = "no PostgreSQL was named (--postgres)"
NO_AUDIT = "no alert backend was named (--audit)"
# Reasons behind which a variable without values may stand; the others name their cause themselves.
UNEXPLAINED = ("no series", "0 rows", "only ", "Prometheus refuses", "SQL error 42601")
VARIABLE_POINTS = 100  # Grafana asks variable queries without a panel's width; it takes this many points


@dataclass(frozen=True, slots=True)
class Options:
    """How to ask.

    Args:
        range: (from, to) for all dashboards, such as ("now-15m", "now"); each dashboard's own range when None.
        variables: values to insist on, by variable name.
        dashboards: shell patterns of the titles or uids to ask; all when empty.
        panels: shell patterns of the panel titles to ask; all when empty.
        ignore: shell patterns `Dashboard/Panel` of what may be missing.
        scrape_interval: that of Grafana's Prometheus data source, from which `$__rate_interval` derives.
        timeout: seconds a query may take.
        concurrency: how many queries are asked at once.
    """

    range: tuple[str, str] | None = None
    variables: Mapping[str, Sequence[str]] = field(default_factory=dict)
    dashboards: tuple[str, ...] = ()
    panels: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    scrape_interval: str = "15s"
    timeout: float = 10
    concurrency: int = 4


@dataclass(frozen=True, slots=True)
class Servers:
    """Whom to ask; None where the user named nobody."""

    prometheus: Prometheus | None = None
    postgres: Postgres | None = None
    audit: Audit | None = None


class Survey:
    """One dashboard under verification."""

    def __init__(self, dashboard: Dashboard, document: int, servers: Servers, options: Options, now: datetime) -> None:
        self._dashboard = dashboard
        self._document = document
        self._servers = servers
        self._options = options
        self._now = now
        self._window = parse_window(*(options.range or (dashboard.start, dashboard.end)), now)
        self._resolved = Resolved()

    def jobs(self) -> list[Callable[[], Result]]:
        """Fill the variables, then give one job for each query."""
        self._resolved = resolve(self._dashboard.variables, self._ask_variable, self._window, self._options.variables)
        wanted = self._options.panels
        return [
            self._job(panel, place, query)
            for place, panel in enumerate(self._dashboard.panels)
            if not wanted or any(fnmatchcase(panel.title, pattern) for pattern in wanted)
            for query in panel.queries or (Query(ref="", kind=Kind.UNKNOWN, text="", note=panel.note),)
        ]

    def _job(self, panel: Panel, place: int, query: Query) -> Callable[[], Result]:
        return lambda: self._result(panel, place, query)

    def _result(self, panel: Panel, place: int, query: Query) -> Result:
        started = time.perf_counter()
        finding = self._finding(panel, query)
        return Result(
            dashboard=self._dashboard.title,
            panel=interpolate(panel.title, scopes.repeated(panel, self._resolved.scope)),
            place=place,
            query=query.ref,
            status=self._status(panel, query, finding),
            kind=query.kind.value,
            count=finding.count,
            newest=finding.newest,
            why=finding.why,
            seconds=time.perf_counter() - started,
            warnings=finding.warnings,
            hidden=query.hidden,
            document=self._document,
        )

    def _status(self, panel: Panel, query: Query, finding: Finding) -> Status:
        if query.kind is Kind.SKIPPED:
            return Status.SKIPPED
        if not finding.why:
            return Status.DATA
        names = (f"{self._dashboard.title}/{panel.title}", f"{self._dashboard.uid}/{panel.title}")
        ignored = any(fnmatchcase(name, pattern) for name in names for pattern in self._options.ignore)
        return Status.IGNORED if ignored else Status.MISSING

    def _finding(self, panel: Panel, query: Query) -> Finding:
        try:
            finding = self._ask(panel, query, scopes.panel_window(panel, self._window, self._now))
        except VerifyError as error:
            finding = Finding(why=error.message + (f" ({error.hint})" if error.hint else ""))
        unexplained = finding.why.startswith(UNEXPLAINED)
        return replace(finding, why=self._with_blame(finding.why, query)) if unexplained else finding

    def _with_blame(self, why: str, query: Query) -> str:
        """The reason, and the variables that could not be filled, which may be the true one."""
        blamed = sorted(names_in(query.text) & self._resolved.problems.keys())
        return "; ".join([why, *(f"variable ${name}: {self._resolved.problems[name]}" for name in blamed)])

    def _ask(self, panel: Panel, query: Query, window: Window) -> Finding:
        if query.kind in (Kind.SKIPPED, Kind.UNKNOWN):
            return Finding(why=query.note)
        if not query.text.strip() and query.kind is not Kind.RULES:
            return Finding(why="the query is empty")
        if query.kind is Kind.POSTGRES:
            return self._ask_postgres(panel, query, window)
        if query.request:
            return self._ask_infinity(panel, query, query.request, window)
        return self._ask_rules(query) if query.kind is Kind.RULES else self._ask_prometheus(panel, query, window)

    def _ask_rules(self, query: Query) -> Finding:
        return judge_rules(
            self._prometheus.alert_rules(),
            interpolate(query.text, self._resolved.scope),
            interpolate(query.labels, self._resolved.scope, for_prometheus),
        )

    def _ask_prometheus(self, panel: Panel, query: Query, window: Window) -> Finding:
        server = self._prometheus
        scope = scopes.repeated(panel, self._resolved.scope)
        at_least, target = (interpolate(text, scope) for text in (panel.min_interval, query.min_interval))
        built_in, step = scopes.for_prometheus(window, panel.points, at_least, target, self._options.scrape_interval)
        expression = interpolate(query.text, {**scope, **built_in}, for_prometheus)
        findings = [server.instant(expression, window)] if query.instant else []
        if query.range:
            findings.append(server.range(expression, window, step))
        finding = min(findings, key=lambda each: bool(each.why))
        if finding.why == "no series":
            return replace(finding, why=explain_absence(expression, lambda metric: server.knows(metric, window)))
        return finding

    def _ask_postgres(self, panel: Panel, query: Query, window: Window) -> Finding:
        scope = scopes.repeated(panel, self._resolved.scope)
        built_in = scopes.for_postgres(window, panel.points, interpolate(panel.min_interval, scope))
        sql = expand(interpolate(query.text, {**scope, **built_in}, for_postgres), window)
        return judge_rows(self._postgres.ask(sql), query.format)

    def _ask_infinity(self, panel: Panel, query: Query, request: infinity.Request, window: Window) -> Finding:
        scope = scopes.repeated(panel, self._resolved.scope)
        built_in = scopes.for_infinity(window, panel.points, interpolate(panel.min_interval, scope))
        answer = self._audit.rows(infinity.filled(request, {**scope, **built_in}, window))
        return judge_rows(answer, query.format)

    def _ask_variable(self, variable: Variable, scope: Mapping[str, Value]) -> Sequence[Option]:
        window = self._window if variable.refresh == ON_TIME_CHANGE else parse_window("now-6h", "now", self._now)
        if self._kind_of(variable) is Kind.POSTGRES:
            built_in = scopes.for_postgres(window, VARIABLE_POINTS, "")
            return self._postgres.options(
                expand(interpolate(variable.query, {**scope, **built_in}, for_postgres), window)
            )
        if self._kind_of(variable) is Kind.INFINITY:
            built_in = scopes.for_infinity(window, VARIABLE_POINTS, "")
            request = infinity.parse_request(json.loads(variable.query))
            return infinity.options(self._audit.rows(infinity.filled(request, {**scope, **built_in}, window)))
        built_in, _ = scopes.for_prometheus(window, VARIABLE_POINTS, "", "", self._options.scrape_interval)
        return self._prometheus.options(interpolate(variable.query, {**scope, **built_in}, for_prometheus), window)

    def _kind_of(self, variable: Variable) -> Kind:
        """Who answers a query variable; Prometheus when the variable does not say."""
        plugin = variable.plugin
        for other in self._dashboard.variables:
            if other.kind == "datasource" and plugin.strip("${}") == other.name:
                plugin = other.query
        return DATASOURCES.get(plugin, Kind.PROMETHEUS)

    @property
    def _prometheus(self) -> Prometheus:
        if self._servers.prometheus is None:
            raise VerifyError(NO_PROMETHEUS)
        return self._servers.prometheus

    @property
    def _postgres(self) -> Postgres:
        if self._servers.postgres is None:
            raise VerifyError(NO_POSTGRES)
        return self._servers.postgres

    @property
    def _audit(self) -> Audit:
        if self._servers.audit is None:
            raise VerifyError(NO_AUDIT)
        return self._servers.audit
