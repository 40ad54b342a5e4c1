"""What every destination may be told, whatever its kind; each kind adds its own (`config/<kind>.py`)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import ClassVar

from fraiseql_observe.config.declare import setting

ACTIONS = ("trigger", "update", "acknowledge", "resolve", "reopen")


class OnAmbiguous(StrEnum):
    """What to do when nobody knows whether a destination took a message, and it does not know our key."""

    RETRY = "retry"  # a message that comes twice is better than one that never came
    HOLD = "hold"  # keep it among the dead letters, for a person to replay


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationSettings:
    """The common part. `None` means: as the kind of destination has it by itself."""

    kind: ClassVar[str] = ""

    actions: tuple[str, ...] = setting(
        "What it hears of an incident; all it has a word for when empty.",
        default=(),
        allowed=ACTIONS,
        example="[trigger, resolve]",
    )
    per_second: float | None = setting(
        "Messages a second, on average, to whatever shares its rate limit.", default=None, minimum=0.001, maximum=1000
    )
    burst: int | None = setting("Messages that may go at once.", default=None, minimum=1, maximum=1000)
    concurrency: int | None = setting("Messages that may be on their way at once.", default=None, minimum=1, maximum=64)
    timeout: timedelta | None = setting(
        "How long one try may take.", default=None, minimum=0.1, maximum=300, example="15s"
    )
    attempts: int = setting(
        "Tries before a message is given up; a rate limit alone never does that.",
        default=200,
        minimum=1,
        maximum=10_000,
    )
    give_up_after: timedelta = setting(
        "Age at which a message that fails is given up.", default=timedelta(hours=24), minimum=1, maximum=2_592_000
    )
    on_ambiguous: OnAmbiguous = setting(
        "When nobody knows whether a message was taken and the destination cannot tell a repeat: send it again, or hold"
        " it for a person.",
        default=OnAmbiguous.RETRY,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield (key, sentence) for settings that do not go together; a kind has its own."""
        yield from ()
