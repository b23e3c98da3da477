from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import func, select

from data_access.db.engine import Database
from data_access.db.tables import OutboxRow
from data_access.events import FreshnessChanged
from data_access.live import bus, outbox

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
NOWHERE = "redis://127.0.0.1:9/0"


def _event(number: int, at: datetime = NOON) -> FreshnessChanged:
    return FreshnessChanged(area="", version=number, at=at, source="sensors", last_seen=at, interval_s=60)


def _stored(redis: Redis) -> list[int]:
    entries: Any = redis.xrange(bus.EVENTS)
    return [FreshnessChanged.model_validate_json(entry[b"e"]).version for _, entry in entries]


def _waiting(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(OutboxRow)) or 0


def test_committed_events_are_published_in_order_and_leave_no_row(database: Database, redis: Redis) -> None:
    outbox.Relay(database, redis)
    with database.writing() as session:
        outbox.add(session, _event(1), _event(2))
        outbox.add(session, _event(3))
    assert _stored(redis) == [1, 2, 3]
    assert _waiting(database) == 0


def _write_and_fail(database: Database) -> None:
    with database.writing() as session:
        outbox.add(session, _event(1))
        raise ZeroDivisionError


def test_a_rolled_back_transaction_publishes_nothing(database: Database, redis: Redis) -> None:
    outbox.Relay(database, redis)
    with pytest.raises(ZeroDivisionError):
        _write_and_fail(database)
    assert _stored(redis) == []
    assert _waiting(database) == 0


def test_a_crash_between_commit_and_publish_is_made_good_by_the_sweep(database: Database, redis: Redis) -> None:
    with database.writing() as session:  # no relay: as if the process had died
        outbox.add(session, _event(1), _event(2))
    relay = outbox.Relay(database, redis)
    assert relay.sweep(NOON + timedelta(seconds=1)) == 0  # young rows belong to whoever wrote them
    assert relay.sweep(NOON + timedelta(seconds=3)) == 2
    assert _stored(redis) == [1, 2]


def test_while_the_bus_is_away_writers_go_on_and_events_wait_in_order(database: Database, redis: Redis) -> None:
    relay = outbox.Relay(database, bus.connect(NOWHERE))
    for number in (1, 2):
        with database.writing() as session:
            outbox.add(session, _event(number))
    behind = relay.behind
    assert _waiting(database) == 2
    relay._redis = redis  # the bus is back
    assert relay.sweep(NOON) == 2
    assert (behind, relay.behind) == (True, False)
    with database.writing() as session:
        outbox.add(session, _event(3))
    assert _stored(redis) == [1, 2, 3]
