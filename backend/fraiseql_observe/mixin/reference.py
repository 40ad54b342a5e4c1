"""The reference pages that are made from the sources: every knob, every rule of the lint.

`python -m fraiseql_observe.mixin.reference docs/reference` writes them; a test fails when they are stale.
"""

from __future__ import annotations

import json
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fraiseql_observe.mixin import knobs
from fraiseql_observe.mixin.lint import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

LONGEST_DEFAULT = 60

CONFIG_HEAD = """\
# Configuration of the mixin

Every key of `_config`, made from `jsonnet/config.libsonnet`. Give those that differ to
`fraiseql-observe build --config my.yaml`, or override them in Jsonnet with `_config+::`.
In a YAML file a duration may also be written as Prometheus writes it, `5m` for 300 seconds.
[How to build and customise](../how-to/build-and-customise.md) shows it step by step.
The settings that each alert ships with are in [alerts](alerts.md).
"""

LINT_HEAD = """\
# Rules of the lint

`fraiseql-observe lint` checks the mixin as it renders; `fraiseql-observe lint PATH...` checks dashboards (JSON) and
rules (YAML, or a PrometheusRule) of anybody. Each finding names its rule. The names that end in `-rule` are those of
Grafana's dashboard-linter, most of the `alert-` ones those of mixtool; the others check offline what pint checks,
and what no linter does.

A rule is excluded in `jsonnet/.lint`, for named places only and with a reason. An exclusion without a reason
(`exclusion-reason`), of no rule (`exclusion-unknown`) or of nothing (`exclusion-unused`) is a finding itself.

    exclusions:
      target-instance-rule:
        reason: The records of objectives carry no instance.
        entries:
          - dashboard: FraiseQL / Error analysis
            panel: Error budget left

Supported are Prometheus 2.42 to 3.x and Grafana's classic dashboard model, schema version 42.
"""

FAMILIES = {
    "templating": "Variables",
    "panels": "Panels",
    "targets": "Targets",
    "infinity": "The Infinity data source",
    "dashboards": "Dashboards",
    "alerts": "Alerts",
    "groups": "Groups of rules",
    "records": "Recording rules",
    "expressions": "Expressions",
    "references": "How the parts fit",
}


def config_page() -> str:
    """docs/reference/config.md."""
    return "\n".join([CONFIG_HEAD, *_knob_sections(knobs.read(), knobs.defaults())])


def lint_page() -> str:
    """docs/reference/lint.md."""
    return "\n".join([LINT_HEAD, *_rule_sections()])


PAGES = {"config.md": config_page, "lint.md": lint_page}


def _knob_sections(declared: Sequence[knobs.Knob], defaults: Mapping[str, Any]) -> Iterator[str]:
    for group, members in groupby(declared, key=lambda knob: knob.group):
        yield f"## {group or 'General'}\n"
        for knob in members:
            yield from _knob(knob, defaults)


def _knob(knob: knobs.Knob, defaults: Mapping[str, Any]) -> Iterator[str]:
    facts = [] if knob.unit == "see each key" else [f"- Unit: {knob.unit}"]
    if knobs.ANY not in knob.path and (default := _default(knob.path, defaults)):
        facts.append(f"- Default: `{default}`")
    yield f"### `{knob.name}`\n\n{knob.description}\n"
    yield "\n".join([*facts, f"- Example: `{knob.example}`"]) + "\n"


def _default(path: Iterable[str], defaults: Any) -> str:
    """The shipped value; empty when it is too long for a line."""
    for name in path:
        defaults = defaults.get(name) if isinstance(defaults, dict) else None
    text = json.dumps(defaults, ensure_ascii=False)
    return text if len(text) <= LONGEST_DEFAULT else ""


def _rule_sections() -> Iterator[str]:
    for family, title in FAMILIES.items():
        rows = [f"| `{rule.id}` | {rule.about} |" for rule in RULES.values() if rule.family == family]
        yield "\n".join([f"## {title}\n", "| rule | what it asks |", "|---|---|", *rows]) + "\n"


def main(folder: str) -> None:
    """Write the pages into a folder."""
    for name, page in PAGES.items():
        (Path(folder) / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
