"""Group commit: what many callers hand in meanwhile is written together by one thread, in one transaction.

The event loop puts jobs into a queue and the thread takes all that wait, up to `BATCH`. While it commits, the next
batch gathers: the busier, the larger the batches and the fewer the disk's flushes. All futures of a batch are resolved
by one call into the loop. Rows to append go before work, which may take long: somebody waits for their answer.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from contextlib import suppress
from itertools import islice
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from fraiseql_observe.errors import OverloadError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from fraiseql_observe.store.engine import Transaction
    from fraiseql_observe.store.topics import Topics

log = logging.getLogger(__name__)

BATCH = 256
JOBS = 10_000  # that may wait
BYTES = 64 * 2**20  # of bodies that may wait; one job alone may be larger
STUCK = 30.0  # seconds without an end of the running batch, after which nothing more is accepted


class Job:
    """Rows to append, or work to do in a transaction, and what became of it."""

    __slots__ = ("durable", "error", "future", "result", "rows", "size", "statement", "topics", "work")

    def __init__(self, future: asyncio.Future[Any]) -> None:
        self.future = future
        self.statement = ""
        self.rows: Sequence[Mapping[str, Any]] = ()
        self.work: Callable[[Transaction], Any] | None = None
        self.size = 0
        self.durable = True
        self.reset()

    def do(self, transaction: Transaction) -> Any:
        if self.work is None:
            raise TypeError("These are rows to append.")
        return self.work(transaction)

    def reset(self) -> None:
        """Forget an outcome that was rolled back."""
        self.result: Any = None
        self.error: BaseException | None = None
        self.topics: tuple[str, ...] = ()


class GroupCommit:
    """A bounded queue and the thread that empties it.

    `commit` runs in the thread: it writes a batch, all of it appends or all of it work, and gives each job its result
    or error. It returns how many it took, at least one; the others come again. What it raises becomes the error of all
    jobs of the batch.
    """

    def __init__(self, name: str, commit: Callable[[Sequence[Job]], int], topics: Topics) -> None:
        self._loop = asyncio.get_running_loop()
        self._commit = commit
        self._topics = topics
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._works: deque[Job] = deque()  # the thread's own
        self._ended = False  # the thread's own: there will be no more
        self._waiting = 0
        self._bytes = 0
        self._progress = 0.0  # when a batch ended last, or the queue was last empty
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def append(self, statement: str, rows: Iterable[Mapping[str, Any]]) -> asyncio.Future[Any]:
        job = Job(self._loop.create_future())
        job.statement = statement
        job.rows = rows if isinstance(rows, list) else list(rows)
        job.size = sum([len(value) for row in job.rows for value in row.values() if isinstance(value, bytes)])
        return self._submit(job)

    def write(self, work: Callable[[Transaction], Any], *, durable: bool = True) -> asyncio.Future[Any]:
        job = Job(self._loop.create_future())
        job.work = work
        job.durable = durable
        return self._submit(job)

    async def close(self) -> None:
        """Refuse new jobs, finish those that were accepted and end the thread."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        while self._thread.is_alive():
            await asyncio.to_thread(self._thread.join, 0.5)

    def _submit(self, job: Job) -> asyncio.Future[Any]:
        if self._waiting:
            self._check_load(job.size)
        else:
            self._progress = time.monotonic()
        if self._closed:
            raise StoreError("The store is being closed.", hint="Send it again to a running server.")
        self._waiting += 1
        self._bytes += job.size
        self._queue.put(job)
        return job.future

    def _check_load(self, size: int) -> None:
        if self._waiting >= JOBS or self._bytes + size > BYTES:
            raise OverloadError(
                f"{self._waiting} writes ({self._bytes} bytes) wait for the store already.",
                hint="Come again in a few seconds; a faster disk or PostgreSQL takes more.",
            )
        if time.monotonic() - self._progress > STUCK:
            raise OverloadError(
                f"The store has written nothing for {STUCK:.0f} seconds.", hint="Look at its disk or its server."
            )

    def _run(self) -> None:
        while batch := self._next():
            done = batch[: self._written(batch)]
            if done[0].work is not None:
                for _ in done:
                    self._works.popleft()
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._settle, done)

    def _written(self, batch: list[Job]) -> int:
        try:
            return self._commit(batch)
        except BaseException as error:  # noqa: BLE001 - the thread must outlive whatever a batch brings
            for job in batch:
                job.reset()
                job.error = error
            return len(batch)

    def _next(self) -> list[Job]:
        """Give rows to append if there are any, else work; nothing when there will be no more."""
        return self._drain() or list(islice(self._works, BATCH))

    def _drain(self) -> list[Job]:
        """Empty the queue, up to a batch; wait only while there is nothing else to do. Work is put aside."""
        appends: list[Job] = []
        with suppress(Empty):
            for _ in range(BATCH):
                if self._ended:
                    break
                job = self._queue.get(block=not (appends or self._works))
                if job is None:
                    self._ended = True
                elif job.work is None:
                    appends.append(job)
                else:
                    self._works.append(job)
        return appends

    def _settle(self, batch: list[Job]) -> None:
        self._waiting -= len(batch)
        self._progress = time.monotonic()
        topics: set[str] = set()
        for job in batch:
            self._bytes -= job.size
            if job.topics:
                topics.update(job.topics)
            if job.future.done():  # the caller went away
                continue
            if job.error is not None:
                job.future.set_exception(job.error)
            else:
                job.future.set_result(job.result)
        self._topics.wake(topics)
