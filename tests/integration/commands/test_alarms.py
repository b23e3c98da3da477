from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from data_access.commands.alarms import acknowledge
from data_access.db.engine import Database
from data_access.db.tables import AlarmHistoryRow, AlarmRow, OutboxRow
from data_access.domain.errors import IllegalTransition, NotFound
from tests import small

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)


def test_an_acknowledgement_leaves_row_history_and_event_together(database: Database) -> None:
    small.fill(database, NOON)
    with database.reading() as session:
        id_, version = session.execute(select(AlarmRow.id, AlarmRow.version)).one()
    with database.writing() as session:
        acknowledge(session, id_, actor="officer-1", now=NOON, note="called the grid worker")
    with database.reading() as session:
        row = session.execute(select(AlarmRow.state, AlarmRow.acknowledged_by, AlarmRow.version)).one()
        assert tuple(row) == ("active_acked", "officer-1", version + 1)
        entry = session.scalars(select(AlarmHistoryRow).order_by(AlarmHistoryRow.id.desc())).first()
        assert entry is not None
        assert (entry.action, entry.actor, entry.note) == ("acknowledge", "officer-1", "called the grid worker")
        assert '"alarm.changed"' in (session.scalars(select(OutboxRow.body)).one())
    with database.writing() as session, pytest.raises(IllegalTransition):
        acknowledge(session, id_, actor="officer-2", now=NOON)
    with database.writing() as session, pytest.raises(NotFound):
        acknowledge(session, 999_999, actor="officer-2", now=NOON)
