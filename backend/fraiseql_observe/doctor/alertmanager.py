"""Alertmanager: does it answer, and would it send its alerts to us?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from fraiseql_observe.doctor import clocks, http
from fraiseql_observe.doctor.finding import Finding, note, ok, wrong
from fraiseql_observe.errors import ObserveError
from fraiseql_observe.verify.prometheus import auth_from, without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fraiseql_observe.config.alertmanager import AlertmanagerSettings
    from fraiseql_observe.doctor.asked import Asked

ADVICE = "start it, or mend alertmanager.urls in the settings"
_RECEIVER = "bundle/alertmanager has one to copy; docs/how-to/run-the-backend.md tells how"


def look(asked: Asked, settings: AlertmanagerSettings, url: str) -> Iterator[Finding]:
    """Look at one peer."""
    shown = without_credentials(url)
    subject = f"alertmanager {shown}"
    auth = auth_from(settings.token.reveal(), settings.username, settings.password.reveal())
    try:
        answer = http.get(
            f"{url.rstrip('/')}/api/v2/status", asked.clock, seconds=asked.seconds, auth=auth, advice=ADVICE
        )
    except ObserveError as error:
        yield wrong(subject, error.message, error.hint)
        return
    if answer.status in (401, 403):
        yield wrong(subject, f"it refuses us: HTTP {answer.status}", "set alertmanager.token_file, or a user")
        return
    config = answer.document.get("config")
    if answer.status != 200 or not isinstance(config, dict):  # noqa: PLR2004
        yield wrong(subject, f"it does not answer as an Alertmanager does (HTTP {answer.status})", ADVICE)
        return
    yield ok(subject, f"it answers, version {_version(answer.document)}")
    yield from clocks.of_answer(subject, answer.date, answer.before, answer.after)
    yield from receivers(subject, str(config.get("original", "")), settings.receivers)


def receivers(subject: str, original: str, names: Sequence[str]) -> Iterator[Finding]:
    """Judge its own configuration: is there a receiver of ours, and does a route lead to it?"""
    try:
        loaded = yaml.safe_load(original)
    except (yaml.YAMLError, RecursionError):
        loaded = None
    if not isinstance(loaded, dict):
        yield note(subject, "it does not show its configuration, so its receivers were not looked at")
        return
    known = {str(one.get("name")): one for one in loaded.get("receivers") or () if isinstance(one, dict)}
    ours = [name for name in names if name in known]
    if not ours:
        said = f"it has no receiver called {' or '.join(names)}, so no alert reaches us"
        yield wrong(
            subject, said, f"add one with a webhook of ours, or name yours in alertmanager.receivers; {_RECEIVER}"
        )
    led = set(_led_to(loaded.get("route")))
    for name in ours:
        yield from _receiver(f"{subject}, receiver {name}", known[name], routed=name in led)


def _receiver(subject: str, receiver: Mapping[str, Any], *, routed: bool) -> Iterator[Finding]:
    hooks = [one for one in receiver.get("webhook_configs") or () if isinstance(one, dict)]
    if not hooks:
        yield wrong(subject, "it has no webhook_configs, so it tells us nothing", _RECEIVER)
    elif not routed:
        yield wrong(
            subject, "no route leads to it, so it is told nothing", "name it in `route:` of Alertmanager's settings"
        )
    elif any(one.get("send_resolved") is False for one in hooks):
        yield wrong(
            subject, "it sends no resolves (send_resolved: false), so incidents stay open", "take that line away"
        )
    else:
        yield ok(subject, "a route leads to it, and it has a webhook")


def _led_to(route: object, depth: int = 0) -> Iterator[str]:
    """The receivers that routes name, the nested ones too."""
    if not isinstance(route, dict) or depth > 50:  # noqa: PLR2004  nobody nests so deep
        return
    yield str(route.get("receiver", ""))
    for nested in route.get("routes") or ():
        yield from _led_to(nested, depth + 1)


def _version(document: Mapping[str, Any]) -> str:
    about = document.get("versionInfo")
    return str(about.get("version", "unknown"))[:40] if isinstance(about, dict) else "unknown"
