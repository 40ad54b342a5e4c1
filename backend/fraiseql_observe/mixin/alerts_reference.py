"""`docs/reference/alerts.md`, written from the rendered rules and the shipped settings.

`python -m fraiseql_observe.mixin.alerts_reference` prints the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Rule = dict[str, Any]

_HEAD = """\
# Alerts

Every alert as it ships, and every recording rule. This page is written from the rendered rules.

Each alert has a switch, thresholds and times under `_config.alerts`, by its name without `FraiseQL`; durations there
are seconds. Lay another object over it for each environment:

```jsonnet
(import 'fraiseql-observe/mixin.libsonnet') {
  _config+:: {
    alerts+: {
      HighLatency+: { thresholds+: { warning: 0.5, critical: 2 } },
      CacheHitRateLow+: { enabled: false },
      HighErrorRate+: { thresholds+: { critical: null } },  // never more than a warning
    },
  },
}
```

An alert at two severities has one name and equal labels, so that Alertmanager lets the critical one mute the warning.
"""

_RECORDS = """\
## Recording rules

Long windows average the records of a five-minute rate, each moment weighted by its traffic. Records read each other in
this order, in one group.
"""


def markdown(alerts: Iterable[Rule], records: Iterable[Rule], settings: dict[str, dict[str, Any]]) -> str:
    """The whole page.

    Args:
        alerts: groups of alerting rules.
        records: groups of recording rules.
        settings: the shipped `_config.alerts`.
    """
    lines = [_HEAD]
    for group in alerts:
        lines += [f"## {group['name']}\n", *_section(group["rules"], settings)]
    lines += [_RECORDS, "| record | expression |", "|---|---|"]
    lines += [f"| `{rule['record']}` | `{rule['expr']}` |" for group in records for rule in group["rules"]]
    return "\n".join(lines) + "\n"


def _section(rules: list[Rule], settings: dict[str, dict[str, Any]]) -> Iterator[str]:
    for name in dict.fromkeys(rule["alert"] for rule in rules):
        yield from _alert(
            name, [rule for rule in rules if rule["alert"] == name], settings[name.removeprefix("FraiseQL")]
        )


def _alert(name: str, rules: list[Rule], settings: dict[str, Any]) -> Iterator[str]:
    annotations = rules[0]["annotations"]
    yield f"### {name}\n"
    yield f"{annotations['summary']} [Runbook](../runbooks/{name}.md).\n"
    yield f"> {annotations['description']}\n"
    yield "| severity | holds for | stays for | labels |"
    yield "|---|---|---|---|"
    yield from dict.fromkeys(map(_row, rules))
    yield ""
    yield f"Settings: `{name.removeprefix('FraiseQL')}` = {_settings(settings)}\n"
    yield "```promql"
    yield from dict.fromkeys(rule["expr"] for rule in rules)
    yield "```\n"


def _row(rule: Rule) -> str:
    labels = ", ".join(f"{label}={value}" for label, value in rule["labels"].items() if label != "severity")
    return f"| {rule['labels']['severity']} | {rule.get('for', '')} | {rule.get('keep_firing_for', '')} | {labels} |"


def _settings(settings: dict[str, Any]) -> str:
    return ", ".join(f"`{key}: {_value(value)}`" for key, value in settings.items())


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key}: {_value(each)}" for key, each in value.items()) + " }"
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def page() -> str:
    """The page for the mixin as it ships."""
    from fraiseql_observe.mixin import engine  # noqa: PLC0415 - what is above needs no Jsonnet

    shipped = engine.evaluate(
        """
        local mixin = import 'mixin.libsonnet';
        {
          alerts: mixin.prometheusAlerts.groups,
          records: mixin.prometheusRules.groups,
          settings: import 'alerts/settings.libsonnet',
        }
        """,
        engine.library(),
    )
    return markdown(**shipped)


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - the page is the output
