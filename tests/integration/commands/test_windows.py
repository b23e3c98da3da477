"""A window is told when it is announced, when it begins and when it is over; its mark ends with it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from data_access.commands.alarms import Step
from data_access.commands.windows import Wanted, end_window, keep, open_window
from data_access.db.engine import Database
from data_access.db.tables import AlarmHistoryRow, AlarmRow, OutboxRow
from data_access.domain.alarms import AlarmAction
from data_access.domain.windows import WINDOW_OVER
from data_access.events import LIVE_EVENT, AlarmChanged, WindowChanged
from data_access.live.audience import DECODER, Audience
from data_access.queries import cap
from data_access.queries.snapshot import windows_around
from tests import fleet
from tests.integration.commands.test_correlation import rows, step, take

HOUR = timedelta(hours=1)


@pytest.fixture
def town(database: Database) -> Database:
    fleet.build(database, {"S1": "smoke", "S2": "smoke", "M": "manhole"})
    return database


def announce(database: Database, since: datetime, now: datetime, kind: str = "drill") -> int:
    wanted = Wanted(kind=kind, since=since, until=since + HOUR, reason="季度演练", building="B1")
    with database.writing() as session:
        return open_window(session, wanted, scope="", by="officer", now=now).id


def told(database: Database) -> list[tuple[str, int]]:
    with database.reading() as session:
        bodies = session.scalars(select(OutboxRow.body).order_by(OutboxRow.id))
        events = [LIVE_EVENT.validate_json(body) for body in bodies]
    return [(e.phase, e.version) for e in events if isinstance(e, WindowChanged)]


def begin(device: int, kind: str, at: datetime) -> Step:
    return step(device, kind, at)


def test_a_window_is_told_when_it_is_announced_begins_and_is_over_and_once_each(town: Database, noon: datetime) -> None:
    announce(town, noon + HOUR, noon)
    assert told(town) == [("coming", 1)]
    assert keep(town, noon + HOUR - timedelta(seconds=1)) == 0
    assert [keep(town, noon + HOUR), keep(town, noon + HOUR)] == [1, 0]
    assert [keep(town, noon + 2 * HOUR), keep(town, noon + 2 * HOUR)] == [1, 0]
    assert told(town) == [("coming", 1), ("open", 2), ("over", 3)]


def test_one_that_was_slept_through_is_told_as_over_alone(town: Database, noon: datetime) -> None:
    announce(town, noon + HOUR, noon)
    assert keep(town, noon + 5 * HOUR) == 1
    assert told(town) == [("coming", 1), ("over", 3)]


def test_one_that_begins_at_once_and_is_called_off_says_so(town: Database, noon: datetime) -> None:
    number = announce(town, noon, noon)
    with town.writing() as session:
        end_window(session, number, scope="", now=noon + HOUR / 2)
    assert told(town) == [("open", 2), ("over", 3)]
    with town.reading() as session:
        assert windows_around(session, "000", wall=False) == ()


def test_the_mark_ends_with_the_window_what_is_closed_keeps_it(town: Database, noon: datetime) -> None:
    announce(town, noon, noon)
    ids = take(town, [begin(1, "smoke", noon), begin(2, "tamper", noon), begin(3, "tamper", noon)], noon)
    closed = ids[3, "tamper"]
    with town.writing() as session:
        session.get_one(AlarmRow, closed).state = "closed"
    assert {row.window for row in rows(town).values()} == {"drill"}
    keep(town, noon + HOUR)
    found = rows(town)
    assert {number: row.window for number, row in found.items()} == {
        ids[1, "smoke"]: None,
        ids[2, "tamper"]: None,
        closed: "drill",
    }
    assert found[ids[2, "tamper"]].clock_at == noon + HOUR
    with town.reading() as session:
        counted = select(AlarmHistoryRow.alarm_id, func.count()).group_by(AlarmHistoryRow.alarm_id)
        lines = {line[0]: line[1] for line in session.execute(counted)}
        line = AlarmHistoryRow
        said = select(line.alarm_id, line.detail).where(line.action == WINDOW_OVER).order_by(line.alarm_id)
        last = [(number, detail) for number, detail in session.execute(said)]
        events = [LIVE_EVENT.validate_json(b) for b in session.scalars(select(OutboxRow.body).order_by(OutboxRow.id))]
    assert all(found[number].version == lines[number] for number in (ids[1, "smoke"], ids[2, "tamper"]))
    assert last == [(ids[1, "smoke"], {"window": "drill"}), (ids[2, "tamper"], {"window": "drill"})]
    marks = [(e.alarm_id, e.window) for e in events if isinstance(e, AlarmChanged)][-2:]
    assert sorted(marks) == [(ids[1, "smoke"], None), (ids[2, "tamper"], None)]


def test_what_comes_back_after_its_window_is_meant(town: Database, noon: datetime) -> None:
    window = announce(town, noon, noon)
    number = take(town, [begin(2, "tamper", noon)], noon)[2, "tamper"]
    over = step(2, "tamper", noon, AlarmAction.CLEAR, latest=number)
    take(town, [over], noon)
    with town.writing() as session:
        session.get_one(AlarmRow, number).state = "closed"
        end_window(session, window, scope="", now=noon + timedelta(minutes=1))
    assert rows(town)[number].window == "drill"
    back = noon + timedelta(minutes=2)
    take(town, [step(2, "tamper", back, latest=number)], back)
    assert (rows(town)[number].window, rows(town)[number].clock_at) == (None, back)


def test_what_was_told_in_a_drill_stays_an_exercise_and_what_outlasts_it_is_actual(
    town: Database, noon: datetime
) -> None:
    announce(town, noon, noon)
    take(town, [begin(1, "smoke", noon)], noon)
    keep(town, noon + HOUR)
    with town.reading() as session:
        messages = cap.newest(session, "000", 10)
    assert [(m.message.type, m.window) for m in messages] == [("Update", None), ("Alert", "drill")]


def test_a_wall_learns_where_and_when_not_why_or_by_whom(town: Database, noon: datetime) -> None:
    announce(town, noon, noon)
    with town.reading() as session:
        body = session.scalars(select(OutboxRow.body)).one().encode()
        (shown,) = windows_around(session, "000", wall=True)
        assert windows_around(session, "001", wall=False) == ()
    event = DECODER.decode(body)
    wall = Audience(scope="000", area="000", wall=True).shown(event, body)
    assert wall is not None
    heard = LIVE_EVENT.validate_json(wall)
    assert heard == shown
    assert isinstance(heard, WindowChanged)
    assert (heard.reason, heard.by, heard.phase) == ("", "", "open")
    assert Audience(scope="001", area="001").shown(event, body) is None
    assert Audience(scope="000", area="000001").shown(event, body) == body
