"""What the demo says while it works: a line a step on stderr, a spinner on a terminal."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Progress:
    """Args: console: where to write; stderr when None."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False, soft_wrap=True)

    @contextmanager
    def step(self, doing: str, done: Callable[[], str] | str) -> Iterator[Callable[[str], None]]:
        """Say what is being done, and when it is over what came of it and how long it took.

        Yields:
            A function that replaces what is being said meanwhile.
        """
        began = time.monotonic()
        with self.console.status(f"{doing} ...") as status:
            yield lambda text: status.update(f"{text} ...")
        took = time.monotonic() - began
        self.console.print(
            Text.assemble(("  ok  ", "green"), done if isinstance(done, str) else done(), (f"  {took:.1f} s", "dim"))
        )

    def say(self, text: str | Text = "") -> None:
        self.console.print(text)

    def warn(self, text: str) -> None:
        self.console.print(Text.assemble(("  !   ", "bold yellow"), text))
