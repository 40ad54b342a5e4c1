"""Settings of the Alertmanager whose word is compared with ours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fraiseql_observe.config.declare import NO_SECRET, Secret, Size, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertmanagerSettings:
    urls: tuple[str, ...] = setting(
        "Base URLs of Alertmanager, all peers of one cluster. Empty: nothing is compared.",
        default=(),
        example="[http://alertmanager:9093]",
    )
    receivers: tuple[str, ...] = setting(
        "Names of Alertmanager's receivers that send to us; only their alerts are compared.",
        default=("fraiseql-observe",),
        example="[fraiseql-observe]",
    )
    token: Secret = setting("Bearer token for its API.", default=NO_SECRET)
    username: str = setting("User name for its API, when it asks for basic auth.", default="")
    password: Secret = setting("Password for its API.", default=NO_SECRET)
    interval: timedelta = setting(
        "How often its list of alerts is compared with ours.", default=timedelta(minutes=1), example="1m", minimum=1
    )
    confirm_after: timedelta = setting(
        "An alert that its list lacks for so long is resolved, though nobody said so. Should be longer than "
        "Alertmanager's group_interval, which is how late an ordinary resolve may come.",
        default=timedelta(minutes=6),
        example="6m",
        minimum=0,
    )
    settle: timedelta = setting(
        "How long after its start its list may lack alerts that do fire: Prometheus tells them again within minutes.",
        default=timedelta(minutes=5),
        example="5m",
        minimum=0,
    )
    timeout: timedelta = setting(
        "How long one question may take.", default=timedelta(seconds=20), example="20s", minimum=0.1
    )
    max_bytes: Size = setting(
        "The longest answer that is read.", default=Size(128 * 1024 * 1024), minimum=1024, example="128MiB"
    )
