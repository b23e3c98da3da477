"""The batcher: gathers what arrives for at most `batch_ms` or `batch_rows`, and writes it as one transaction.

Two threads: the event loop parses, the writer evaluates and commits. Rows that wait are bounded by `buffer_rows`;
at the limit the batcher asks the subscriber to stop reading and goes on when half is gone. A batch that cannot be
written (the database is away) is tried again with growing pauses until it can; nothing is acknowledged before.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, Protocol

from data_access.ingest.mqtt import Link
from data_access.ingest.payloads import Inbox

log = logging.getLogger(__name__)

_BACKOFF_S: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class TryAgain(Exception):  # noqa: N818  # reads as what it asks for
    """The batch could not be written now; nothing of it was."""


class Writer(Protocol):
    """Who evaluates and commits batches; called from the writer's thread only."""

    def write(self, inbox: Inbox) -> None:
        """Make a batch true; raise `TryAgain` when that is not possible now. May be called again with the same."""


@dataclass(slots=True)
class _Gathering:
    """A batch while it fills, and whom to tell when it is safe."""

    inbox: Inbox
    since: float
    acks: list[tuple[Link, bytes]] = field(default_factory=list)
    waiting: list[Callable[[], None]] = field(default_factory=list)


class Batcher:
    """Belongs to one event loop; `inbox()` and `added()` are for its callbacks."""

    def __init__(
        self,
        new_inbox: Callable[[], Inbox],
        writer: Writer,
        *,
        batch_ms: int,
        batch_rows: int,
        buffer_rows: int,
        on_full: Callable[[bool], None],
    ) -> None:
        self._new_inbox, self._writer, self._on_full = new_inbox, writer, on_full
        self._batch_s, self._batch_rows, self._buffer_rows = batch_ms / 1000, batch_rows, buffer_rows
        self._open: _Gathering | None = None
        self._closed: deque[_Gathering] = deque()
        self._closed_rows = 0
        self._wake = asyncio.Event()
        self._full = False
        self.executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self.lag_s = 0.0

    @property
    def rows(self) -> int:
        """Rows that wait or are being written."""
        return self._closed_rows + (len(self._open.inbox) if self._open else 0)

    @property
    def full(self) -> bool:
        """Whether reading is stopped because too much waits."""
        return self._full

    def inbox(self) -> Inbox:
        """The inbox that is filling. Call `added` after putting something in."""
        if self._open is None:
            self._open = _Gathering(self._new_inbox(), time.monotonic())
            self._wake.set()
        return self._open.inbox

    def added(self, link: Link | None, packet_id: bytes, done: Callable[[], None] | None = None) -> None:
        """Note whom to tell when what was just put into the inbox is committed."""
        gathering = self._open
        assert gathering is not None  # noqa: S101  # inbox() opened it
        if link is not None and packet_id:
            gathering.acks.append((link, packet_id))
        if done is not None:
            gathering.waiting.append(done)
        rows = len(gathering.inbox)
        if not self._full and self._closed_rows + rows >= self._buffer_rows:
            self._stop_reading()
        if rows >= self._batch_rows or len(gathering.acks) >= self._batch_rows:
            self._close()

    def _stop_reading(self) -> None:
        self._full = True
        log.warning("ingest: %d rows wait; reading from the broker stops until half are written", self.rows)
        self._on_full(True)

    async def run(self) -> None:
        """Write batches until cancelled."""
        while True:
            gathering = await self._next()
            await self._write(gathering)
            self._closed_rows -= len(gathering.inbox)
            self._tell(gathering)
            if self._full and self.rows <= self._buffer_rows // 2:
                self._full = False
                log.info("ingest: reading from the broker goes on")
                self._on_full(False)

    async def drain(self) -> None:
        """Write what is there and return; for an orderly end."""
        while self._open or self._closed:
            gathering = await self._next(at_once=True)
            await self._write(gathering)
            self._closed_rows -= len(gathering.inbox)
            self._tell(gathering)

    async def _next(self, *, at_once: bool = False) -> _Gathering:
        while not self._closed:
            if self._open is None:
                self._wake.clear()
                await self._wake.wait()
                continue
            left = 0.0 if at_once else self._open.since + self._batch_s - time.monotonic()
            if left > 0:
                self._wake.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), left)
                continue
            self._close()
        return self._closed.popleft()

    async def _write(self, gathering: _Gathering) -> None:
        loop, failures = asyncio.get_running_loop(), 0
        while True:
            try:
                await loop.run_in_executor(self.executor, self._writer.write, gathering.inbox)
            except TryAgain as error:
                if failures == 0:
                    log.warning("ingest: a batch waits: %s", error)
                await asyncio.sleep(_BACKOFF_S[min(failures, len(_BACKOFF_S) - 1)])
                failures += 1
            else:
                break
        self.lag_s = time.monotonic() - gathering.since

    def _close(self) -> None:
        assert self._open is not None  # noqa: S101  # callers have looked
        self._closed.append(self._open)
        self._closed_rows += len(self._open.inbox)
        self._open = None
        self._wake.set()

    def _tell(self, gathering: _Gathering) -> None:
        by_link: dict[Link, list[bytes]] = {}
        for link, packet_id in gathering.acks:
            by_link.setdefault(link, []).append(packet_id)
        for link, ids in by_link.items():
            link.acknowledge(ids)
        _call_all(gathering.waiting)


def _call_all(waiting: Sequence[Callable[[], None]]) -> None:
    for done in waiting:
        done()
