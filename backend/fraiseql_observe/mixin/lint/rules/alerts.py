"""Alerts: names, labels and annotations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import promql_parser as ast

from fraiseql_observe.mixin.lint import promql
from fraiseql_observe.mixin.lint.labels import labels
from fraiseql_observe.mixin.lint.model import Alert, Mixin
from fraiseql_observe.mixin.lint.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 40
CAMEL = re.compile(r"([A-Z]+[a-z0-9]+)+")
SENTENCE = re.compile(r"[A-Z0-9].*\.")
TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
LABEL = re.compile(r"\$labels\.(\w+)")
DURATION = re.compile(r"(?:\d+(?:ms|[smhdwy]))+")
PRODUCT = "FraiseQL"
SEVERITIES = ("critical", "warning", "info")


@rule(Alert)
def alert_name_camelcase(alert: Alert) -> Iterator[str]:
    """The name is CamelCase and does not end in capitals."""
    if not CAMEL.fullmatch(alert.name):
        yield "the name is not CamelCase"


@rule(Alert)
def alert_name_length(alert: Alert) -> Iterator[str]:
    """The name has at most 40 characters."""
    if len(alert.name) > LONGEST:
        yield f"the name has {len(alert.name)} characters, more than {LONGEST}"


@rule(Alert)
def alert_name_product(alert: Alert) -> Iterator[str]:
    """The first word of the name is the product: one Alertmanager serves many mixins."""
    if not alert.name.startswith(PRODUCT):
        yield f"the name does not begin with {PRODUCT}"


@rule(Alert)
def alert_severity_rule(alert: Alert) -> Iterator[str]:
    """The severity is critical, warning or info."""
    if alert.labels.get("severity") not in SEVERITIES:
        yield f"the severity is {alert.labels.get('severity')!r}, not one of {', '.join(SEVERITIES)}"


@rule(Alert)
def alert_description_missing_rule(alert: Alert) -> Iterator[str]:
    """There is a description."""
    if not alert.annotations.get("description"):
        yield "has no description"


@rule(Alert)
def alert_description_templating(alert: Alert) -> Iterator[str]:
    """The description says where and how much: it is a template."""
    if not TEMPLATE.search(alert.annotations.get("description", "")):
        yield "the description names neither label nor value"


@rule(Alert)
def alert_summary_missing_rule(alert: Alert) -> Iterator[str]:
    """There is a summary."""
    if not alert.annotations.get("summary"):
        yield "has no summary"


@rule(Alert)
def alert_summary_templating(alert: Alert) -> Iterator[str]:
    """The summary is the same for every instance: no template, so that notifications group under it."""
    if TEMPLATE.search(alert.annotations.get("summary", "")):
        yield "the summary is a template"


@rule(Alert)
def alert_summary_style(alert: Alert) -> Iterator[str]:
    """The summary is one line that begins with a capital and ends with a full stop."""
    summary = alert.annotations.get("summary", "")
    if summary and not SENTENCE.fullmatch(summary):
        yield "the summary is not one sentence with a capital and a full stop"


@rule(Alert)
def alert_runbook(alert: Alert) -> Iterator[str]:
    """There is a runbook to follow."""
    if not re.match(r"https?://", alert.annotations.get("runbook_url", "")):
        yield "has no runbook_url"


@rule(Alert)
def alert_for(alert: Alert) -> Iterator[str]:
    """`for` and `keep_firing_for` are durations above zero, or absent."""
    for key in ("for", "keep_firing_for"):
        value = alert.json.get(key)
        if value is not None and (not DURATION.fullmatch(str(value)) or not re.search(r"[1-9]", str(value))):
            yield f"{key} is {value!r}, which is no duration above zero"


@rule(Alert)
def alert_comparison(alert: Alert) -> Iterator[str]:
    """The expression compares: without a condition it fires whenever there is data."""
    if alert.query.tree is not None and not _conditional(alert.query.tree):
        yield "the expression has no condition, so it fires whenever it has a result"


def _conditional(expr: object) -> bool:
    expr = promql.bare(expr)
    if isinstance(expr, ast.BinaryExpr):
        operator = promql.operator(expr)
        if operator in promql.COMPARISONS:
            return not (expr.modifier and expr.modifier.return_bool)
        if operator == "or":
            return _conditional(expr.lhs) and _conditional(expr.rhs)
        return operator == "unless" or _conditional(expr.lhs) or _conditional(expr.rhs)
    if isinstance(expr, ast.Call) and expr.func.name.startswith("absent"):
        return True
    return any(_conditional(child) for child in promql.children(expr))


@rule(Alert)
def alert_template_value(alert: Alert) -> Iterator[str]:
    """No `$value` in labels: each new value would be a new alert."""
    for name, text in alert.labels.items():
        if "$value" in str(text) or ".Value" in str(text):
            yield f"the label {name!r} holds the value"


@rule(Alert)
def alert_template_label(alert: Alert) -> Iterator[str]:
    """A label that a template names is one the expression keeps."""
    if alert.query.tree is None:
        return
    kept = labels(alert.query.tree)
    if kept is None:
        return
    known = kept | set(alert.labels)
    for name, text in {**alert.annotations, **alert.labels}.items():
        for label in sorted(set(LABEL.findall(str(text))) - known):
            yield f"{name!r} names the label {label!r}, which the expression removes"


@rule(Mixin)
def alert_severities_inhibit(mixin: Mixin) -> Iterator[str]:
    """One name at several severities keeps the same labels, or the higher cannot mute the lower."""
    seen: dict[str, tuple[frozenset[str] | None, frozenset[str]]] = {}
    for alert in mixin.rules:
        if not isinstance(alert, Alert) or alert.query.tree is None:
            continue
        own = (labels(alert.query.tree), frozenset(alert.labels))
        if seen.setdefault(alert.name, own) != own:
            yield f"the alerts named {alert.name} do not keep the same labels"
