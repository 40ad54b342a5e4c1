"""Wait until every panel shows data, or until the time is over."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fraiseql_observe.demo.configuration import SCRAPE_INTERVAL
from fraiseql_observe.errors import VerifyError
from fraiseql_observe.verify import Options, Report, verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from fraiseql_observe.demo.stack import Stack
    from fraiseql_observe.mixin import Rendered

FIRST_LOOK = 15.0  # seconds, after those of the rehearsal, before it is worth asking
BETWEEN_LOOKS = 4.0
PATIENCE = 120.0  # seconds of traffic after which what is missing stays missing


def wait_until_fed(stack: Stack, rendered: Rendered, say: Callable[[str], None]) -> Report:
    """Return the first report in which nothing is missing, or the last before patience ends.

    Raises:
        DemoError: a server died meanwhile.
        VerifyError: a server that must be asked does not answer to the end.
    """
    began = time.monotonic()
    _sleep(stack, FIRST_LOOK)
    while True:
        out_of_time = time.monotonic() - began > PATIENCE
        try:
            report = look(stack, rendered)
        except VerifyError:
            if out_of_time:
                raise
        else:
            if report.ok or out_of_time:
                return report
            say(f"{report.queries_with_data} of {report.queries} queries have data, waiting for the others")
        _sleep(stack, BETWEEN_LOOKS)


def look(stack: Stack, rendered: Rendered) -> Report:
    """Ask every query of every panel once."""
    options = Options(scrape_interval=f"{SCRAPE_INTERVAL}s", concurrency=2)
    dashboards = list(rendered.dashboards.values())
    return verify(dashboards, stack.prometheus.url, stack.reader_url, now=datetime.now(UTC), options=options)


def _sleep(stack: Stack, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        stack.check()
        time.sleep(0.25)
