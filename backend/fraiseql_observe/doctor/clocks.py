"""Whether another machine's clock agrees with ours: times of alerts, of tokens and of audit rows are compared. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from fraiseql_observe.doctor.finding import Finding, note, ok, wrong

if TYPE_CHECKING:
    from collections.abc import Iterator

NOTED = timedelta(seconds=2)  # a Date header has whole seconds, and the way takes its time
WRONG = timedelta(seconds=5)  # from here on an audit row counts as late
ADVICE = "let both machines follow a time server: timedatectl set-ntp true"


def of_answer(subject: str, date: str, before: datetime, after: datetime) -> Iterator[Finding]:
    """Judge a Date header of an answer that was asked for between `before` and `after`; nothing without one."""
    try:
        theirs = parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return
    # It may have been written at any moment of that whole second.
    yield judge(subject, theirs.astimezone(UTC), before, after, grain=timedelta(seconds=1))


def judge(
    subject: str, theirs: datetime, before: datetime, after: datetime, grain: timedelta = timedelta(0)
) -> Finding:
    """Compare a clock that was read between two moments of ours; `grain` is how coarse it tells the time."""
    if theirs > after:
        apart, way = theirs - after, "ahead"
    else:
        apart, way = max(before - theirs - grain, timedelta(0)), "behind"
    seconds = apart.total_seconds()
    if apart > WRONG:
        return wrong(
            f"clock of {subject}", f"it is {seconds:.0f} s {way} of ours".replace("behind of", "behind"), ADVICE
        )
    if apart > NOTED:
        return note(
            f"clock of {subject}", f"it is {seconds:.1f} s {way} of ours".replace("behind of", "behind"), ADVICE
        )
    return ok(f"clock of {subject}", "it agrees with ours")
