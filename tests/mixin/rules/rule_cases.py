"""Cases for alerts and records, written for people, turned into promtool's documents.

A case file (``alerts/*.yaml``, ``records/*.yaml``) says what the application did and what must follow::

    shared: {labels: {...}}                             # for every subject of the file
    FraiseQLDatabaseDown:
      summary: PostgreSQL does not answer.
      description: PostgreSQL behind postgres:1 has not answered for <value>.
      labels: {job: postgres, instance: 'postgres:1'}
      given: {...}                                      # series of every case
      fires:                                            # each of these must end quiet: it resolves
        - it: is critical when PostgreSQL stops answering, and resolves when it is back
          series:
            pg_up: 1 2m, 0 5m, 1 10m
          expect: {3m: quiet, 5m: critical 1m, 16m: quiet}
      boundary: [...]                                   # on the edge: never fires
      quiet: [...]                                      # healthy, or the excluded class: never fires

    job:fraiseql_graphql_operations:rate5m:
      values:                                           # records: the values, worked out by hand, to six digits
        - it: adds up the instances
          series: {...}
          expect: {10m: {'{job="fraiseql"}': 8}}

In a description, ``<value>`` is what follows the severity in ``expect``, ``<threshold>`` comes from ``thresholds``, any
other word in brackets from the key of that name. ``config`` is laid over the shipped configuration. ``alone`` leaves
out the records that the rule reads, so that a case can give them.

A series is a list of phases, ``<value> <duration>``. ``0.9`` is a gauge's value, ``+2/s`` (or ``+10/5m``) a growing
counter, ``gone`` a target that vanished (with Prometheus' staleness marker), ``_`` nothing at all. Job and instance are
added as the shipped scrape configuration would. Samples lie half an interval off the evaluations, because a window
includes its left edge before Prometheus 3 and excludes it since.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
RUNBOOKS = "https://runbooks.example.com/"
KINDS = ("fires", "boundary", "quiet", "values")
QUIET = "quiet"
SCRAPED_AS = {"pg": "postgres", "node": "node", "redis": "redis"}
SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True)
class Case:
    """One timeline, and what must be seen at some of its moments."""

    it: str
    series: dict[str, str]
    expect: dict[str, Any]
    said: dict[str, Any]

    @property
    def ends_quiet(self) -> bool:
        """Whether the alert has resolved at the last moment."""
        return list(self.expect.values())[-1] == QUIET

    @property
    def always_quiet(self) -> bool:
        """Whether the alert fires at no moment."""
        return set(self.expect.values()) == {QUIET}


@dataclass(frozen=True)
class Subject:
    """All cases of one alert or record in one file; `said` is what holds for all of them."""

    name: str
    source: str
    said: dict[str, Any]
    fires: list[Case] = field(default_factory=list)
    boundary: list[Case] = field(default_factory=list)
    quiet: list[Case] = field(default_factory=list)
    values: list[Case] = field(default_factory=list)

    @property
    def cases(self) -> list[Case]:
        """Every case, whatever its kind."""
        return [*self.fires, *self.boundary, *self.quiet, *self.values]

    @property
    def config(self) -> dict[str, Any]:
        """What is laid over the shipped configuration for these cases."""
        return {"runbookUrlPattern": RUNBOOKS + "%s", **self.said.get("config", {})}


def load(folder: str) -> list[Subject]:
    """All subjects of ``alerts`` or ``records``."""
    return [subject for path in sorted((HERE / folder).glob("*.yaml")) for subject in _subjects(path)]


def _subjects(path: Path) -> Iterator[Subject]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    shared = content.pop("shared", {})
    for name, body in content.items():
        said = shared | {key: value for key, value in body.items() if key not in KINDS}
        kinds = {kind: [_case(case, said) for case in body.get(kind, [])] for kind in KINDS}
        yield Subject(name=name, source=path.name, said=said, **kinds)


def _case(case: dict[str, Any], said: dict[str, Any]) -> Case:
    series = {**said.get("given", {}), **case.get("series", {})}
    return Case(case["it"], series, case["expect"], said | case)


def document(subject: Subject, rules: Path) -> dict[str, Any]:
    """Promtool's test file for one subject, over the rules in ``rules``."""
    return {
        "rule_files": [str(rules)],
        "evaluation_interval": subject.said.get("every", "30s"),
        "tests": [_test(subject, case, seconds(subject.said.get("interval", "15s"))) for case in subject.cases],
    }


def _test(subject: Subject, case: Case, interval: float) -> dict[str, Any]:
    expectation = _value if subject.values else _alerts
    return {
        "name": f"{subject.name}: {case.it}",
        "interval": f"{interval * 500:.0f}ms",
        "input_series": [
            {"series": scraped(series), "values": samples(phases, interval)} for series, phases in case.series.items()
        ],
        "promql_expr_test" if subject.values else "alert_rule_test": [
            {"eval_time": when, **expectation(subject.name, case, expected)} for when, expected in case.expect.items()
        ],
    }


def _value(name: str, _case: Case, expected: dict[str, float]) -> dict[str, Any]:
    """Rounded, because versions of Prometheus differ in the last digits; that also drops the record's name."""
    found = [{"labels": labels, "value": value} for labels, value in expected.items()]
    return {"expr": f"round({name}, 0.000001)", "exp_samples": found}


def _alerts(name: str, case: Case, expected: str) -> dict[str, Any]:
    alerts = [] if expected == QUIET else [_alert(name, case, each) for each in expected.split(" and ")]
    return {"alertname": name, "exp_alerts": alerts}


def _alert(name: str, case: Case, expected: str) -> dict[str, Any]:
    severity, _, value = expected.partition(" ")
    threshold = case.said.get("thresholds", {}).get(severity)
    said = case.said | {"runbook_url": RUNBOOKS + name, "value": value, "threshold": threshold}
    texts = ("summary", "description", "runbook_url", "dashboard_url")
    return {
        "exp_labels": {**said.get("labels", {}), "severity": severity},
        "exp_annotations": {key: filled(said[key], said) for key in texts if key in said},
    }


def filled(text: str, said: dict[str, Any]) -> str:
    """A text with every ``<key>`` replaced by what was said under that key."""
    return re.sub(r"<(\w+)>", lambda found: str(said[found[1]]), text)


def scraped(series: str) -> str:
    """A series as it is stored: with the job and instance that the shipped scrape configuration gives it."""
    name, _, labels = series.rstrip("}").partition("{")
    if ":" in name:
        return series
    given = re.search(r'\bjob="([^"]*)"', labels)
    own = "fraiseql-observe" if name.startswith("fraiseql_observe_") else "fraiseql"
    job = given[1] if given else SCRAPED_AS.get(name.split("_")[0], own)
    defaults = {"job": job, "instance": f"{job}:1"}
    added = [f'{label}="{value}"' for label, value in defaults.items() if f"{label}=" not in labels]
    return name + "{" + ",".join([*filter(None, [labels]), *added]) + "}"


def seconds(duration: str) -> float:
    """``1h30m`` -> 5400.0."""
    return sum(float(number) * SECONDS[unit] for number, unit in re.findall(r"([\d.]+)([smhd])", duration))


def grows(rate: str) -> float:
    """``+2/s`` -> 2.0, ``+10/5m`` -> a thirtieth, in units per second."""
    amount, _, per = rate[1:].partition("/")
    return float(amount) / (seconds(per) if per[0].isdigit() else SECONDS[per])


def samples(phases: str, interval: float) -> str:
    """Phases in promtool's notation at half the interval: a gap, a sample, a gap, a sample."""
    written: list[str] = []
    value = 0.0
    for phase in phases.split(","):
        what, duration = phase.split()
        for position in range(round(seconds(duration) / interval)):
            if what.startswith("+"):
                value += grows(what) * interval
            elif what not in {"gone", "_"}:
                value = float(what)
            written += ["_", _sample(what, position, value)]
    return " ".join(written)


def _sample(what: str, position: int, value: float) -> str:
    if what == "gone":
        return "stale" if position == 0 else "_"
    return "_" if what == "_" else f"{value:.12g}"
