"""The one error this package raises on purpose; it may import nothing else of the project."""

from __future__ import annotations


class InstrumentError(Exception):
    """The application cannot be instrumented the way it was asked.

    Raised only by `instrument()` itself, while the application is being built; never while it serves.

    Args:
        message: what was wrong and where, one sentence, safe to show.
        hint: what to do about it, one sentence.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".rstrip())
        self.message = message
        self.hint = hint
