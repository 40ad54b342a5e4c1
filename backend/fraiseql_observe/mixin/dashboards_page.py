"""`docs/explanation/dashboards.md`, written from the rendered dashboards.

`python -m fraiseql_observe.mixin.dashboards_page` prints the page.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Dashboard = dict[str, Any]
Panel = dict[str, Any]

# Every selector of the mixin has matchers: a metric's name is what stands before the brace.
METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*(?={)")

_HEAD = """\
# The dashboards explained

Six dashboards for one application, and one for the backend that delivers its alerts. Begin with the operations
overview: its top row says whether something is broken now. The links at the top of each dashboard lead to the others
and take the time range and the variables with them.

- **Alert lines.** Dashed lines and coloured values lie exactly where the alert of the same name fires: both read
  `_config.alerts`. The arrow beside a panel's title opens the alert's runbook.
- **Marks.** Blue marks are new versions of the application, red ones alerts while they fire.
- **Where numbers come from.** Metrics named `fraiseql_` come from the application's own `/metrics`, filled by
  [the instrument](../reference/signals.md); those named `fraiseql_observe_` and `process_` from the alert backend;
  `pg_` from postgres_exporter and `redis_` from redis_exporter; names with colons from
  [recording rules](../reference/alerts.md#recording-rules). SQL panels read
  [the audit log](../reference/audit-questions.md).
- **Tenants.** The variable *Tenant* narrows what is read from the audit log. Metrics carry no tenant.

This page is written from the rendered dashboards.
"""

_LEFT_OUT = """\
## What FraiseQL v2 cannot show

With `flavour: v2` a panel keeps the queries that v2's metrics can answer, and is left out when none is left.

| dashboard | panel | why |
|---|---|---|
"""


def markdown(dashboards: Iterable[Dashboard], left_out: Iterable[Mapping[str, str]]) -> str:
    """The whole page.

    Args:
        dashboards: Grafana dashboards, in the order of the page.
        left_out: what flavour v2 leaves out: dashboard, panel, why.
    """
    missing = dict.fromkeys(f"| {each['dashboard']} | {each['panel']} | {each['why']} |" for each in left_out)
    return "\n".join([_HEAD, *(line for each in dashboards for line in _dashboard(each))]) + "\n".join(
        [_LEFT_OUT + "\n".join(missing), ""]
    )


def _dashboard(dashboard: Dashboard) -> Iterator[str]:
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    queries = sum(len(panel.get("targets", [])) for panel in panels)
    yield f"## {dashboard['title'].removeprefix('FraiseQL / ')}\n"
    yield f"{dashboard['description']} `{dashboard['uid']}`, {len(panels)} panels, {queries} queries.\n"
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            yield f"### {panel['title']}\n"
        else:
            yield from _panel(panel)


def _panel(panel: Panel) -> Iterator[str]:
    yield f"**{panel['title']}.** {panel['description']}"
    yield f"<br>*{_kind(panel)}; {_sources(panel)}.*\n"


def _kind(panel: Panel) -> str:
    kind: str = panel["type"]
    if kind != "timeseries":
        return {"bargauge": "bars", "alertlist": "list of alerts", "heatmap": "heat map"}.get(kind, kind)
    custom = panel["fieldConfig"]["defaults"]["custom"]
    if custom["drawStyle"] == "bars":
        return "bars over time"
    return "areas over time" if custom["fillOpacity"] else "lines over time"


def _sources(panel: Panel) -> str:
    targets: Sequence[dict[str, Any]] = panel.get("targets", [])
    if not targets:
        return "the rules of Prometheus, by way of Grafana"
    if all("rawSql" in target for target in targets):
        return "SQL"
    metrics = dict.fromkeys(name for target in targets for name in METRIC.findall(target["expr"]))
    return ", ".join(f"`{name}`" for name in metrics)


def page() -> str:
    """The page for the mixin as it ships."""
    from fraiseql_observe.mixin import engine  # noqa: PLC0415 - what is above needs no Jsonnet

    shipped = engine.evaluate(
        """
        local mixin = import 'mixin.libsonnet';
        local second = mixin { _config+:: { flavour: 'v2' } };
        local names = ['operations', 'cache', 'database', 'errors', 'users', 'compliance', 'backend'];
        {
          dashboards: [mixin.grafanaDashboards[mixin._config.dashboards[name].uid + '.json'] for name in names],
          left_out: second.leftOut,
        }
        """,
        engine.library(),
    )
    return markdown(**shipped)


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - the page is the output
