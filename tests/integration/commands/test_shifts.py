"""A shift begins, is handed over with what is open, signed by both, and everything is in the log."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text

from data_access.commands import shifts
from data_access.commands.shifts import Officer
from data_access.db.engine import Database
from data_access.db.tables import AlarmRow, OutboxRow, UserRow
from data_access.domain.alarms import Severity
from data_access.domain.errors import Conflict, IllegalTransition, InvalidInput, NotFound
from data_access.queries import duty
from data_access.queries.duty_log import duty_log, worded
from tests import small
from tests.integration.commands.test_correlation import words

WEI, LIN, FAR = Officer("wei", ""), Officer("lin", ""), Officer("far", "000000001")


@pytest.fixture
def town(database: Database, noon: datetime) -> Database:
    small.fill(database, noon)
    with database.writing() as session:
        for officer in (WEI, LIN, FAR):
            session.add(
                UserRow(
                    name=officer.name,
                    display=officer.name.title(),
                    role="officer",
                    area_path=officer.scope,
                    created_at=noon,
                    created_by="test",
                )
            )
    return database


def begin(database: Database, officer: Officer, at: datetime, area: str | None = None) -> int:
    with database.writing() as session:
        return shifts.start(session, officer, area=area, seat="席位一", now=at).id


def own(database: Database, user: str | None) -> None:
    with database.writing() as session:
        session.get_one(AlarmRow, 1).owner = user


def test_one_shift_at_a_time_and_within_ones_area(town: Database, noon: datetime) -> None:
    begin(town, WEI, noon)
    with pytest.raises(Conflict):
        begin(town, WEI, noon)
    with pytest.raises(NotFound):
        begin(town, FAR, noon, small.DISTRICT)
    begin(town, FAR, noon)
    with town.reading() as session:
        found = duty.duty(session, "000", "wei", noon)
    assert found.mine is not None
    assert (found.mine.user, found.mine.seat) == ("wei", "席位一")
    assert {(s.user, s.mine) for s in found.shifts} == {("wei", True), ("far", False)}


def test_a_hand_over_is_signed_by_both_and_takes_what_is_open_along(town: Database, noon: datetime) -> None:
    shift = begin(town, WEI, noon)
    own(town, "wei")
    at = noon + timedelta(hours=8)
    with town.writing() as session:
        with pytest.raises(IllegalTransition, match="1 条未关闭"):
            shifts.end(session, shift, WEI, at)
        handover = shifts.hand_over(
            session, shift, WEI, to_user="lin", items={1: "已通知物业"}, note="夜里有雨", now=at
        ).id
    with town.writing() as session:
        with pytest.raises(IllegalTransition):
            shifts.sign(session, handover, WEI, at)
        begun = shifts.sign(session, handover, LIN, at + timedelta(minutes=5)).id
        with pytest.raises(Conflict):
            shifts.sign(session, handover, LIN, at)
    with town.reading() as session:
        row = session.get_one(AlarmRow, 1)
        assert (row.owner, row.version) == ("lin", 2)
        alarms = select(OutboxRow.body).where(OutboxRow.body.contains("alarm.changed"))
        assert '"owner":"lin"' in session.scalars(alarms).one()
        found = duty.duty(session, "000", "lin", at)
        assert found.mine is not None
        assert (found.mine.id, found.mine.seat, len(found.shifts)) == (begun, "席位一", 1)
        (signed,) = found.handovers
        assert (signed.from_user, signed.to_user, signed.signed_from_at) == ("wei", "lin", at)
        assert [(i["alarm_id"], i["note"], i["kind"]) for i in signed.items] == [(1, "已通知物业", "smoke")]
    assert words(town, 1) == ["raise", "claim"]


def test_until_it_is_signed_it_can_be_written_anew(town: Database, noon: datetime) -> None:
    shift = begin(town, WEI, noon)
    with town.writing() as session:
        first = shifts.hand_over(session, shift, WEI, to_user="lin", items={}, note=None, now=noon)
        again = shifts.hand_over(session, shift, WEI, to_user=None, items={1: None}, note="x", now=noon)
        assert (again.id, again.to_user, len(again.items)) == (first.id, None, 1)
        shifts.sign(session, again.id, LIN, noon)  # whoever comes


def test_whom_one_can_hand_over_to(town: Database, noon: datetime) -> None:
    shift = begin(town, WEI, noon)
    with town.writing() as session:
        session.add(UserRow(name="head", display="", role="leader", area_path="", created_at=noon, created_by="test"))
        session.flush()
        for name in ("nobody", "far", "wei", "head"):  # no account, not of this area, oneself, does not sit at a desk
            with pytest.raises(InvalidInput):
                shifts.hand_over(session, shift, WEI, to_user=name, items={}, note=None, now=noon)
        with pytest.raises(NotFound):
            shifts.hand_over(session, shift, WEI, to_user="lin", items={999: None}, note=None, now=noon)
        with pytest.raises(IllegalTransition):
            shifts.hand_over(session, shift, LIN, to_user="wei", items={}, note=None, now=noon)
        handover = shifts.hand_over(session, shift, WEI, to_user="lin", items={}, note=None, now=noon)
        with pytest.raises(NotFound):
            shifts.sign(session, handover.id, FAR, noon)
        assert [one.name for one in duty.duty(session, "000", "wei", noon).successors] == ["lin"]
        assert duty.duty(session, "000", "lin", noon).successors == ()  # who is not on shift has nothing to hand over


def test_the_log_tells_who_did_what_and_leaves_machines_out(town: Database, noon: datetime) -> None:
    shift = begin(town, WEI, noon)
    own(town, "wei")
    with town.writing() as session:
        handover = shifts.hand_over(session, shift, WEI, to_user="lin", items={}, note="x", now=noon).id
        shifts.sign(session, handover, LIN, noon + timedelta(minutes=1))
    with town.reading() as session:
        log = list(duty_log(session, "000", noon, noon + timedelta(hours=1)))
        outside = list(duty_log(session, "000000001", noon, noon + timedelta(hours=1)))
        later = list(duty_log(session, "000", noon + timedelta(hours=1), noon + timedelta(hours=2)))
    assert [(line["time"], line["who"], line["what"]) for line in log] == [
        ("2026-06-01 12:00:00", "wei", "shift_start"),
        ("2026-06-01 12:00:00", "wei", "handover_signed"),
        ("2026-06-01 12:01:00", "wei", "shift_end"),
        ("2026-06-01 12:01:00", "lin", "shift_start"),
        ("2026-06-01 12:01:00", "lin", "handover_accepted"),
        ("2026-06-01 12:01:00", "lin", "claim"),
    ]
    assert (log[-1]["alarm"], log[-1]["severity"], log[-1]["place"]) == ("烟感火警", "紧急", "5栋")
    assert len({tuple(line) for line in log}) == 1  # one set of columns
    assert (outside, later) == ([], [])


def test_an_area_that_keeps_a_rota_and_has_nobody_is_told(town: Database, noon: datetime) -> None:
    shift = begin(town, FAR, noon)
    with town.writing() as session:
        shifts.end(session, shift, FAR, noon + timedelta(hours=8))
        name = session.scalar(text("SELECT name FROM areas WHERE path = '000000001'"))
    with town.reading() as session:
        assert duty.duty(session, "000", "wei", noon + timedelta(hours=9)).unmanned == (name,)


def test_the_officer_nearest_to_a_place_is_named_masked_and_seats_are_counted(town: Database, noon: datetime) -> None:
    with town.reading() as session:
        empty = duty.on_duty(session, "000", noon)
    assert (empty.chief, empty.seats) == (None, 0)
    begin(town, WEI, noon)
    begin(town, FAR, noon)
    with town.reading() as session:
        whole, part = duty.on_duty(session, "000", noon), duty.on_duty(session, "000000001", noon)
    assert (whole.chief, whole.seats, whole.manned, whole.rotas) == ("W*", 2, 2, 2)
    assert (part.chief, part.seats, part.manned, part.rotas) == ("F*", 2, 1, 1)


def test_the_log_for_people_is_in_words_with_what_was_said(town: Database, noon: datetime) -> None:
    begin(town, WEI, noon)
    with town.reading() as session:
        (line,) = duty_log(session, "000", noon, noon + timedelta(hours=1), "zh")
        (english,) = duty_log(session, "000", noon, noon + timedelta(hours=1), "en")
    assert (line["账号"], line["谁"], line["做了什么"], line["地点"]) == ("wei", "Wei", "接班", "席位一")
    assert (english["who"], english["name"], english["what"]) == ("wei", "Wei", "shift start")
    closed = {
        "who": "wei",
        "what": "close",
        "state": "closed",
        "severity": Severity.MAJOR,
        "alarm": "gas",
        "note": "锅",
    }
    blank = {**dict.fromkeys(("time", "area", "alarm_id", "place")), "note": "锅"}
    zh = worded({**blank, **closed}, {"reason": "false"}, "zh")
    assert [zh[name] for name in ("做了什么", "状态", "级别", "告警", "说明")] == [
        "关闭",
        "已关闭",
        "重要",
        "燃气浓度高",
        "误报；锅",
    ]
    en = worded({**blank, **closed}, {"until": "2026-06-01T08:00:00+00:00", "why": "repair"}, "en")
    assert (en["severity"], en["note"]) == ("major", "repair; until 2026-06-01 16:00; 锅")
    assert worded({**blank, **closed}, {"whom": "何*"}, None)["note"] == "何*；锅"  # for programs too
