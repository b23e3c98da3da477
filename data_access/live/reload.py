"""Tells every process that what it keeps in memory (areas, devices, map arrays, cached queries) has changed on disk.

The truth is `meta.data_version`, bumped in the transaction of the change; the message only saves the waiting. A
process that missed it sees the version the next time it looks.
"""

from __future__ import annotations

import logging
from typing import Final

from redis import Redis, RedisError
from sqlalchemy.orm import Session

from data_access.db.tables import MetaRow

log = logging.getLogger(__name__)

CHANNEL: Final = "yiping:reload"
_KEY: Final = "data_version"


def version(session: Session) -> int:
    """The data version now; 0 before the first change."""
    row = session.get(MetaRow, _KEY)
    return int(row.value) if row else 0


def bump(session: Session) -> int:
    """Raise the data version in the caller's transaction; return it."""
    row = session.get(MetaRow, _KEY, with_for_update=True)
    if row is None:
        session.add(MetaRow(key=_KEY, value="1"))
        return 1
    row.value = str(int(row.value) + 1)
    return int(row.value)


def announce(redis: Redis, number: int) -> bool:
    """Send the new version to whoever listens on `CHANNEL`; False when the bus is away."""
    try:
        redis.publish(CHANNEL, str(number))
    except (RedisError, OSError):
        log.debug("reload: the bus is away; other processes see the new data when they next look")
        return False
    return True
