"""Floods are kept for each desk, so that desk, wall and interface say the same."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from redis import Redis
from sqlalchemy import event, select, text

from data_access.commands import floods
from data_access.db.engine import Database
from data_access.db.tables import AlarmRow, OutboxRow
from data_access.domain.flood import WINDOW
from data_access.events import LIVE_EVENT, FloodChanged
from data_access.queries.counters import counters
from data_access.queries.floods import flood_of, groups
from data_access.queries.sensors import read_sensors
from data_access.runtime.counters import FADE, CountersKeeper
from tests import small
from tests.integration.commands.test_alarm_clock import begin, staff

MINUTE = timedelta(minutes=1)


@pytest.fixture
def town(database: Database, noon: datetime) -> Database:
    small.fill(database, noon)
    with database.writing() as session:
        session.execute(text("DELETE FROM alarm_history"))
        session.execute(text("DELETE FROM alarms"))
    return database


def storm(database: Database, at: datetime, count: int, device: int = 1) -> None:
    begin(database, at, *((device, f"k{at.timestamp()}-{n}") for n in range(count)))


def told(database: Database) -> list[FloodChanged]:
    with database.reading() as session:
        bodies = session.scalars(select(OutboxRow.body).order_by(OutboxRow.id))
        events = [LIVE_EVENT.validate_json(body) for body in bodies]
    return [e for e in events if isinstance(e, FloodChanged)]


def test_above_ten_in_ten_minutes_it_is_a_flood_and_everybody_says_so(town: Database, noon: datetime) -> None:
    storm(town, noon, 10)
    assert floods.keep(town, noon) == 0
    storm(town, noon + MINUTE, 2)
    assert floods.keep(town, noon + MINUTE) == 1
    assert floods.keep(town, noon + MINUTE) == 0  # nothing new to tell
    (flood,) = told(town)
    assert (flood.area, flood.desk, flood.per10, flood.since) == ("000", 0, 12, noon + MINUTE)
    with town.reading() as session:
        seen = [flood_of(session, path, None, noon + MINUTE) for path in ("", "000", "000000001")]
    assert {(s.on, s.per10, s.since) for s in seen} == {(True, 12, noon + MINUTE)}


def test_below_five_it_is_over(town: Database, noon: datetime) -> None:
    storm(town, noon, 12)
    floods.keep(town, noon)
    storm(town, noon + 9 * MINUTE, 5)
    floods.keep(town, noon + WINDOW + MINUTE)
    assert told(town)[-1].since == noon
    floods.keep(town, noon + WINDOW + 9 * MINUTE)
    assert told(town)[-1].since is None
    with town.reading() as session:
        assert not flood_of(session, "000", None, noon + WINDOW + 9 * MINUTE).on


def test_it_is_one_officers_flood(town: Database, noon: datetime) -> None:
    staff(town, "000", noon)
    with town.writing() as session:
        paths = list(session.scalars(text("SELECT path FROM areas WHERE kind = 'community' ORDER BY path")))
    staff(town, paths[0], noon)
    storm(town, noon, 12, device=4)  # in the first community
    floods.keep(town, noon)
    assert [(f.area, f.per10) for f in told(town)] == [(paths[0], 12)]
    with town.writing() as session:  # what the other one claims is his
        session.execute(text("UPDATE shifts SET \"user\" = 'chief' WHERE area_path = '000'"))
        session.execute(text("UPDATE alarms SET owner = 'chief'"))
    floods.keep(town, noon + timedelta(seconds=1))
    assert {(f.area, f.since is None) for f in told(town)[1:]} == {(paths[0], True), ("000", False)}
    with town.reading() as session:
        assert flood_of(session, "", "chief", noon).on
        assert not flood_of(session, "", "officer", noon).on


def test_what_a_parent_explains_or_a_window_holds_is_no_flood(town: Database, noon: datetime) -> None:
    storm(town, noon, 30)
    with town.writing() as session:
        session.execute(text("UPDATE alarms SET parent_id = 1 WHERE id % 2 = 0"))
        session.execute(text("UPDATE alarms SET \"window\" = 'drill' WHERE id % 2 = 1"))
    assert floods.keep(town, noon) == 0


def test_strip_panel_and_desk_count_the_same(town: Database, noon: datetime) -> None:
    storm(town, noon - 3 * WINDOW, 7)
    storm(town, noon - WINDOW, 1)  # a moment ago it was one of the last ten minutes'
    storm(town, noon - MINUTE, 20)
    storm(town, noon, 4)
    with town.writing() as session:
        last = session.scalar(text("SELECT max(id) FROM alarms"))
        session.execute(text("UPDATE alarms SET parent_id = 1 WHERE id > :last - 4"), {"last": last})
        session.execute(text("UPDATE alarms SET \"window\" = 'drill' WHERE id = :last - 4"), {"last": last})
    floods.keep(town, noon)
    with town.reading() as session:
        per10 = flood_of(session, "000", None, noon).per10
        counted = counters(session, ["000", "000000"], "000", now=noon)
        panel = read_sensors(session, "000", {}, noon)
    assert per10 == counted["000"]["alarms.new"] == counted["000000"]["alarms.new"] == panel.recent[-1] == 19
    assert panel.recent[-4:] == (7, 0, 1, 19)


def test_what_was_new_grows_old_although_nothing_happens(town: Database, noon: datetime, redis: Redis) -> None:
    storm(town, noon, 3)
    keeper = CountersKeeper(town, redis)
    assert keeper.step(noon) > 0
    assert keeper.step(noon + FADE) == 0
    assert keeper.step(noon + WINDOW + FADE) > 0
    assert not [path for path, told in keeper._told.items() if told["alarms.new"]]


def test_a_storm_of_five_thousand_is_looked_at_with_few_queries(sqlite: Database, noon: datetime) -> None:
    small.fill(sqlite, noon)
    for second in range(10):
        storm(sqlite, noon + timedelta(seconds=second), 500)
    asked: list[str] = []
    event.listen(sqlite.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    floods.keep(sqlite, noon + timedelta(seconds=10))
    assert len(asked) <= 10
    assert told(sqlite)[-1].per10 == 5001  # with the one that was there


def test_groups_are_by_cause_and_area_and_children_count_as_their_parents_cause(town: Database, noon: datetime) -> None:
    begin(town, noon, (1, "offline"), (2, "tamper"), (6, "tamper"), (3, "tamper"))
    with town.writing() as session:
        for row in session.scalars(select(AlarmRow).where(AlarmRow.device_id == 2)):
            row.parent_id = 1
    with town.reading() as session:
        found = groups(session, "000000")
    assert sum(group.count for group in found) == 4
    assert {(group.cause, group.count) for group in found} >= {("offline", 1)}
    assert all(group.area for group in found)
