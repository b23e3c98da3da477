"""What a grid worker's phone sends, on both databases: each thing once, in his area alone, kept with when he did it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from data_access.auth.principal import Principal
from data_access.commands import field
from data_access.commands.attachments import Limits, Sent, keep, prepare
from data_access.commands.field import Done, FieldAct, Visit, check_in, do
from data_access.commands.incident_acts import Act, act
from data_access.commands.incidents import take_in
from data_access.db.engine import Database
from data_access.db.tables import (
    AreaRow,
    IncidentHistoryRow,
    IncidentRow,
    PatrolPointRow,
    PatrolVisitRow,
    ReportRow,
    SentActRow,
    UnitRow,
)
from data_access.domain.accounts import Role
from data_access.domain.attachments import Phase
from data_access.domain.cases import CaseAction
from data_access.domain.errors import Conflict, DomainError, IllegalTransition, InvalidInput, NotAllowed, NotFound
from data_access.domain.incident_moves import Details
from data_access.queries import field as queries
from data_access.services import Services
from tests import fleet
from tests.photos import photo
from tests.small import GRID, fill

GRID_PATH = "000000000000"
CHEN = Principal("chen", Role.GRID_WORKER, GRID_PATH)
KEYS = [f"key-{n:04d}" for n in range(9)]


class Street:
    """A dispatched case in Chen's grid, and a phone."""

    def __init__(self, database: Database, now: datetime, folder: Path) -> None:
        self.now = now
        self.services: Services = fleet.services(database, lambda: self.now, data_dir=folder)
        fill(database, now)
        with database.writing() as session:
            session.add(UnitRow(source="t", ref="1", name="城管", aliases=[]))
            grid = session.scalars(select(AreaRow).where(AreaRow.code == GRID)).one()
            session.add(
                PatrolPointRow(code="P1", name="南门", area_id=grid.id, area_path=grid.path, lng=114.13, lat=22.55)
            )
        self.id = self.report()

    def report(self) -> int:
        with self.services.database.writing() as session:
            row, _ = take_in(session, {"title": "井盖破损", "area": GRID}, actor="api", now=self.now)
            for step in ("register", "dispatch"):
                done = Act(
                    action=CaseAction.ADVANCE,
                    version=row.version,
                    actor="wang",
                    role=Role.OFFICER,
                    now=self.now,
                    details=Details(step=step, unit_id=1),
                )
                act(session, row.id, done)
            self.now += timedelta(milliseconds=1)
            return row.id

    def done(self, what: FieldAct, key: str, **more: Any) -> Done:
        return Done(key=key, what=what, incident_id=self.id, version=more.pop("version", 3), **more)

    def history(self) -> list[str]:
        with self.services.database.reading() as session:
            query = select(IncidentHistoryRow.action).where(IncidentHistoryRow.incident_id == self.id)
            return list(session.scalars(query.order_by(IncidentHistoryRow.id)))

    def photo(self, phase: Phase = Phase.AFTER) -> None:
        sent = Sent(key="photo-of-chen", phase=phase, actor="chen", now=self.now)
        keep(self.services, self.id, prepare(photo(), Limits.of(self.services.settings)), sent, CHEN)

    def view(self, who: Principal = CHEN) -> Any:
        with self.services.database.reading() as session:
            return queries.view(session, who, now=self.now)


@pytest.fixture
def street(database: Database, noon: datetime, tmp_path: Path) -> Street:
    return Street(database, noon, tmp_path)


def test_from_accepting_to_done_as_an_offline_phone_sends_it(street: Street) -> None:
    (task,) = street.view().tasks
    assert (task.id, task.mine, task.next_step, task.arrived_at) == (street.id, False, "handle", None)
    when = street.now - timedelta(minutes=20)
    assert do(street.services, CHEN, street.done(FieldAct.ACCEPT, KEYS[0], done_at=when))
    place = {"lng": 114.13, "lat": 22.55, "accuracy_m": 6.0}
    assert do(street.services, CHEN, street.done(FieldAct.ARRIVE, KEYS[1], done_at=when, **place))
    (task,) = street.view().tasks
    assert (task.mine, task.accepted_at, task.arrived_at) == (True, when, when)
    finished = street.done(FieldAct.ADVANCE, KEYS[2], step="handle", note="已复位")
    with pytest.raises(InvalidInput, match="处置后"):
        do(street.services, CHEN, finished)
    street.photo()
    assert do(street.services, CHEN, finished)  # what was refused is judged anew, under its key
    assert street.history() == ["create", "advance", "advance", "accept", "arrive", "attach", "advance"]
    with street.services.database.reading() as session:
        line = session.scalars(select(IncidentHistoryRow).where(IncidentHistoryRow.action == "arrive")).one()
        assert line.detail == {"at": [114.13, 22.55, 6.0], "done_at": when.isoformat()}
        assert session.get_one(IncidentRow, street.id).handled_at == street.now  # clocks go by when it came in
    (task,) = street.view().tasks
    assert (task.stage, task.next_step, task.photos) == ("handle", "feedback", ((1, "after"),))


def test_a_key_does_its_thing_once_even_at_once(street: Street) -> None:
    accept = street.done(FieldAct.ACCEPT, KEYS[0])
    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(lambda _: do(street.services, CHEN, accept), range(8))) == 1
    assert street.history().count("accept") == 1
    visit = Visit(key=KEYS[1], point="P1", lng=114.131, lat=22.55)
    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(lambda _: check_in(street.services, CHEN, visit), range(8))) == 1
    with street.services.database.reading() as session:
        row = session.scalars(select(PatrolVisitRow)).one()
        assert row.actor == "chen"
        assert row.distance_m == pytest.approx(102.7, abs=0.5)
    assert [point.visited_at for point in street.view().points] == [street.now]
    street.now += timedelta(days=1)
    assert [point.visited_at for point in street.view().points] == [None]


def test_what_another_one_did_meanwhile_is_said_and_nothing_is_kept(street: Street) -> None:
    assert do(street.services, replace(CHEN, name="li"), street.done(FieldAct.ACCEPT, KEYS[0]))
    with pytest.raises(Conflict, match="接了"):
        do(street.services, CHEN, street.done(FieldAct.ACCEPT, KEYS[0]))  # his key is his own
    with pytest.raises(NotFound):
        do(street.services, replace(CHEN, scope="000000001"), street.done(FieldAct.ACCEPT, KEYS[1]))
    with pytest.raises(NotAllowed):
        do(street.services, Principal("lin", Role.LEADER, ""), street.done(FieldAct.ACCEPT, KEYS[1], version=4))
    with pytest.raises(NotFound):
        check_in(street.services, replace(CHEN, scope="000000001"), Visit(key=KEYS[1], point="P1"))
    with pytest.raises(InvalidInput, match="时间"):
        do(street.services, CHEN, street.done(FieldAct.ARRIVE, KEYS[1], done_at=street.now + timedelta(hours=2)))
    with street.services.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SentActRow)) == 1
    assert street.view().tasks == ()  # it is Li's now
    assert len(street.view(replace(CHEN, name="li")).tasks) == 1


def test_only_whoever_has_taken_it_on_has_the_reporters_number_and_calls(street: Street) -> None:
    with street.services.database.writing() as session:
        session.add(ReportRow(incident_id=street.id, secret="0" * 64, phone="13800001234"))
    with pytest.raises(IllegalTransition, match="承办"):
        do(street.services, CHEN, street.done(FieldAct.CALL, KEYS[0]))
    (task,) = street.view().tasks
    assert task.reporter == "138****1234"
    assert do(street.services, CHEN, street.done(FieldAct.ACCEPT, KEYS[0]))
    (task,) = street.view().tasks
    assert task.reporter == "13800001234"
    assert do(street.services, CHEN, street.done(FieldAct.CALL, KEYS[1], version=4))
    assert not do(street.services, CHEN, street.done(FieldAct.CALL, KEYS[1], version=4))
    assert street.history()[-2:] == ["accept", "call"]
    with pytest.raises(IllegalTransition, match="承办"):
        do(street.services, replace(CHEN, name="li"), street.done(FieldAct.CALL, KEYS[2], version=5))
    with street.services.database.writing() as session:
        session.scalars(select(ReportRow)).one().phone = None
    with pytest.raises(IllegalTransition, match="没有留电话"):
        do(street.services, CHEN, street.done(FieldAct.CALL, KEYS[2], version=5))


def test_desk_and_street_leave_each_other_messages_in_the_timeline(street: Street) -> None:
    with street.services.database.writing() as session:
        said = Act(
            action=CaseAction.COMMENT, version=3, actor="wang", role=Role.OFFICER, now=street.now, note="带反光锥"
        )
        act(session, street.id, said)
    assert do(street.services, CHEN, street.done(FieldAct.COMMENT, KEYS[0], note="十分钟到"))
    with pytest.raises(InvalidInput):
        do(street.services, CHEN, street.done(FieldAct.COMMENT, KEYS[1], note="  "))
    (task,) = street.view().tasks
    assert [(one.who, one.own, one.text) for one in task.notes] == [
        ("wang", False, "带反光锥"),
        ("chen", True, "十分钟到"),
    ]
    assert street.history()[-2:] == ["comment", "comment"]
    assert street.view(replace(CHEN, scope="000000001")).buildings == ()
    assert street.view().buildings == ((114.13, 22.55),)


def test_keys_are_forgotten_when_no_phone_can_send_them_any_more(street: Street) -> None:
    do(street.services, CHEN, street.done(FieldAct.ACCEPT, KEYS[0]))
    field.forget_old(street.services.database, street.now + field.KEPT)
    assert not do(street.services, CHEN, street.done(FieldAct.ACCEPT, KEYS[0]))
    field.forget_old(street.services.database, street.now + field.KEPT + timedelta(seconds=1))
    with pytest.raises(DomainError):
        do(street.services, CHEN, street.done(FieldAct.ACCEPT, KEYS[0]))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 3), min_size=4, max_size=14))
def test_however_often_and_late_each_is_sent_the_case_moves_as_if_each_were_sent_once(
    street: Street, sends: list[int]
) -> None:
    """A phone sends in order but repeats whatever it heard no answer to; the server sees any number of repetitions."""
    street.id, known = street.report(), 0
    street.now += timedelta(seconds=1)
    acts = [
        street.done(FieldAct.ACCEPT, f"a-{street.id:06d}"),
        street.done(FieldAct.ARRIVE, f"b-{street.id:06d}"),
        street.done(FieldAct.ADVANCE, f"c-{street.id:06d}", step="handle"),
        street.done(FieldAct.ADVANCE, f"d-{street.id:06d}", step="feedback"),
    ]
    sent = Sent(key=f"photo-{street.id}", phase=Phase.AFTER, actor="chen", now=street.now)
    keep(street.services, street.id, prepare(photo(64, 48), Limits.of(street.services.settings)), sent, CHEN)
    for number in sends:
        if number <= known:
            assert do(street.services, CHEN, acts[number]) is (number == known)
            known = max(known, number + 1)
    assert street.history()[4:] == ["accept", "arrive", "advance", "advance"][:known]
