"""Let every probe look, at once and each within its time, and collect what they find in their order."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fraiseql_observe.doctor.finding import Finding, wrong
from fraiseql_observe.errors import ObserveError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Probe:
    """Looks at one subject; what it yields before its time is over counts."""

    subject: str
    look: Callable[[], Iterable[Finding]]


@dataclass
class _Running:
    probe: Probe
    thread: threading.Thread | None = None
    findings: list[Finding] = field(default_factory=list)

    def run(self) -> None:
        subject = self.probe.subject
        try:
            for finding in self.probe.look():
                self.findings.append(finding)
        except ObserveError as error:
            self.findings.append(wrong(subject, error.message, error.hint))
        except Exception as error:  # noqa: BLE001  one subject must not keep the others from being looked at
            # Its words may hold what must not be shown.
            said = f"looking at it ended in a fault of this program ({type(error).__name__})"
            self.findings.append(wrong(subject, said, "please report it"))


def examine(probes: Sequence[Probe], seconds: float) -> list[Finding]:
    """What all probes find; one that takes longer than `seconds` is told and left behind.

    Threads are daemons: one that hangs in a system call keeps nobody from leaving.
    """
    running = [_Running(probe) for probe in probes]
    for one in running:
        one.thread = threading.Thread(target=one.run, name=f"doctor {one.probe.subject}", daemon=True)
        one.thread.start()
    deadline = time.monotonic() + seconds
    found: list[Finding] = []
    for one in running:
        if one.thread is not None:
            one.thread.join(max(0.0, deadline - time.monotonic()))
        found += list(one.findings)
        if one.thread is not None and one.thread.is_alive():
            found.append(
                wrong(
                    one.probe.subject, f"it did not answer within {seconds:g} s", "raise --timeout, or see what hangs"
                )
            )
    return found
