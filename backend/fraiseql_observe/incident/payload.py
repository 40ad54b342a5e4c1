"""An alert webhook's body, read: Alertmanager's version 4, and Grafana's version 1 in the same shape."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fraiseql_observe.incident.model import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from fraiseql_observe.incident.model import Alert

MAX_BYTES = 10 * 1024 * 1024
MAX_ALERTS = 10_000


@dataclass(frozen=True, slots=True)
class Group:
    """What one webhook tells: a group of alerts, whole unless `truncated` says how many are missing.

    `receiver` is unquoted. `destinations` is given only by our own `AlertManager.send_alert`: who is told, whatever
    the routes say.
    """

    receiver: str
    group_labels: Mapping[str, str]
    common_labels: Mapping[str, str]
    common_annotations: Mapping[str, str]
    alerts: tuple[Alert, ...]
    external_url: str = ""
    truncated: int = 0
    version: str = "4"
    destinations: tuple[str, ...] = field(default=())


def parse(body: bytes) -> Group:
    """Read a webhook's body.

    Raises:
        PayloadError: it is not JSON, not of this shape, or too large; the sentence says where.
    """
    raise NotImplementedError


def new_alert(
    name: str,
    *,
    severity: Severity = Severity.WARNING,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    starts_at: datetime | None = None,
    ended_at: datetime | None = None,
) -> Alert:
    """Make an alert of your own; it is resolved when it has an end.

    Without a start it is the occurrence that fires already, or a new one that starts when it is taken in.
    """
    raise NotImplementedError


def render(group: Group) -> bytes:
    """Write a group as such a body: what our own findings enter the inbox as."""
    raise NotImplementedError
