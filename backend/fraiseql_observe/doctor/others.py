"""Whether the backend itself runs, and whether Grafana answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fraiseql_observe.doctor import clocks, http
from fraiseql_observe.doctor.finding import Finding, note, ok, wrong
from fraiseql_observe.errors import ObserveError
from fraiseql_observe.verify.prometheus import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fraiseql_observe.config.server import ServerSettings
    from fraiseql_observe.doctor.asked import Asked

OK = 200
_EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104  where it listens, not where we do


def backend(asked: Asked, settings: ServerSettings) -> Iterator[Finding]:
    """Look at the service that the settings describe, on this machine: what does it say of itself?"""
    host = "127.0.0.1" if settings.host in _EVERYWHERE else settings.host
    address = f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"
    try:
        answer = http.get(f"{address}/readyz", asked.clock, seconds=asked.seconds)
    except ObserveError:
        yield note("backend", f"nothing answers at {address}", "fraiseql-observe serve")
        return
    said = answer.document
    if "failing" not in said:
        yield wrong("backend", f"something else listens at {address}", "end it, or choose another server.port")
        return
    yield from judge(said)


def judge(said: dict[str, object]) -> Iterator[Finding]:
    """Judge what /readyz says."""
    failing, audit, warnings = _parts(said.get("failing")), said.get("audit"), _parts(said.get("warnings"))
    for part, why in {**warnings, **failing}.items():
        yield wrong(f"backend, {part}", str(why), "its log says more; docs/how-to/run-the-backend.md")
    for sentence in audit if isinstance(audit, list) else ():
        yield wrong("backend, audit", str(sentence))
    if not (failing or audit or warnings):
        yield ok("backend", f"it runs and takes alerts, version {str(said.get('version', 'unknown'))[:40]}")


def _parts(said: object) -> dict[str, object]:
    return said if isinstance(said, dict) else {}


def grafana(asked: Asked, url: str) -> Iterator[Finding]:
    """Look at a Grafana.

    Raises:
        ObserveError: nothing answers there.
    """
    subject = f"grafana {without_credentials(url)}"
    advice = "start Grafana, or mend --grafana (http://host:3000, with its path prefix)"
    answer = http.get(f"{url.rstrip('/')}/api/health", asked.clock, seconds=asked.seconds, advice=advice)
    said = answer.document
    if "database" not in said:
        yield wrong(subject, f"it does not answer as a Grafana does (HTTP {answer.status})", advice)
    elif answer.status != OK or said["database"] != "ok":
        yield wrong(subject, "its own database is not well", "see Grafana's log")
    else:
        yield ok(subject, f"it answers, version {str(said.get('version', 'unknown'))[:40]}")
        yield from clocks.of_answer(subject, answer.date, answer.before, answer.after)
