"""Everything that is looked at, in the order in which it is told."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from fraiseql_observe.doctor import alertmanager, application, audit, destinations, others, prometheus, store
from fraiseql_observe.doctor.finding import Finding, note, skipped, without
from fraiseql_observe.doctor.run import Probe, examine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fraiseql_observe.config.audit import AuditSettings
    from fraiseql_observe.config.settings import Settings
    from fraiseql_observe.doctor.asked import Asked

MORE = 3  # a probe asks several questions, each of which has the time that was given


def check_up(asked: Asked, first: list[Finding]) -> list[Finding]:
    """What is found: `first`, what is known of the settings, then what every probe says."""
    findings = [*first, *examine(list(probes(asked)), asked.seconds * MORE), *_left_out(asked)]
    return list(dict.fromkeys(without(asked.secrets, one) for one in findings))


def probes(asked: Asked) -> Iterator[Probe]:
    """One for each subject that there is."""
    settings = asked.settings
    if settings is not None:
        yield from _of_settings(asked, settings)
    if url := _prometheus(asked):
        yield Probe("prometheus", partial(prometheus.look, asked, url))
    if asked.metrics:
        yield Probe(application.SUBJECT, partial(application.look, asked, asked.metrics))
    if asked.database:
        yield Probe(audit.SUBJECT, partial(audit.set_up, asked, asked.database))
    if settings is not None:
        yield from _of_audit(asked, settings.audit)
    if asked.grafana:
        yield Probe("grafana", partial(others.grafana, asked, asked.grafana))


def _of_settings(asked: Asked, settings: Settings) -> Iterator[Probe]:
    yield Probe(store.SUBJECT, partial(store.look, asked, settings))
    yield Probe("backend", partial(others.backend, asked, settings.server))
    for name, destination in settings.destinations.items():
        yield Probe(f"destination {name}", partial(destinations.look, asked, name, destination))
    for url in settings.alertmanager.urls:
        yield Probe("alertmanager", partial(alertmanager.look, asked, settings.alertmanager, url))


def _of_audit(asked: Asked, settings: AuditSettings) -> Iterator[Probe]:
    if settings.url:
        yield Probe(audit.SUBJECT, partial(audit.reader, asked, settings.url.reveal()))
    if settings.maintenance_url:
        yield Probe(f"{audit.SUBJECT}, maintenance", partial(audit.maintainer, settings.maintenance_url.reveal()))
    elif settings.url and not asked.database:
        yield Probe(f"{audit.SUBJECT}, maintenance", _unknown_maintainer)
    if settings.chain_url:
        yield Probe(f"{audit.SUBJECT}, hash chains", partial(audit.verifier, settings.chain_url.reveal()))


def _unknown_maintainer() -> Iterator[Finding]:
    yield note(
        f"{audit.SUBJECT}: maintenance",
        "this service does not keep the log, and its reader may not see whether somebody does",
        "set audit.maintenance_url, or run audit maintain elsewhere; --database OWNER_URL shows how it stands",
    )


def _prometheus(asked: Asked) -> str:
    return asked.prometheus or (asked.settings.prometheus.url if asked.settings else "")


def _left_out(asked: Asked) -> Iterator[Finding]:
    """What there was no address for, and how to give one."""
    settings = asked.settings
    missing: tuple[tuple[str, Callable[[], bool], str], ...] = (
        ("alertmanager", lambda: bool(settings and settings.alertmanager.urls), "alertmanager.urls in the settings"),
        ("prometheus", lambda: bool(_prometheus(asked)), "--prometheus URL, or prometheus.url in the settings"),
        ("application", lambda: bool(asked.metrics), "--metrics http://host:8000/metrics"),
        (
            "audit",
            lambda: bool(asked.database or (settings and settings.audit.url)),
            "--database URL, or audit.url in the settings",
        ),
        ("grafana", lambda: bool(asked.grafana), "--grafana http://host:3000"),
    )
    if settings is None:
        yield skipped("store, backend, destinations", "the settings are wrong, so they do not say where these are")
    for subject, given, how in missing:
        if not given():
            yield skipped(subject, "not looked at: nobody said where it is", how)
