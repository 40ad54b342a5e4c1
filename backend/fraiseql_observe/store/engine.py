"""The contract that both engines keep: short transactions, whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

T = TypeVar("T")


class Transaction(Protocol):
    """A transaction in its thread; statements use `:name` parameters and the SQL that both engines speak.

    Times are integers: microseconds since the epoch (`store.columns`). JSON is text. Booleans are 0 and 1. Rows are
    dicts.
    """

    def rows(self, statement: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Run a statement and return its rows (also of `returning`)."""
        ...

    def execute(self, statement: str, parameters: Mapping[str, Any] | None = None) -> int:
        """Run a statement and return how many rows it changed."""
        ...

    def many(self, statement: str, parameters: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement once for each mapping, in one go."""
        ...

    def lock(self, name: str) -> None:
        """Hold a lock of that name until the transaction ends; whoever else asks for it waits. SQLite has it anyway."""
        ...

    def wake(self, topic: str) -> None:
        """Tell all listeners of the topic, in every replica, after the commit."""
        ...


class Engine(Protocol):
    """An open store. All methods are for the event loop that opened it.

    `skip_locked` is the clause that a claiming select ends with: empty where there is only one writer.
    """

    skip_locked: str

    async def write(self, work: Callable[[Transaction], T], *, durable: bool = True) -> T:
        """Run `work` in a transaction, in a thread; commit when it returns, roll back when it raises.

        Commits keep their order. One that is not `durable` survives the process's death, but a power cut may take it
        together with all that came after it: for what is done again from rows that were durable before.

        Runs `work` again when the database says that the transaction lost to another (serialisation, deadlock).

        Raises:
            StoreError: the database cannot be reached or written.
            OverloadError: too many are waiting.
        """
        ...

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in a read-only transaction that never waits for writers."""
        ...

    async def append(self, statement: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write rows together with those of other callers (group commit); returns after the commit that holds them.

        Raises:
            StoreError: nothing of these rows was committed.
            OverloadError: too many are waiting.
        """
        ...

    def listen(self, topic: str, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` in the event loop when somebody wakes the topic; returns what ends that."""
        ...

    async def close(self) -> None:
        """Finish what was accepted, then let go of everything."""
        ...
