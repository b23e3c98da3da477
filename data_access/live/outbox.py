"""The outbox: an event is a row of the transaction that made it true, published after the commit.

`add` puts the rows; the `Relay` publishes what this process has just committed and deletes it, and `sweep` publishes
what a crash or a Redis outage left. Delivery is at least once and, from one process, in order; browsers ignore
repeats by version. Nothing here ever raises into the writer: the row is safe, the bus may wait.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from redis import Redis, RedisError
from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from data_access.db.bulk import insert_plain, reserve_ids
from data_access.db.engine import Database
from data_access.db.tables import OutboxRow, to_ms
from data_access.events import Event
from data_access.live import bus

log = logging.getLogger(__name__)

SWEEP_AGE: Final = timedelta(seconds=2)
"""Rows younger than this are left to the process that wrote them."""
_PAGE: Final = 500
_RETRY_AFTER_S: Final = 1.0
_PENDING: Final = "yiping.outbox"


def add(session: Session, *events: Event) -> None:
    """Put `events` into the outbox, in order, within the caller's transaction."""
    add_bodies(session, [(to_ms(event.at), event.model_dump_json()) for event in events])


def add_bodies(session: Session, events: Sequence[tuple[int, str]]) -> None:
    """The same for events that have been put into words already, with their `at` in milliseconds."""
    if not events:
        return
    connection = session.connection()
    ids = reserve_ids(connection, OutboxRow.__tablename__, len(events))
    rows = [(number, at, body) for number, (at, body) in zip(ids, events, strict=True)]
    insert_plain(connection, OutboxRow.__tablename__, ("id", "at", "body"), rows)
    pending: list[tuple[int, str]] = session.info.setdefault(_PENDING, [])
    pending.extend((number, body) for number, _, body in rows)


class Relay:
    """Publishes the outbox of one process. Safe to call from several threads."""

    def __init__(self, database: Database, redis: Redis, *, maxlen: int = bus.DEFAULT_MAXLEN) -> None:
        self._database = database
        self._redis = redis
        self._maxlen = maxlen
        self._lock = threading.Lock()
        self._behind = False  # an earlier publish failed: older rows must go first
        self._try_again_at = 0.0
        database.after_commit(self._committed)

    @property
    def behind(self) -> bool:
        """Whether rows wait because the bus is away."""
        return self._behind

    def sweep(self, now: datetime) -> int:
        """Publish rows older than `SWEEP_AGE`, oldest first; return how many went out. 0 while the bus is away."""
        with self._lock:
            return self._publish_stored(before=None if self._behind else now - SWEEP_AGE)

    def _committed(self, session: Session) -> None:
        rows: list[tuple[int, str]] = session.info.pop(_PENDING, [])
        if not rows:
            return
        with self._lock:
            if self._behind:
                if time.monotonic() >= self._try_again_at:
                    self._publish_stored(before=None)
                return
            for start in range(0, len(rows), _PAGE):
                if not self._publish(rows[start : start + _PAGE]):
                    return

    def _publish_stored(self, *, before: datetime | None) -> int:
        """Publish stored rows in the order they were written, until none is left or the bus fails."""
        sent = 0
        query = select(OutboxRow.id, OutboxRow.body).order_by(OutboxRow.id).limit(_PAGE)
        if before is not None:
            query = query.where(OutboxRow.at < before)
        while True:
            try:
                with self._database.reading() as session:
                    rows = [(row.id, row.body) for row in session.execute(query)]
            except SQLAlchemyError:
                log.exception("outbox: cannot read the rows that wait")
                return sent
            if not rows:
                self._behind = False
                return sent
            if not self._publish(rows):
                return sent
            sent += len(rows)

    def _publish(self, rows: Sequence[tuple[int, str]]) -> bool:
        try:
            bus.publish(self._redis, [body for _, body in rows], maxlen=self._maxlen)
        except (RedisError, OSError) as error:
            if not self._behind:
                log.warning("outbox: the bus is away (%s); events wait in the database", type(error).__name__)
            self._behind = True
            self._try_again_at = time.monotonic() + _RETRY_AFTER_S
            return False
        try:
            with self._database.writing() as session:
                session.execute(delete(OutboxRow).where(OutboxRow.id.in_([i for i, _ in rows])))
        except SQLAlchemyError:
            log.exception("outbox: published rows could not be deleted; they will be sent once more")
            return False
        return True
