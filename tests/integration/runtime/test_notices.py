"""Notices get out, are tried again with pauses, and are given up in the open. Names and numbers stay out of the log."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from data_access.db.engine import Database
from data_access.db.tables import AlarmRow, AreaRow, NoticeRow, ResponsibleRow
from data_access.domain.notices import PAUSES, SINGLY, Channel
from data_access.runtime.channels import Message, NotDelivered
from data_access.runtime.notices import Sender
from tests import small

PHONE = "13800001234"


class Recorder:
    """A way out that takes what it is told to take."""

    def __init__(self, *, fails: int = 0) -> None:
        self.fails, self.tried, self.taken = fails, 0, list[Message]()

    def send(self, message: Message) -> None:
        self.tried += 1
        if self.tried <= self.fails:
            raise NotDelivered("the other side answers 503")
        self.taken.append(message)


@pytest.fixture
def town(database: Database, noon: datetime) -> Database:
    small.fill(database, noon)
    with database.writing() as session:
        area = session.scalars(select(AreaRow).where(AreaRow.kind == "grid")).first()
        assert area
        person = ResponsibleRow(
            code="P1", name="张三丰", role="grid_worker", phone=PHONE, area_id=area.id, area_path=area.path
        )
        session.add(person)
    return database


def put(database: Database, at: datetime, channel: Channel, count: int = 1, target: str = "") -> None:
    with database.writing() as session:
        session.add_all(
            NoticeRow(
                alarm_id=1,
                area_path="000",
                step="escalated",
                channel=channel,
                target=target,
                body=f"【紧急】烟感火警 · 水贝社区\n{n}号楼，请查看。",
                state="waiting",
                attempts=0,
                created_at=at,
                next_try_at=at,
            )
            for n in range(count)
        )


def states(database: Database) -> list[tuple[str, int, str | None]]:
    with database.reading() as session:
        row = NoticeRow
        found = session.execute(select(row.state, row.attempts, row.error).order_by(row.id))
        return [(state, attempts, error) for state, attempts, error in found]


def test_a_notice_is_sent_once_with_what_a_program_wants_to_know(town: Database, noon: datetime) -> None:
    put(town, noon, Channel.WEBHOOK)
    way = Recorder()
    sender = Sender(town, {Channel.WEBHOOK: way})
    assert [sender.step(noon), sender.step(noon + timedelta(hours=1))] == [1, 0]
    (message,) = way.taken
    assert (message.title, message.text) == ("【紧急】烟感火警 · 水贝社区", "0号楼，请查看。")
    assert (message.key, message.facts["alarm_id"], message.facts["kind"]) == ("notice-1", 1, "smoke")
    assert states(town) == [("sent", 1, None)]


def test_it_is_tried_again_with_pauses_and_then_given_up(town: Database, noon: datetime) -> None:
    put(town, noon, Channel.WECOM)
    way, now = Recorder(fails=99), noon
    sender = Sender(town, {Channel.WECOM: way})
    for pause in (*PAUSES, timedelta(days=1)):
        sender.step(now)
        assert sender.step(now + pause - timedelta(seconds=1)) == 0
        now += pause
    sender.step(now)
    assert way.tried == len(PAUSES) + 1
    assert states(town) == [("failed", 6, "the other side answers 503")]


def test_what_failed_gets_out_later(town: Database, noon: datetime) -> None:
    put(town, noon, Channel.EMAIL)
    sender = Sender(town, {Channel.EMAIL: Recorder(fails=1)})
    sender.step(noon)
    assert sender.step(noon + PAUSES[0]) == 1
    assert states(town) == [("sent", 2, None)]


def test_a_dead_way_holds_up_no_other_and_is_tried_once_a_round(town: Database, noon: datetime) -> None:
    put(town, noon, Channel.WEBHOOK, 5)
    put(town, noon, Channel.EMAIL)
    dead, fine = Recorder(fails=99), Recorder()
    assert Sender(town, {Channel.WEBHOOK: dead, Channel.EMAIL: fine}).step(noon) == 1
    assert (dead.tried, len(fine.taken)) == (1, 1)


def test_many_lesser_ones_go_as_one_and_grave_ones_singly(town: Database, noon: datetime) -> None:
    put(town, noon, Channel.WECOM, 40)
    grave = Recorder()
    Sender(town, {Channel.WECOM: grave}).step(noon)
    assert len(grave.taken) == 40  # the alarm is a life-safety one
    with town.writing() as session:
        alarm = session.get_one(AlarmRow, 1)
        alarm.life_safety, alarm.severity = False, 2
    put(town, noon, Channel.WECOM, 40)
    lesser = Recorder()
    Sender(town, {Channel.WECOM: lesser}).step(noon)
    assert len(lesser.taken) == SINGLY
    assert lesser.taken[-1].title == "另有 31 条告警通知"


def test_a_text_message_finds_its_number_and_the_log_knows_neither_number_nor_name(
    town: Database, noon: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    put(town, noon, Channel.SMS, target="P1")
    way = Recorder(fails=1)
    sender = Sender(town, {Channel.SMS: way})
    with caplog.at_level(logging.DEBUG):
        sender.step(noon)
        sender.step(noon + PAUSES[0])
    assert way.taken[0].to == (PHONE,)
    assert [record.message for record in caplog.records if record.name == "data_access.runtime.notices"] == [
        "notices: sms fails: the other side answers 503",
        "notices: sms works again",
    ]
    assert not [secret for secret in (PHONE, "张三丰") if secret in caplog.text]


def test_a_way_that_was_closed_meanwhile_fails_at_once(town: Database, noon: datetime) -> None:
    put(town, noon, Channel.DINGTALK)
    Sender(town, {}).step(noon)
    assert states(town) == [("failed", 1, "this way out is not set up any more")]
