"""One module a family; importing this package registers them all."""

from fraiseql_observe.mixin.lint.rules import (
    alerts,
    dashboards,
    expressions,
    groups,
    infinity,
    panels,
    records,
    references,
    targets,
    templating,
)

__all__ = [
    "alerts",
    "dashboards",
    "expressions",
    "groups",
    "infinity",
    "panels",
    "records",
    "references",
    "targets",
    "templating",
]
