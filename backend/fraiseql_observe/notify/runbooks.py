"""What to do: the action part of the runbook of one of our alerts, else what the alert itself advises."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fraiseql_observe.incident.model import Alert


def actions(alert: Alert) -> tuple[str, ...]:
    """Recommended actions in order, plain text with `code` in backticks; empty when nobody wrote any.

    The runbook that ships under the alert's name, else its annotation `runbook_actions` (a line each), else
    nothing.
    """
    raise NotImplementedError
