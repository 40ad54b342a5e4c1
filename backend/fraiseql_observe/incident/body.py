"""The shape of an alert webhook's body, in two readings: one that forgives, and one that is fast and sure."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import Annotated, Any

import msgspec

from fraiseql_observe.incident.model import AlertStatus  # noqa: TC001 - likewise


class _Member(msgspec.Struct, rename="camel", kw_only=True):
    """What an alert has besides its times."""

    status: AlertStatus
    labels: dict[str, str]
    annotations: dict[str, str] = {}
    generator_url: str = msgspec.field(name="generatorURL", default="")
    fingerprint: str = ""
    # Grafana's own
    values: dict[str, Any] = {}
    value_string: str = ""
    dashboard_url: str = msgspec.field(name="dashboardURL", default="")
    panel_url: str = msgspec.field(name="panelURL", default="")


class Told(_Member, kw_only=True):
    """An alert; its times are read later."""

    starts_at: str
    ends_at: str = ""


class Timed(_Member, kw_only=True):
    """An alert as Alertmanager writes it, whose times are checked while they are read."""

    starts_at: Annotated[datetime, msgspec.Meta(tz=True)]
    ends_at: Annotated[datetime, msgspec.Meta(tz=True)]


class _Envelope(msgspec.Struct, rename="camel", kw_only=True):
    """What a body has besides its alerts; `destinations` and `actor` are our own."""

    version: str
    receiver: str
    group_labels: dict[str, str] = {}
    common_labels: dict[str, str] = {}
    common_annotations: dict[str, str] = {}
    external_url: str = msgspec.field(name="externalURL", default="")
    truncated_alerts: int = 0
    destinations: list[str] = []
    actor: Any = None


class Body(_Envelope, kw_only=True):
    alerts: list[Told]


class TimedBody(_Envelope, kw_only=True):
    alerts: list[Timed]


DECODER = msgspec.json.Decoder(Body)
TIMED_DECODER = msgspec.json.Decoder(TimedBody)
