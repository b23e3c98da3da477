"""三单 on both databases: an organisation takes what nobody has, does it, gives it up; nothing else is there for it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from data_access.auth.door import principal_of_token
from data_access.auth.principal import LOCAL, Kind, Principal
from data_access.commands import incident_clock, users
from data_access.commands.attachments import Limits, Sent, keep, prepare
from data_access.commands.field import Done, FieldAct, Visit, check_in, do
from data_access.commands.incident_acts import Act, act
from data_access.commands.incidents import take_in
from data_access.db.engine import Database
from data_access.db.tables import IncidentHistoryRow, IncidentRow, OutboxRow, SentActRow, UnitRow
from data_access.domain.accounts import Role
from data_access.domain.attachments import Phase
from data_access.domain.cases import CaseAction
from data_access.domain.errors import Conflict, DomainError, InvalidInput, NotAllowed, NotFound
from data_access.domain.incident_moves import Details
from data_access.queries import attachments, case_page
from data_access.queries import field as queries
from data_access.services import Services
from tests import fleet
from tests.photos import photo
from tests.small import COMMUNITY, GRID, fill

TEXT = "老人行动不便，电话 138 0013 8000，602 室"


class Community:
    """An order that the community has placed; two organisations, the first with two volunteers."""

    def __init__(self, database: Database, now: datetime, folder: Path) -> None:
        self.now, self.keys = now, 0
        self.services: Services = fleet.services(database, lambda: self.now, data_dir=folder)
        fill(database, now)
        with database.writing() as session:
            users.add(session, "wang", Role.OFFICER, actor="su", now=now, display="王敏")
        self.spring = self.volunteer("春风志愿队", "李明")
        self.fellow = self.volunteer("春风志愿队", "周红")
        self.others = self.volunteer("邻里互助社", "邻里互助社")
        self.id = self.ordered()

    def volunteer(self, unit: str, label: str, area: str = COMMUNITY) -> Principal:
        with self.services.database.writing() as session:
            row, _ = users.issue_token(
                session, actor="su", now=self.now, role=Role.ORGANISATION, area=area, unit=unit, label=label
            )
            found = principal_of_token(session, row, self.now, Kind.LINK)
        assert found is not None
        return found

    def ordered(self, workflow: str = "three_lists", area: str = GRID, *, steps: tuple[str, ...] = ("place",)) -> int:
        asked = {"title": "陪诊 13800138000", "area": area, "workflow": workflow, "description": TEXT}
        with self.services.database.writing() as session:
            row, _ = take_in(session, {**asked, "place": "水贝二路 15 号 3 栋 602"}, actor="api", now=self.now)
            number = row.id
        self.now += timedelta(milliseconds=1)
        for step in steps:
            self.officer(number, CaseAction.ADVANCE, step=step)
        return number

    def officer(self, number: int, action: CaseAction, **said: Any) -> None:
        with self.services.database.writing() as session:
            version = session.get_one(IncidentRow, number).version
            done = Act(action=action, version=version, actor="wang", role=Role.OFFICER, now=self.now)
            act(session, number, replace(done, details=Details(**said)))

    def say(self, who: Principal, what: FieldAct, *, number: int | None = None, **more: Any) -> bool:
        self.keys += 1
        version = more.pop("version", None)
        with self.services.database.reading() as session:
            version = version or session.get_one(IncidentRow, number or self.id).version
        done = Done(key=f"key-{self.keys:05d}", what=what, incident_id=number or self.id, version=version, **more)
        return do(self.services, who, done)

    def photo(self, who: Principal, phase: Phase = Phase.AFTER) -> int:
        self.keys += 1
        sent = Sent(key=f"photo-{self.keys:05d}", phase=phase, actor=who.name, now=self.now)
        row, _ = keep(self.services, self.id, prepare(photo(64, 48), Limits.of(self.services.settings)), sent, who)
        return row.id

    def tasks(self, who: Principal) -> list[Any]:
        with self.services.database.reading() as session:
            return list(queries.view(session, who, now=self.now).tasks)

    def row(self) -> IncidentRow:
        with self.services.database.reading() as session:
            row = session.get_one(IncidentRow, self.id)
            session.expunge(row)
            return row

    def history(self) -> list[tuple[str, str]]:
        query = select(IncidentHistoryRow.action, IncidentHistoryRow.actor)
        with self.services.database.reading() as session:
            rows = session.execute(
                query.where(IncidentHistoryRow.incident_id == self.id).order_by(IncidentHistoryRow.id)
            )
            return [(action, actor) for action, actor in rows]


@pytest.fixture
def community(database: Database, noon: datetime, tmp_path: Path) -> Community:
    return Community(database, noon, tmp_path)


def test_an_order_is_taken_served_and_shown_and_the_history_says_by_whom(community: Community) -> None:
    who = community.spring
    (order,) = community.tasks(who)
    assert (order.open, order.mine, order.next_step, order.next_stage) == (True, False, "serve", "handle")
    assert (order.title, order.place) == ("陪诊 ****", "水贝二路 15 号 3 栋")
    assert "138" not in order.description
    before = community.row()
    assert community.say(who, FieldAct.ACCEPT)
    row = community.row()
    assert (row.stage, row.step, row.owner, row.dispatched_at) == ("dispatch", "take", who.name, community.now)
    assert row.unit_id == who.unit
    assert row.step_due_at is not None
    assert (row.step_due_at > community.now, row.due_at) == (True, before.due_at)  # the whole limit goes on
    (task,) = community.tasks(who)
    assert (task.open, task.mine, task.title, task.description) == (False, True, "陪诊 13800138000", TEXT)
    assert community.say(who, FieldAct.ARRIVE)
    with pytest.raises(InvalidInput, match="处置后"):
        community.say(who, FieldAct.ADVANCE, step="serve")
    shown = community.photo(who)
    assert community.say(who, FieldAct.ADVANCE, step="serve", note="已送到医院")
    assert community.row().handled_at == community.now
    assert community.tasks(who) == []  # the resident judges it
    assert community.history()[2:] == [
        (action, who.name) for action in ("advance", "accept", "arrive", "attach", "advance")
    ]
    with community.services.database.reading() as session:
        assert attachments.file_of(session, shown, who).media_type == "image/jpeg"
        with pytest.raises(NotFound):
            attachments.file_of(session, shown, community.others)
        events = session.scalar(select(func.count()).select_from(OutboxRow))
        page = case_page.case_page(session, row.code, LOCAL, now=community.now, whole_phones=True, reply_days=7)
    assert events == len(community.history())
    assert {step.actor for step in page.detail.history} == {"api", "王敏", "李明"}
    assert page.detail.incident.unit == "春风志愿队"


def test_of_two_who_take_it_at_once_one_has_it_and_the_other_is_told(community: Community) -> None:
    def take(who: Principal) -> str:
        try:
            community.say(who, FieldAct.ACCEPT, version=2)
        except Conflict as told:
            return str(told)
        return "taken"

    with ThreadPoolExecutor(2) as threads:
        said = sorted(threads.map(take, (community.spring, community.others)))
    assert said == ["taken", "这个单子刚刚被别的组织接走了。"]
    assert [action for action, _ in community.history()].count("accept") == 1
    with community.services.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SentActRow)) == 1  # what was refused left nothing
    owner = community.row().owner
    last = community.others if owner == community.spring.name else community.spring
    assert community.tasks(last) == []
    with pytest.raises(NotFound):
        community.say(last, FieldAct.RETURN, reason="?")
    with pytest.raises(NotFound):
        community.photo(last)


def test_what_is_given_up_says_why_and_is_open_again(community: Community) -> None:
    community.say(community.spring, FieldAct.ACCEPT)
    with pytest.raises(Conflict, match="您单位"):
        community.say(community.fellow, FieldAct.ACCEPT)
    assert community.tasks(community.fellow) == []
    with pytest.raises(InvalidInput, match="理由"):
        community.say(community.spring, FieldAct.RETURN)
    community.say(community.spring, FieldAct.RETURN, reason="当天没有人手")
    row = community.row()
    assert (row.step, row.unit_id, row.owner, row.returned_at) == ("place", None, None, community.now)
    with community.services.database.reading() as session:
        newest = select(IncidentHistoryRow.detail).order_by(IncidentHistoryRow.id.desc()).limit(1)
        assert session.scalar(newest) == {"reason": "当天没有人手"}
    assert [task.open for task in community.tasks(community.others)] == [True]
    assert community.say(community.others, FieldAct.ACCEPT)


def test_an_order_that_the_desk_gives_to_a_unit_is_that_units(community: Community) -> None:
    community.officer(community.id, CaseAction.ADVANCE, step="take", unit_id=community.spring.unit)
    assert community.tasks(community.others) == []
    assert [(task.open, task.mine) for task in community.tasks(community.fellow)] == [(False, False)]
    assert community.say(community.fellow, FieldAct.ACCEPT)
    assert community.row().owner == community.fellow.name


def test_what_is_not_an_order_or_lies_elsewhere_is_not_there(community: Community) -> None:
    plain = community.ordered("seven", steps=("register",))
    early = community.ordered(steps=())
    away = community.ordered(area="440303004012001")
    who = community.spring
    assert [task.id for task in community.tasks(who)] == [community.id]
    for number in (plain, away, 10**6):
        with pytest.raises(NotFound):
            community.say(who, FieldAct.ACCEPT, number=number, version=1)
    with pytest.raises(Conflict, match="不能接"):
        community.say(who, FieldAct.ACCEPT, number=early)  # the community has not placed it
    with pytest.raises(NotAllowed):
        who_is_nobody = replace(who, unit=None)
        community.say(who_is_nobody, FieldAct.ACCEPT)
    with pytest.raises(NotFound):
        check_in(community.services, who, Visit(key="key-visit", point="P1"))
    assert not who.may_see("")


def test_one_that_climbed_while_nobody_took_it_can_still_be_taken(community: Community) -> None:
    level = community.row().level
    for _ in range(40):
        community.now += timedelta(hours=12)
        incident_clock.look(community.services.database, community.now)
    row = community.row()
    assert row.level is not None
    assert level is not None
    assert row.level > level
    assert community.say(community.spring, FieldAct.ACCEPT)


def test_a_token_of_an_organisation_names_its_unit_and_no_other_does(community: Community) -> None:
    def issue(role: Role, unit: str | None) -> None:
        with community.services.database.writing() as session:
            users.issue_token(session, actor="su", now=community.now, role=role, unit=unit)

    for role, unit in ((Role.ORGANISATION, None), (Role.OFFICER, "春风志愿队"), (Role.ORGANISATION, "9999")):
        with pytest.raises(InvalidInput):
            issue(role, unit)
    with community.services.database.writing() as session:
        session.add(UnitRow(source="t", ref="1", name="春风志愿队", aliases=[]))
    with pytest.raises(InvalidInput, match=str(community.spring.unit)):
        issue(Role.ORGANISATION, "春风志愿队")  # two have the name: which one?
    issue(Role.ORGANISATION, str(community.spring.unit))
    with pytest.raises(DomainError), community.services.database.writing() as session:
        users.add(session, "spring", Role.ORGANISATION, actor="su", now=community.now)
