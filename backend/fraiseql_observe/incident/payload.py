"""An alert webhook's body, read: Alertmanager's version 4, and Grafana's version 1 in the same shape."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import msgspec

from fraiseql_observe.errors import PayloadError
from fraiseql_observe.incident import bounds, identity, mend
from fraiseql_observe.incident.body import DECODER, TIMED_DECODER, Body
from fraiseql_observe.incident.model import Actor, Alert, AlertStatus, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fraiseql_observe.incident.body import Timed, Told

MAX_BYTES = 10 * 1024 * 1024
MAX_ALERTS = 10_000  # of one group; the rest counts as truncated, as Alertmanager's own max_alerts leaves out
VERSIONS = ("4", "1")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_YEAR = 2261  # nanoseconds since 1970 in 64 bits end in 2262
_SECONDS = len("2006-01-02T15:04:05")
_ZONE = re.compile(r"(?:\.([0-9]+))?(Z|z|[+-][0-9]{2}:?[0-9]{2})")
_REMEMBERED = 40  # characters of a time that is remembered
_FINGERPRINT = re.compile("[0-9a-f]{16}")


@dataclass(frozen=True)
class Group:
    """What one webhook tells: a group of alerts, whole unless `truncated` says how many are missing.

    `receiver` is unquoted. `destinations` and `actor` are given only by our own `AlertManager.send_alert`: who is
    told, whatever the routes say, and who sent it.
    """

    receiver: str
    group_labels: Mapping[str, str]
    common_labels: Mapping[str, str]
    common_annotations: Mapping[str, str]
    alerts: tuple[Alert, ...]
    external_url: str = ""
    truncated: int = 0
    destinations: tuple[str, ...] = ()
    actor: Actor | None = None
    version: str = VERSIONS[0]

    @cached_property
    def key(self) -> str:
        """The key of its incidents."""
        return identity.incident_key(self.receiver, self.group_labels)


@dataclass(frozen=True, slots=True)
class Checked:
    """A body that can be read; `alerts` counts those in it."""

    version: str
    alerts: int


def parse(body: bytes, *, own: bool = False) -> Group:
    """Read a webhook's body.

    Unknown keys are left aside; label values that are no strings become their JSON, and what no text column holds
    (NUL, half a surrogate pair, bytes that are no UTF-8) becomes U+FFFD. What is larger than `bounds` allow is cut.
    `own` bodies may name destinations and who sent them.

    Raises:
        PayloadError: it is not JSON, not of this shape, or too large; the sentence says where.
    """
    if len(body) > MAX_BYTES:
        raise PayloadError(
            f"The body has {len(body)} bytes; at most {MAX_BYTES} are read.", hint="Group by more labels."
        )
    read = _read(body)
    if read.version not in VERSIONS:
        raise PayloadError(
            f"version is {read.version[:20]!r}, and this reads {' and '.join(VERSIONS)}.",
            hint="Point an Alertmanager webhook_config, or a Grafana webhook contact point, at this address.",
        )
    if (more := len(read.alerts) - MAX_ALERTS) > 0:
        read.alerts = sorted(read.alerts, key=lambda one: one.status is AlertStatus.RESOLVED)[:MAX_ALERTS]
        read.truncated_alerts = max(read.truncated_alerts, 0) + more
    if len(body) > min(bounds.LABELS, bounds.URL):  # no part of a smaller one can be too large
        _bound(read)
    return Group(
        receiver=bounds.text(identity.unquote(read.receiver), bounds.RECEIVER),
        group_labels=read.group_labels,
        common_labels=read.common_labels,
        common_annotations=read.common_annotations,
        alerts=tuple(_alert(one, f"alerts[{place}]") for place, one in enumerate(read.alerts)),
        external_url=read.external_url,
        truncated=max(read.truncated_alerts, 0),
        destinations=tuple(read.destinations) if own else (),
        actor=msgspec.convert(read.actor, Actor) if own and read.actor else None,
        version=read.version,
    )


def check(body: bytes) -> Checked:
    """Tell whether `parse` would read a body, in a quarter of its time: intake needs no more.

    Raises:
        PayloadError: as `parse`.
    """
    try:
        if len(body) <= MAX_BYTES and b"\\u0000" not in body:
            read = TIMED_DECODER.decode(body)
            if read.version in VERSIONS and len(read.alerts) <= MAX_ALERTS and all(map(_timely, read.alerts)):
                return Checked(read.version, len(read.alerts))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass  # looked at closely, mended, or refused with its reason, below
    group = parse(body)
    return Checked(group.version, len(group.alerts))


def _timely(one: Timed) -> bool:
    """Tell whether the times are within the years that are read, without doubt: of an end only what is used."""
    years = range(_EPOCH.year + 1, _LAST_YEAR)
    end = one.ends_at.year
    return one.starts_at.year in years and (one.status is AlertStatus.FIRING or end == 1 or end in years)


def render(group: Group) -> bytes:
    """Write a group as such a body: that is how our own findings enter the inbox."""
    return msgspec.json.encode(
        {
            "version": VERSIONS[0],
            "receiver": group.receiver,
            "groupLabels": group.group_labels,
            "commonLabels": group.common_labels,
            "commonAnnotations": group.common_annotations,
            "externalURL": group.external_url,
            "truncatedAlerts": group.truncated,
            "destinations": group.destinations,
            "actor": group.actor,
            "alerts": [_rendered(alert) for alert in group.alerts],
        }
    )


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
    own: dict[str, str] = mend.clean({**(labels or {}), "alertname": name, "severity": severity.value})
    return Alert(
        fingerprint=identity.fingerprint(own),
        starts_ns=nanoseconds(starts_at) if starts_at else 0,
        status=AlertStatus.RESOLVED if ended_at else AlertStatus.FIRING,
        labels=own,
        annotations=mend.clean(dict(annotations or {})),
        ended_at=ended_at,
    )


def nanoseconds(at: datetime) -> int:
    """Return nanoseconds since the epoch of an aware datetime."""
    return (at - _EPOCH) // timedelta(microseconds=1) * 1000


def moment(starts_ns: int) -> datetime:
    """Return the aware UTC datetime of nanoseconds since the epoch."""
    return _EPOCH + timedelta(microseconds=starts_ns // 1000)


def read_time(text: str) -> tuple[datetime, int]:
    """Read RFC 3339 as Go writes it: up to nine digits of a second, any offset; return it and its nanoseconds.

    Raises:
        ValueError: it is none, or before 1970 or after 2261.
    """
    return _remembered_time(text) if len(text) <= _REMEMBERED else _time(text)


def _time(text: str) -> tuple[datetime, int]:
    zone = _ZONE.fullmatch(text, _SECONDS)
    if not zone:
        raise ValueError(text)
    whole = datetime.fromisoformat(text[:_SECONDS] + zone[2].upper())
    if not _EPOCH.year <= whole.year <= _LAST_YEAR:
        raise ValueError(text)
    fraction = int((zone[1] or "0")[:9].ljust(9, "0"))
    exact = nanoseconds(whole) + fraction
    return moment(exact), exact


_remembered_time = lru_cache(maxsize=4096)(_time)


def _read(body: bytes) -> Body:
    """Decode fast what is right, and mend what is not."""
    try:
        if b"\\u0000" not in body:
            return DECODER.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass  # mended below, or refused there with its reason
    try:
        return msgspec.convert(mend.mended(json.loads(body.decode(errors="replace"))), Body)
    except msgspec.ValidationError as error:
        raise PayloadError(
            f"This is no alert webhook: {_sentence(error)}", hint="Expected is Alertmanager's, version 4, or Grafana's."
        ) from error
    except RecursionError as error:
        raise PayloadError("The body is nested too deeply.") from error
    except ValueError as error:
        raise PayloadError(f"The body is not JSON: {_sentence(error)}") from error


def _bound(read: Body) -> None:
    """Cut what is too large, in place."""
    read.external_url = bounds.url(read.external_url)
    read.group_labels = bounds.labels(read.group_labels)
    read.common_labels = bounds.labels(read.common_labels)
    read.common_annotations = bounds.labels(read.common_annotations, bounds.ANNOTATIONS)
    for one in read.alerts:
        one.generator_url = bounds.url(one.generator_url)
        one.labels = bounds.labels(one.labels)
        one.annotations = bounds.labels(_annotations(one), bounds.ANNOTATIONS)
        one.values, one.value_string, one.dashboard_url, one.panel_url = {}, "", "", ""


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _times(read: Told) -> tuple[int, datetime | None]:
    """Return start in nanoseconds, and the end of what is resolved."""
    starts_ns = read_time(read.starts_at)[1]
    if read.status is AlertStatus.RESOLVED and read.ends_at and not read.ends_at.startswith("0001-"):
        return starts_ns, read_time(read.ends_at)[0]
    return starts_ns, None


def _alert(read: Told, where: str) -> Alert:
    try:
        starts_ns, ended = _times(read)
    except ValueError as error:
        raise PayloadError(f"{where} has a time that is none: {str(error)[:60]!r}.") from error
    given = _FINGERPRINT.fullmatch(read.fingerprint)
    return Alert(
        fingerprint=read.fingerprint if given else identity.fingerprint(read.labels),
        starts_ns=starts_ns,
        status=read.status,
        labels=read.labels,
        annotations=_annotations(read),
        ended_at=ended,
        generator_url=read.generator_url,
    )


def _annotations(read: Told) -> dict[str, str]:
    """Return the annotations, and what Grafana says beside them under the names that annotations have."""
    if not (read.values or read.value_string or read.dashboard_url or read.panel_url):
        return read.annotations
    value = ", ".join(mend.text(value) for value in read.values.values()) or read.value_string
    beside = {"value": value, "dashboard_url": read.panel_url or read.dashboard_url}
    return {**{name: text for name, text in beside.items() if text}, **read.annotations}


def _rendered(alert: Alert) -> dict[str, object]:
    return {
        "status": alert.status.value,
        "labels": alert.labels,
        "annotations": alert.annotations,
        "startsAt": _written(alert.starts_ns),
        "endsAt": _written(nanoseconds(alert.ended_at)) if alert.ended_at else "",
        "generatorURL": alert.generator_url,
        "fingerprint": alert.fingerprint,
    }


def _written(at_ns: int) -> str:
    return f"{moment(at_ns):%Y-%m-%dT%H:%M:%S}.{at_ns % 1_000_000_000:09}Z"
