"""Prometheus: does it answer, has it our rules, does it know an Alertmanager, and does it scrape the application?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fraiseql_observe.audit import catalogue
from fraiseql_observe.doctor import clocks, http
from fraiseql_observe.doctor.finding import Finding, note, ok, wrong
from fraiseql_observe.mixin import render
from fraiseql_observe.verify.prometheus import Prometheus, auth_from
from fraiseql_observe.verify.timing import Window

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from fraiseql_observe.doctor.asked import Asked
    from fraiseql_observe.verify.judge import AlertRule

_SHOWN = 5  # names in a sentence
_INSTALL = "docs/how-to/install-the-files.md tells where the files of bundle/prometheus go"
_INSTRUMENT = "docs/how-to/instrument-an-application.md: instrument(app), and a scrape job for it"


def look(asked: Asked, url: str) -> Iterator[Finding]:
    """Look at the Prometheus of that URL, with the credentials of the settings.

    Raises:
        VerifyError: it does not answer.
    """
    server = _server(asked, url)
    subject = f"prometheus {server.shown}"
    try:
        server.probe()
        yield ok(subject, "it answers")
        yield from _clock(asked, subject, url)
        yield from rules(subject, server.alert_rules(), shipped())
        yield from _alertmanagers(asked, subject, url)
        yield from _series(subject, server, asked)
    finally:
        server.close()


def shipped() -> set[str]:
    """The names of our alerts, as the mixin renders them by default."""
    rendered = render({}, catalogue=catalogue.load().as_json())
    return {rule["alert"] for group in rendered.alerts["groups"] for rule in group["rules"]}


def rules(subject: str, loaded: Collection[AlertRule], ours: Collection[str]) -> Iterator[Finding]:
    """Judge the alerting rules that are loaded."""
    names = {rule.name for rule in loaded}
    missing = sorted(set(ours) - names)
    if len(missing) == len(ours):
        yield wrong(f"{subject}, rules", "none of our alerting rules is loaded, so nothing is ever alerted", _INSTALL)
    elif missing:
        said = f"{len(missing)} of our {len(ours)} alerts are not loaded: {_some(missing)}"
        yield note(f"{subject}, rules", said, f"if your own configuration does not leave them out: {_INSTALL}")
    else:
        yield ok(f"{subject}, rules", f"all {len(ours)} alerts are loaded")
    for rule in loaded:
        if rule.name in ours and rule.error:
            yield wrong(
                f"{subject}, rule {rule.name}",
                f"it cannot be evaluated: {rule.error}",
                "mend it, or build the rules again",
            )


def _clock(asked: Asked, subject: str, url: str) -> Iterator[Finding]:
    answer = _get(asked, url, "status/buildinfo")
    yield from clocks.of_answer(subject, answer.date, answer.before, answer.after)


def _alertmanagers(asked: Asked, subject: str, url: str) -> Iterator[Finding]:
    data = _get(asked, url, "alertmanagers").document.get("data")
    active = data.get("activeAlertmanagers") if isinstance(data, dict) else None
    if active is None:
        yield note(f"{subject}, alertmanagers", "it does not say to whom it sends its alerts")
    elif not active:
        advice = "name your Alertmanager in `alerting:` of prometheus.yml"
        yield wrong(f"{subject}, alertmanagers", "it knows no Alertmanager, so its alerts go nowhere", advice)
    else:
        yield ok(f"{subject}, alertmanagers", f"it sends its alerts to {len(active)}")


def _series(subject: str, server: Prometheus, asked: Asked) -> Iterator[Finding]:
    now = asked.clock()
    window = Window(now, now)

    def asks(expression: str) -> list[str]:
        return server.query_result(expression, window)

    subject = f"{subject}, application"
    if not asks('count({__name__=~"fraiseql_graphql_.+"})'):
        yield wrong(subject, "it has no series of a FraiseQL application", _INSTRUMENT)
        return
    if not asks("count(fraiseql_build_info)"):
        yield note(
            subject, "it has FraiseQL's own series and none of the instrument, so many panels stay empty", _INSTRUMENT
        )
    else:
        yield ok(subject, "it has the series of an instrumented application")
    if down := asks("up{job=~'.*fraiseql.*'} == 0"):
        yield wrong(
            subject, f"{len(down)} instances cannot be scraped now", "see Status > Targets in Prometheus for why"
        )
    if idle := asks("max by (hook) (fraiseql_instrument_hook_active) == 0"):
        said = f"{len(idle)} hooks of the instrument found nothing to hook into: {_some(idle)}"
        yield note(subject, said, "docs/reference/signals.md says which signals they feed")
    if asks("sum(increase(fraiseql_instrument_errors_total[1h])) > 0"):
        yield note(subject, "the instrument met errors in the last hour", "docs/runbooks/FraiseQLInstrumentDegraded.md")


def _server(asked: Asked, url: str) -> Prometheus:
    return Prometheus(url, auth=_auth(asked, url), timeout=asked.seconds)


def _auth(asked: Asked, url: str) -> Any:
    """The credentials of the settings, for the address of the settings only."""
    settings = asked.settings.prometheus if asked.settings else None
    if settings is None or settings.url != url:
        return None
    return auth_from(settings.token.reveal(), settings.username, settings.password.reveal())


def _get(asked: Asked, url: str, path: str) -> http.Answer:
    address = f"{url.rstrip('/')}/api/v1/{path}"
    return http.get(address, asked.clock, seconds=asked.seconds, auth=_auth(asked, url), advice="start it")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(each[:80] for each in names[:_SHOWN]) + more
