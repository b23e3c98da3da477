"""Help in a flood: asked for once, of the level above, kept where timelines and audit find it, taken back in time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from data_access.commands import flood_help, floods, mentions, users
from data_access.commands.flood_help import Asks
from data_access.db.engine import Database
from data_access.db.tables import AlarmHistoryRow, NoticeRow
from data_access.domain.accounts import Role
from data_access.domain.errors import Conflict, InvalidInput
from data_access.domain.notices import Channel
from data_access.queries import mentions as read_mentions
from data_access.queries.duty_log import duty_log
from data_access.queries.floods import cause, flood_of, help_asked
from tests.integration.commands.test_alarm_clock import staff
from tests.integration.commands.test_floods import storm, town

__all__ = ("town",)
SECOND = timedelta(seconds=1)
HOUSE_OF = 4
"""The device that hangs in a building."""


@pytest.fixture
def flooded(town: Database, noon: datetime) -> str:
    """A flood at the desk of a community; the path of that."""
    with town.writing() as session:
        paths = list(session.scalars(text("SELECT path FROM areas WHERE kind = 'community' ORDER BY path")))
        users.add(session, "wang", Role.OFFICER, display="王敏", actor="chief", now=noon)
        users.add(session, "officer", Role.OFFICER, display="陈立", actor="chief", now=noon)
        users.add(session, "boss", Role.LEADER, display="罗局", actor="chief", now=noon)
    storm(town, noon, 12, device=HOUSE_OF)
    with town.writing() as session:
        session.execute(
            text(
                'INSERT INTO shifts ("user", area_path, started_at) '
                "SELECT 'wang', :p, started_at FROM (SELECT MIN(raised_at) AS started_at FROM alarms) a"
            ),
            {"p": paths[0]},
        )
    floods.keep(town, noon)
    return str(paths[0])


def asks(path: str, *channels: Channel, user: str = "wang", scope: str = "") -> Asks:
    return Asks(user=user, name="王敏", scope=scope, path=path, channels=channels)


def ask(database: Database, who: Asks, now: datetime, *, back: bool = False) -> int:
    with database.writing() as session:
        return (flood_help.take_back if back else flood_help.ask)(session, who, now)


def kept(database: Database) -> list[tuple[str, str, str, Any]]:
    with database.reading() as session:
        rows = session.scalars(select(NoticeRow).where(NoticeRow.step == "help").order_by(NoticeRow.channel))
        return [(row.channel, row.target, row.state, row.next_try_at) for row in rows]


def test_the_nearest_above_who_is_on_shift_finds_it_at_his_bell(town: Database, flooded: str, noon: datetime) -> None:
    staff(town, flooded[:3], noon)  # the district; nobody is on shift in the street
    ask(town, asks(flooded, Channel.WEBHOOK), noon)
    assert kept(town) == [
        ("product", "officer", "unread", None),
        ("webhook", "", "waiting", noon + 10 * SECOND),  # nothing leaves while it can be taken back
    ]
    with town.writing() as session:
        (found,) = read_mentions.own(session, "officer", "").mentions
        where = session.scalar(text("SELECT name FROM areas WHERE path = :p").bindparams(p=flooded))
        said = f"请求增援：近 10 分钟 12 条新告警，请支援{where}值班台（王敏）。"
        assert (found.by, found.text) == ("王敏", said)
        assert mentions.read(session, [found.id], user="officer", now=noon) == 1
        state = flood_of(session, flooded, "wang", noon)
        asked = help_asked(session, flooded, state, noon + SECOND)
        assert asked is not None
        assert (asked.by_name, asked.whom, asked.at) == ("王敏", "陈立", noon)
        log = list(duty_log(session, "000", noon, noon + SECOND, "zh"))
    lines = {(line["做了什么"], line["谁"], line["说明"]) for line in log}
    assert ("请求了增援", "王敏", "陈立；近 10 分钟 12 条新告警") in lines


def test_it_is_asked_once_and_taken_back_within_ten_seconds(town: Database, flooded: str, noon: datetime) -> None:
    who = asks(flooded)
    ask(town, who, noon)  # nobody is on shift above: the leader is told
    assert [(way, target) for way, target, *_ in kept(town)] == [("product", "boss")]
    with pytest.raises(Conflict, match="已经请求过"):
        ask(town, who, noon + SECOND)
    with pytest.raises(Conflict, match="没有可以撤回"):
        ask(town, asks(flooded, user="officer"), noon + SECOND, back=True)
    ask(town, who, noon + 10 * SECOND, back=True)
    assert kept(town) == []
    with town.reading() as session:
        assert help_asked(session, flooded, flood_of(session, flooded, "wang", noon), noon + 11 * SECOND) is None
        words = session.scalars(select(AlarmHistoryRow.action).where(AlarmHistoryRow.actor == "wang")).all()
    assert words == ["help", "help_over"]  # the history keeps both
    ask(town, who, noon + 12 * SECOND)
    with pytest.raises(Conflict, match="没有可以撤回"):
        ask(town, who, noon + 23 * SECOND, back=True)
    ask(town, who, noon + timedelta(minutes=11))  # after ten minutes it may be asked for again


def test_nobody_is_told_that_help_comes_where_none_can(town: Database, flooded: str, noon: datetime) -> None:
    with pytest.raises(Conflict, match="没有告警洪泛"):
        ask(town, asks("000000001", scope="000000001"), noon)  # another's flood
    with pytest.raises(Conflict, match="在上级的工作台"):
        ask(town, asks(f"{flooded}000", scope=f"{flooded}000"), noon)
    with town.writing() as session:
        session.execute(text("DELETE FROM users WHERE name = 'boss'"))
    with pytest.raises(InvalidInput, match="没有人能收到"):
        ask(town, asks(flooded), noon)
    with town.writing() as session:
        session.execute(text("DELETE FROM floods"))
    with pytest.raises(Conflict, match="没有告警洪泛"):
        ask(town, asks(flooded, Channel.WEBHOOK), noon)


def test_the_suspected_cause_is_of_the_floods_own_alarms(town: Database, flooded: str, noon: datetime) -> None:
    with town.reading() as session:
        state = flood_of(session, flooded, "wang", noon)
        found = cause(session, flooded, state)
        elsewhere = cause(session, "000000001", state)
    assert found is not None
    assert (found.by, found.place, found.count, found.total) == ("building", "5栋", 12, 12)
    assert elsewhere is None
