"""The application's own page of metrics: are our series on it?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fraiseql_observe.doctor import clocks, http
from fraiseql_observe.doctor.finding import Finding, note, ok, wrong
from fraiseql_observe.verify.prometheus import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fraiseql_observe.doctor.asked import Asked

SUBJECT = "application"
_INSTRUMENT = "docs/how-to/instrument-an-application.md: instrument(app)"
_NAME = re.compile(rb"^(fraiseql_[a-z0-9_]+)", re.MULTILINE)
_IDLE = re.compile(rb'^fraiseql_instrument_hook_active\{[^}\n]*hook="([^"\n]{1,60})"[^}\n]*\} 0(?:\.0)?$', re.MULTILINE)


def look(asked: Asked, url: str) -> Iterator[Finding]:
    """Look at the page of that URL.

    Raises:
        ObserveError: nothing answers there.
    """
    answer = http.get(
        url,
        asked.clock,
        seconds=asked.seconds,
        advice="start the application, or mend --metrics (http://host:8000/metrics)",
    )
    if answer.status != 200:  # noqa: PLR2004
        said = f"{without_credentials(url)} answers HTTP {answer.status}"
        yield wrong(SUBJECT, said, f"is it the address of /metrics? {_INSTRUMENT}")
        return
    yield from judge(answer.body)
    yield from clocks.of_answer("the application", answer.date, answer.before, answer.after)


def judge(page: bytes) -> Iterator[Finding]:
    """Judge a page in Prometheus' text format."""
    names = {name.decode() for name in _NAME.findall(page)}
    if not names:
        yield wrong(SUBJECT, "its metrics hold no series of FraiseQL", _INSTRUMENT)
    elif "fraiseql_build_info" not in names:
        yield wrong(
            SUBJECT, f"its metrics hold {len(names)} series of FraiseQL and none of the instrument", _INSTRUMENT
        )
    else:
        yield ok(SUBJECT, f"its metrics hold our series ({len(names)} names)")
    idle = sorted({hook.decode("utf-8", "replace") for hook in _IDLE.findall(page)})
    if idle:
        said = f"these hooks of the instrument found nothing to hook into: {', '.join(idle)}"
        yield note(SUBJECT, said, "docs/reference/signals.md says which signals they feed")
