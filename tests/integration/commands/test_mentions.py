"""Whom a note names and who may see the alarm is told, once; the seats of a desk are told as they change."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from data_access.commands import mentions, shifts
from data_access.commands.alarm_acts import Act
from data_access.commands.shifts import Officer
from data_access.db.engine import Database
from data_access.db.tables import AlarmRow, NoticeRow, OutboxRow, UserRow
from data_access.domain.alarms import AlarmAction
from data_access.events import LIVE_EVENT, DutyChanged
from data_access.queries import mentions as queries
from tests import small

SCOPES = {"wei": "", "lin": "000", "far": "000000001", "wall": "", "gone": ""}


@pytest.fixture
def town(database: Database, noon: datetime) -> Database:
    small.fill(database, noon)
    with database.writing() as session:
        for name, scope in SCOPES.items():
            session.add(
                UserRow(
                    name=name,
                    display=name.title(),
                    role="wall" if name == "wall" else "officer",
                    area_path=scope,
                    disabled_at=noon if name == "gone" else None,
                    created_at=noon,
                    created_by="test",
                )
            )
    return database


def say(database: Database, text: str, names: list[str], now: datetime) -> None:
    with database.writing() as session:
        version = session.get_one(AlarmRow, 1).version
        done = Act(action=AlarmAction.COMMENT, version=version, actor="wei", now=now, said={"text": text})
        mentions.comment(session, 1, done, text=text, names=names)


def told(database: Database) -> list[tuple[str, str, int | None]]:
    with database.reading() as session:
        events = [LIVE_EVENT.validate_json(body) for body in session.scalars(select(OutboxRow.body))]
    return [(e.about, e.user, e.alarm_id) for e in events if isinstance(e, DutyChanged)]


def test_only_who_may_see_the_alarm_is_told_and_nobody_of_himself(town: Database, noon: datetime) -> None:
    say(town, "@lin @far @wall @gone @nobody @wei 请看", ["lin", "far", "wall", "gone", "nobody", "wei", "lin"], noon)
    with town.reading() as session:
        assert session.scalars(select(NoticeRow.target)).all() == ["lin"]
        (own,) = queries.own(session, "lin", SCOPES["lin"]).mentions
        assert (own.by, own.unread) == ("Wei", True)  # as people call him
        assert queries.own(session, "lin", SCOPES["far"]).unread == 0  # his area has changed since
        assert [person.name for person in queries.people(session, 1, "")] == ["lin", "wei"]
    assert told(town) == [("mention", "lin", 1)]


def test_what_has_been_read_is_told_to_his_other_screens(town: Database, noon: datetime) -> None:
    say(town, "@lin 请看", ["lin"], noon)
    with town.writing() as session:
        number = session.scalars(select(NoticeRow.id)).one()
        assert mentions.read(session, [number], user="wei", now=noon) == 0
        assert [mentions.read(session, [number], user="lin", now=noon) for _ in range(2)] == [1, 0]
        assert queries.own(session, "lin", "").unread == 0
    assert told(town) == [("mention", "lin", 1)] * 2


def test_a_shift_is_told_as_it_begins_is_signed_over_and_ends(town: Database, noon: datetime) -> None:
    wei, lin = Officer("wei", ""), Officer("lin", "000")
    with town.writing() as session:
        shift = shifts.start(session, wei, area=None, seat=None, now=noon).id
        handover = shifts.hand_over(session, shift, wei, to_user="lin", items={}, note="x", now=noon).id
    assert told(town) == [("shift", "wei", None)] * 2
    with town.writing() as session:
        begun = shifts.sign(session, handover, lin, noon).id
    assert told(town)[2:] == [("shift", "wei", None), ("shift", "lin", None)]
    with town.writing() as session:
        shifts.end(session, begun, lin, noon)
    assert told(town)[4:] == [("shift", "lin", None)]
